import type { Logger } from '../log.ts'

/** What is under way may take this long to finish before the process ends. */
const GRACE_MS = 10_000
/** A loop of errors shall not fill a disk with its log. */
const MOST_LOGGED = 20

export interface StrayErrors {
  /** Aborts at the first one: what is under way may finish, and then the process has to end with 1. */
  readonly signal: AbortSignal
  /** Where they are written once there is a log; until then to standard error. */
  log: Logger | null
}

/**
 * The last resort for an error that reached nobody who waited for it: a bug. What the process holds may be wrong from then
 * on, so it is logged with the request it came from, and the process ends, within seconds whatever hangs.
 */
export function listenForStrayErrors(): StrayErrors {
  const first = new AbortController()
  const strays: StrayErrors = { signal: first.signal, log: null }
  let seen = 0
  process.on('uncaughtException', (error, origin) => {
    seen += 1
    if (seen > MOST_LOGGED) return
    // The log adds the request by itself: an error keeps the context it came from.
    if (strays.log) strays.log.fatal({ err: error, origin }, 'an error reached nobody: the process ends')
    else console.error(error)
    if (seen > 1) return
    setTimeout(() => process.exit(1), GRACE_MS)
    first.abort()
  })
  return strays
}
