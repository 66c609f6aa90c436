import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Database, PostgresOptions, Queryable, Statement, TransactionOptions } from './database.ts'
import { PgConnection } from './pg-connection.ts'
import { SilentStatements } from './silent-statements.ts'

const { INT8 } = pg.types.builtins

/** Our bigints are byte counts, checksums and counters, all far below 2^53. Only for this pool, not for the process. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
}

/** The server ends longer statements, so that their outcome is known; ours take milliseconds. */
const STATEMENT_MS = 60_000
/** The server's own limit comes first; this one is for a server that claims to be working and never finishes. */
const BEYOND_STATEMENT_MS = 5_000
/** How long a statement waits for a free connection of the pool. */
const CHECKOUT_MS = 20_000
/** How long running statements may take when the pool is closed. */
const CLOSE_MS = 3_000

/**
 * Opens PostgreSQL over the network. A connection on which a statement got no answer is discarded
 * (`silent-statements.ts`); it is then unknown whether that statement was committed.
 */
export function openPostgres({ url, poolSize = 10, statementMs = STATEMENT_MS }: PostgresOptions): Database {
  const silence = new SilentStatements({ connectionString: url })
  const limitMs = statementMs === 0 ? Number.POSITIVE_INFINITY : statementMs + BEYOND_STATEMENT_MS
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    types,
    application_name: 'yardmaster',
    connectionTimeoutMillis: CHECKOUT_MS,
    Client: PgConnection,
    onConnect: async (client) => {
      const connection = client as unknown as PgConnection
      connections.add(connection)
      connection.once('end', () => connections.delete(connection))
      await silence.watch(connection, limitMs, () => connection.begin(statementMs))
    },
  })
  const connections = new Set<PgConnection>()
  // The pool replaces an idle connection that breaks; without a listener the error would end the process.
  pool.on('error', () => undefined)

  /** Does not wait for a connection that may have gone silent together with another. */
  async function checkOut(): Promise<pg.PoolClient & PgConnection> {
    for (;;) {
      const client = (await pool.connect()) as unknown as pg.PoolClient & PgConnection
      if (!silence.isSuspect(client)) return client
      client.release(true)
      client.cut('The connection to PostgreSQL may have gone silent')
    }
  }

  const over = (connection: PgConnection, limit: number): Queryable => ({
    async query<Row extends object>(statement: Statement, params: readonly unknown[] = []) {
      const named = typeof statement === 'string' ? { text: statement } : statement
      const asked = () => connection.query<Row>({ ...named, values: [...params] })
      return (await silence.watch(connection, limit, asked)).rows
    },
    async script(sql) {
      await silence.watch(connection, limit, () => connection.query(sql))
    },
  })

  const underWay = new Set<Promise<unknown>>()
  let closing: Promise<void> | null = null

  function checkedOut<T>(work: (connection: PgConnection) => Promise<T>): Promise<T> {
    if (closing) return Promise.reject(new Error('The database is closed'))
    const working = withConnection(work).finally(() => underWay.delete(working))
    underWay.add(working)
    return working
  }

  async function withConnection<T>(work: (connection: PgConnection) => Promise<T>): Promise<T> {
    const client = await checkOut()
    let isBroken = false
    try {
      return await work(client)
    } catch (error) {
      isBroken = !leavesUsable(error)
      throw error
    } finally {
      client.release(isBroken)
    }
  }

  function transaction<T>(
    work: (tx: Queryable) => Promise<T>,
    { unlimited = false }: TransactionOptions = {},
  ): Promise<T> {
    return checkedOut(async (connection) => {
      const tx = over(connection, unlimited ? Number.POSITIVE_INFINITY : limitMs)
      await tx.script(unlimited ? 'begin; set local statement_timeout = 0' : 'begin')
      try {
        const result = await work(tx)
        await tx.script('commit')
        return result
      } catch (error) {
        // If that fails, the connection is broken and its transaction over.
        await tx.script('rollback').catch(() => connection.cut('A transaction could not be rolled back'))
        throw error
      }
    })
  }

  async function end(): Promise<void> {
    // The pool itself would wait for ever for unanswered statements, and reject none that wait for a connection.
    const late = new AbortController()
    const patience = pause(CLOSE_MS, undefined, { signal: late.signal }).catch(() => undefined)
    await Promise.race([Promise.allSettled(underWay), patience])
    late.abort()
    const ended = pool.end()
    for (const connection of connections) if (underWay.size > 0) connection.cut('The database is being closed')
    await ended
    silence.stop()
  }
  const close = () => {
    closing ??= end()
    return closing
  }

  return {
    kind: 'postgres',
    query: (statement, params) => checkedOut((connection) => over(connection, limitMs).query(statement, params)),
    script: (sql) => checkedOut((connection) => over(connection, limitMs).script(sql)),
    transaction,
    async probe() {
      await checkedOut((connection) => over(connection, limitMs).query('select 1'))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * Returns whether a connection can be used after this error. After a violated constraint it can. After any other error
 * it is replaced: it may be broken, or have a plan that no longer fits the schema.
 */
const leavesUsable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('23')
