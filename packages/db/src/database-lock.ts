import { setTimeout as pause } from 'node:timers/promises'
import { type DatabaseConfig, DatabaseRefusedError } from './database.ts'
import { type Backend, PgConnection } from './pg-connection.ts'

/** Two processes that do not receive each other's events must not serve the same database. */
export class DatabaseInUseError extends DatabaseRefusedError {
  override name = 'DatabaseInUseError'
}

/** An arbitrary number that no other program uses for an advisory lock in this database. */
const LOCK = 7_240_019
const RETRY_MS = 1_000
/** The server may keep the session of a process that has ended for a moment, and the lock with it. */
const ENDING_MS = 3_000
const ENDING_RETRY_MS = 100
/** How often the connection is checked with a query, and how long its answer may take. */
const PING_EVERY_MS = 2_000
const ANSWER_MS = 3_000
/** A process that is stopping may have the lock for this long; after that it counts as one that serves the database. */
const TAKEN_MS = 15_000

/** This process's lock on the database. */
export interface DatabaseLock extends AsyncDisposable {
  /** Aborts, with a `DatabaseInUseError` as its reason, when the lock was lost and another process has acquired it. */
  readonly lost: AbortSignal
}

export interface DatabaseLockOptions {
  /** Whether this process shares its events with others; if not, it must be the only one. */
  readonly shared: boolean
  /** Receives a sentence when the server goes away and when it is back. */
  readonly notice?: (sentence: string) => void
}

/** A connection that holds the lock. */
interface HeldLock {
  readonly connection: PgConnection
  /** Resolves, with the reason, when the connection is broken. */
  readonly broken: Promise<string>
}

/**
 * Locks the database for this process, on a separate connection; waits up to three seconds for a process that is just
 * ending. When the connection breaks or goes silent, a loop acquires the lock again, on never more than one connection.
 * If another process has acquired it by then, `lost` aborts: one of the two processes has to stop.
 *
 * @throws DatabaseInUseError when another process serves the database and one of the two does not share its events.
 */
export async function lockDatabase(config: DatabaseConfig, options: DatabaseLockOptions): Promise<DatabaseLock> {
  const lost = new AbortController()
  // The embedded database locks its whole directory.
  if (config.kind === 'pglite') return { lost: lost.signal, async [Symbol.asyncDispose]() {} }
  const { shared, notice = () => undefined } = options
  const over = new AbortController()

  const first = await acquireFirst(config.url, shared, over.signal)
  if (!first) throw new DatabaseInUseError(inUse(shared))
  const keeping = keep(first, config.url)

  async function keep(acquired: HeldLock, url: string): Promise<void> {
    for (let held: HeldLock | null = acquired; held; ) {
      const reason = await Promise.race([held.broken, aborted(over.signal)])
      if (over.signal.aborted) return await held.connection.end().catch(() => undefined)
      notice(`PostgreSQL is away: ${reason}`)
      held = await reacquire(url, held.connection.backend)
      if (held) notice('PostgreSQL is back')
    }
  }

  async function reacquire(url: string, previous: Backend | null): Promise<HeldLock | null> {
    let refusedSince: number | null = null
    while (!over.signal.aborted) {
      try {
        const acquired = await acquire(url, shared, previous, over.signal)
        if (acquired) return acquired
        refusedSince ??= performance.now()
        if (performance.now() - refusedSince > TAKEN_MS) {
          lost.abort(new DatabaseInUseError(inUse(shared)))
          return null
        }
      } catch {
        // The server is away. Whether another process has the lock is known only once it is back.
        refusedSince = null
      }
      await pause(RETRY_MS, undefined, { signal: over.signal }).catch(() => undefined)
    }
    return null
  }

  return {
    lost: lost.signal,
    async [Symbol.asyncDispose]() {
      over.abort()
      await keeping
    },
  }
}

const inUse = (shared: boolean): string =>
  shared
    ? 'DATABASE_URL is served by a Yardmaster that runs without REDIS_URL; stop it, or give it the same REDIS_URL'
    : 'DATABASE_URL is served by another Yardmaster; to run several, give each of them the same REDIS_URL'

/** Returns null when another process has had the lock all the while. */
async function acquireFirst(url: string, shared: boolean, signal: AbortSignal): Promise<HeldLock | null> {
  for (const since = performance.now(); ; await pause(ENDING_RETRY_MS)) {
    const acquired = await acquire(url, shared, null, signal)
    if (acquired || performance.now() - since > ENDING_MS) return acquired
  }
}

/**
 * Tries to acquire the lock on a new connection; null when another process has it.
 *
 * @param previous - the server process that held the lock for us before. If the server did not notice the connection's
 * end, it still holds the lock and has to be terminated.
 */
async function acquire(
  url: string,
  shared: boolean,
  previous: Backend | null,
  signal: AbortSignal,
): Promise<HeldLock | null> {
  const connection = new PgConnection({
    connectionString: url,
    application_name: 'yardmaster lock',
    query_timeout: ANSWER_MS,
  })
  const giveUp = () => connection.cut('Yardmaster is stopping')
  signal.addEventListener('abort', giveUp)
  let holds = false
  try {
    await connection.connect()
    await connection.begin(0)
    if (previous) await connection.query(TERMINATE, [previous.pid, previous.began])
    const lock = shared ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock'
    const { rows } = await connection.query<{ held: boolean }>(`select ${lock}($1) as held`, [LOCK])
    holds = rows[0]?.held === true
    return holds ? { connection, broken: whenBroken(connection) } : null
  } finally {
    signal.removeEventListener('abort', giveUp)
    // Not awaited: a connection that hangs is cut after a while.
    if (!holds) connection.end().catch(() => undefined)
  }
}

const TERMINATE = `
select pg_terminate_backend(pid)
  from pg_stat_activity
 where pid = $1 and extract(epoch from backend_start)::text = $2`

/** A silent connection does not report its end, so it is checked with queries. */
async function whenBroken(connection: PgConnection): Promise<string> {
  const ended = new AbortController()
  connection.once('error', (error: Error) => ended.abort(error.message))
  connection.once('end', () => ended.abort('the connection ended'))
  while (!ended.signal.aborted) {
    await pause(PING_EVERY_MS, undefined, { ref: false, signal: ended.signal }).catch(() => undefined)
    if (ended.signal.aborted) break
    await connection.query('select 1').catch((error: Error) => ended.abort(error.message))
  }
  connection.cut('The connection was not answered')
  return String(ended.signal.reason)
}

function aborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('stopping')
    signal.addEventListener('abort', () => resolve('stopping'), { once: true })
  })
}
