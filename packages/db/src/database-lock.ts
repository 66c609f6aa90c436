import { setTimeout as pause } from 'node:timers/promises'
import { type DatabaseConfig, DatabaseRefusedError } from './database.ts'
import { type Backend, PgConnection } from './pg-connection.ts'

/** Two processes that can't hear each other's events must not serve the same database. */
export class DatabaseInUseError extends DatabaseRefusedError {
  override name = 'DatabaseInUseError'
}

/** Any number that nobody else uses for an advisory lock in this database. */
const LOCK = 7_240_019
const RETRY_MS = 1_000
/** How often the server is asked whether it is still there, and how long its answer may take. */
const PING_EVERY_MS = 2_000
const ANSWER_MS = 3_000
/** A process that is about to stop may hold the mark for so long before it counts as one that serves the database. */
const TAKEN_MS = 15_000

/** The mark of this process on the database. */
export interface DatabaseLock extends AsyncDisposable {
  /** Aborts, with a `DatabaseInUseError` as its reason, when the mark was lost and another process has taken it. */
  readonly lost: AbortSignal
}

export interface DatabaseLockOptions {
  /** This process tells others of its events; without that it has to be the only one. */
  readonly shared: boolean
  /** Hears, in a sentence, when the server goes away and when it is back. */
  readonly notice?: (sentence: string) => void
}

/** A connection that holds the mark. */
interface Mark {
  readonly connection: PgConnection
  /** Resolves, with the reason, when the connection is no more. */
  readonly broken: Promise<string>
}

/**
 * Marks the database as served by this process, for as long as it holds a connection of its own. When that breaks, or is
 * swallowed without a word, one loop takes the mark again: there is never more than one connection. Should the mark be
 * in the hands of another process by then, `lost` says so: one of the two has to stop.
 *
 * @throws DatabaseInUseError when another process serves it and one of the two tells nobody of its events.
 */
export async function lockDatabase(config: DatabaseConfig, options: DatabaseLockOptions): Promise<DatabaseLock> {
  const lost = new AbortController()
  // The embedded database has a directory that is locked as a whole.
  if (config.kind === 'pglite') return { lost: lost.signal, async [Symbol.asyncDispose]() {} }
  const { shared, notice = () => undefined } = options
  const over = new AbortController()

  const first = await takeMark(config.url, shared, null, over.signal)
  if (!first) throw new DatabaseInUseError(inUse(shared))
  const keeping = keep(first, config.url)

  async function keep(mark: Mark, url: string): Promise<void> {
    for (let held: Mark | null = mark; held; ) {
      const reason = await Promise.race([held.broken, aborted(over.signal)])
      if (over.signal.aborted) return await held.connection.end().catch(() => undefined)
      notice(`PostgreSQL is away: ${reason}`)
      held = await retake(url, held.connection.backend)
      if (held) notice('PostgreSQL is back')
    }
  }

  async function retake(url: string, previous: Backend | null): Promise<Mark | null> {
    let takenSince: number | null = null
    while (!over.signal.aborted) {
      try {
        const mark = await takeMark(url, shared, previous, over.signal)
        if (mark) return mark
        takenSince ??= performance.now()
        if (performance.now() - takenSince > TAKEN_MS) {
          lost.abort(new DatabaseInUseError(inUse(shared)))
          return null
        }
      } catch {
        // The server is away. Who else has the mark is known only when it is back.
        takenSince = null
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

/**
 * Tries to take the mark on a new connection; null when another process has it.
 *
 * @param previous - what held the mark for this process before. To a server that did not notice the connection's end it
 *   still does, and would be in the way.
 */
async function takeMark(
  url: string,
  shared: boolean,
  previous: Backend | null,
  signal: AbortSignal,
): Promise<Mark | null> {
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
    // Not awaited: one that hangs is cut by itself.
    if (!holds) connection.end().catch(() => undefined)
  }
}

const TERMINATE = `
select pg_terminate_backend(pid)
  from pg_stat_activity
 where pid = $1 and extract(epoch from backend_start)::text = $2`

/** A connection that was swallowed says nothing of it, so it is asked. */
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
