/** PGlite's file system reports errors by their numbers in WASI. */
const WASI_CODES: Readonly<Record<number, string>> = {
  2: 'EACCES',
  19: 'EDQUOT',
  20: 'EEXIST',
  29: 'EIO',
  31: 'EISDIR',
  33: 'EMFILE',
  41: 'ENFILE',
  44: 'ENOENT',
  51: 'ENOSPC',
  54: 'ENOTDIR',
  63: 'EPERM',
  69: 'EROFS',
}

/**
 * Returns the code of an error of the system (`ENOSPC`), of Postgres (`53100`) or of a library; undefined without one.
 */
export function codeOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined
  if ('code' in error && error.code !== undefined) return error.code
  // PGlite's errors are not instances of `Error`.
  if ('name' in error && error.name === 'ErrnoError' && 'errno' in error) return WASI_CODES[Number(error.errno)]
  return undefined
}

/** Errors are wrapped a few times at most; the limit ends a cycle of causes. */
const DEEPEST = 10

/** Returns the first fit among an error, its causes, and the members of an `AggregateError`; null when none fits. */
export function findCause(error: unknown, fits: (cause: object) => boolean, depth = 0): object | null {
  if (typeof error !== 'object' || error === null || depth > DEEPEST) return null
  if (fits(error)) return error
  const collected = error instanceof AggregateError ? error.errors : []
  for (const inner of ['cause' in error ? error.cause : undefined, ...collected]) {
    const found = findCause(inner, fits, depth + 1)
    if (found) return found
  }
  return null
}

const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', '53100']
const FULL_TEXT = /no space left on device|disk quota exceeded/i

/** Returns whether nothing more can be written because the disk, or this user's quota on it, is full. */
export const isDiskFull = (error: unknown): boolean =>
  findCause(
    error,
    (cause) => FULL.includes(codeOf(cause)) || ('message' in cause && FULL_TEXT.test(String(cause.message))),
  ) !== null
