import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { DatabaseConfig } from './database.ts'

/** Two processes that can't hear each other's events must not serve the same database. */
export class DatabaseInUseError extends Error {
  override name = 'DatabaseInUseError'
}

/** Any number that nobody else uses for an advisory lock in this database. */
const LOCK = 7_240_019
const RETRY_MS = 5_000

/**
 * Marks the database as served by this process, for as long as it holds a connection of its own.
 *
 * @param shared - this process tells others of its events; without that it has to be the only one.
 * @throws DatabaseInUseError when another process serves it and one of the two tells nobody of its events.
 */
export async function holdDatabase(config: DatabaseConfig, { shared }: { shared: boolean }): Promise<AsyncDisposable> {
  // The embedded database has a directory that is locked as a whole.
  if (config.kind === 'pglite') return { async [Symbol.asyncDispose]() {} }
  const over = new AbortController()
  const lock = shared ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock'
  let client: pg.Client | null = null

  async function take(url: string): Promise<boolean> {
    const connection = new pg.Client({ connectionString: url, application_name: 'yardmaster presence' })
    // A server that restarts drops the mark; it is taken again as soon as it answers.
    connection.on('error', () => {
      client = null
      if (!over.signal.aborted) void retake(url)
    })
    await connection.connect()
    const { rows } = await connection.query<{ held: boolean }>(`select ${lock}($1) as held`, [LOCK])
    if (rows[0]?.held) {
      client = connection
      return true
    }
    await connection.end()
    return false
  }

  async function retake(url: string): Promise<void> {
    while (!over.signal.aborted && client === null) {
      await pause(RETRY_MS, undefined, { signal: over.signal, ref: false }).catch(() => undefined)
      if (!over.signal.aborted) await take(url).catch(() => false)
    }
  }

  if (!(await take(config.url))) {
    throw new DatabaseInUseError(
      shared
        ? 'DATABASE_URL is served by a Yardmaster that runs without REDIS_URL; stop it, or give it the same REDIS_URL'
        : 'DATABASE_URL is served by another Yardmaster; to run several, give each of them the same REDIS_URL',
    )
  }
  return {
    async [Symbol.asyncDispose]() {
      over.abort()
      await client?.end().catch(() => undefined)
    },
  }
}
