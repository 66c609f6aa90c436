/** The code of an error of the system (`ENOSPC`), of Postgres (`53100`) or of a library; undefined if it has none. */
export const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/** An error is wrapped a few times at most; a cycle of causes must not be followed for ever. */
const DEEPEST = 10

/** The first error that fits among an error, its causes, and those that an `AggregateError` collects. */
export function findCause(error: unknown, fits: (cause: Error) => boolean, depth = 0): Error | null {
  if (!(error instanceof Error) || depth > DEEPEST) return null
  if (fits(error)) return error
  const collected = error instanceof AggregateError ? error.errors : []
  for (const inner of [error.cause, ...collected]) {
    const found = findCause(inner, fits, depth + 1)
    if (found) return found
  }
  return null
}

const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', '53100']

/** Nothing more can be written: the disk is full, or what this user may use of it. */
export const isDiskFull = (error: unknown): boolean =>
  findCause(
    error,
    (cause) => FULL.includes(codeOf(cause)) || /No space left on device|Disk quota/.test(cause.message),
  ) !== null
