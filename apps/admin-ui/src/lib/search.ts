/** Readers of search parameters. An invalid value counts as absent, because people edit addresses. */
type Raw = Record<string, unknown>

export const text = (raw: Raw, key: string): string | undefined => {
  const value = raw[key]
  if (typeof value === 'string' && value !== '') return value.slice(0, 255)
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

export const id = (raw: Raw, key: string): number | undefined => {
  const value = Number(raw[key])
  return Number.isInteger(value) && value > 0 && value < 2 ** 31 ? value : undefined
}

export const flag = (raw: Raw, key: string): boolean | undefined =>
  raw[key] === true || raw[key] === 'true' ? true : raw[key] === false || raw[key] === 'false' ? false : undefined

/** Reads a calendar month such as `2026-11`. */
export const month = (raw: Raw, key: string): string | undefined => {
  const value = raw[key]
  return typeof value === 'string' && /^20\d\d-(?:0[1-9]|1[0-2])$/.test(value) ? value : undefined
}

export const oneOf = <Value extends string>(raw: Raw, key: string, allowed: readonly Value[]): Value | undefined =>
  allowed.find((value) => value === raw[key])

/** Removes keys without a value, so that they do not appear in the address. */
export function given<T extends object>(search: T): Partial<{ [Key in keyof T]: Exclude<T[Key], undefined> }> {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as Partial<{
    [Key in keyof T]: Exclude<T[Key], undefined>
  }>
}

/** Changes to apply; undefined removes a key. */
export type Changes<T> = { readonly [Key in keyof T]?: T[Key] | undefined }
