import { setImmediate as nextTurn } from 'node:timers/promises'
import { PGlite, type Results, types } from '@electric-sql/pglite'
import { type Database, type Queryable, SESSION_SETTINGS, type Statement } from './database.ts'

/** PGlite has no autovacuum: nobody else removes dead rows or keeps the planner's figures. */
const VACUUM_EVERY_MS = 10 * 60_000

/** Statements may follow each other for so long, in milliseconds, before the event loop has its turn. */
const LONGEST_UNSERVED_MS = 10

interface Connection {
  query<Row>(sql: string, params?: unknown[]): Promise<Results<Row>>
  exec(sql: string): Promise<unknown>
}

/**
 * Postgres inside this process, for development, tests and single-node installs. One connection: a transaction keeps
 * everyone else waiting, so keep them short. Takes no lock of its own on `dir`; the caller does.
 *
 * @param dir - where its files are; absent: in memory.
 */
export async function openPGlite(dir?: string): Promise<Database> {
  const pglite = await PGlite.create({
    ...(dir === undefined ? {} : { dataDir: dir }),
    parsers: { [types.INT8]: Number },
  })
  await pglite.exec(SESSION_SETTINGS)

  // A statement runs on this thread and ends without a turn of the event loop: however many wait, sockets and timers have
  // to be served in between.
  let servedAt = performance.now()
  async function serveOthers(): Promise<void> {
    if (performance.now() - servedAt < LONGEST_UNSERVED_MS) return
    await nextTurn()
    servedAt = performance.now()
  }

  const over = (connection: Connection): Queryable => ({
    async query<Row extends object>(statement: Statement, params: readonly unknown[] = []) {
      const text = typeof statement === 'string' ? statement : statement.text
      const { rows } = await connection.query<Row>(text, [...params])
      await serveOthers()
      return rows
    },
    async script(sql) {
      await connection.exec(sql)
    },
  })

  let vacuuming: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    // A vacuum that fails now is repeated at the next turn; nothing depends on it.
    vacuuming = pglite.exec('vacuum analyze').catch(() => undefined)
  }, VACUUM_EVERY_MS)
  timer.unref()

  let closing: Promise<void> | null = null
  const close = () => {
    clearInterval(timer)
    closing ??= vacuuming.then(() => pglite.close())
    return closing
  }

  return {
    kind: 'pglite',
    ...over(pglite),
    transaction: (work) => pglite.transaction((tx) => work(over(tx))),
    async probe() {
      await pglite.query('select 1')
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
