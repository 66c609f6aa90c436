import type { Logger } from '../log.ts'

/** How long requests under way may take to finish before the process ends. */
const GRACE_MS = 10_000
/** Keeps a loop of errors from filling a disk with its log. */
const MOST_LOGGED = 20

export interface StrayErrors {
  /** Aborts at the first error: requests under way may finish, then the process must exit with 1. */
  readonly signal: AbortSignal
  /** Receives the errors once there is a log; until then they go to standard error. */
  log: Logger | null
}

/**
 * Handles uncaught errors, which are bugs. The state of the process may be wrong after one, so it is logged with the
 * request it came from, and the process ends within seconds even if something hangs.
 */
export function listenForStrayErrors(): StrayErrors {
  const first = new AbortController()
  const strays: StrayErrors = { signal: first.signal, log: null }
  let seen = 0
  process.on('uncaughtException', (error, origin) => {
    seen += 1
    if (seen > MOST_LOGGED) return
    // The log adds the request, because the async context of the error is still in effect.
    if (strays.log) strays.log.fatal({ err: error, origin }, 'uncaught error: the process ends')
    else console.error(error)
    if (seen > 1) return
    setTimeout(() => process.exit(1), GRACE_MS)
    first.abort()
  })
  return strays
}
