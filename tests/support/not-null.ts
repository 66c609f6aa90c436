/** Returns what an answer may leave out, in a test where it must be there. @throws when it is null. */
export function notNull<Value>(value: Value | null): Value {
  if (value === null) throw new Error('the answer has null where the test needs a value')
  return value
}
