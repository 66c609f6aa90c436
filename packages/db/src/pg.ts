import pg from 'pg'
import { type Database, type Queryable, SESSION_SETTINGS, type Statement } from './database.ts'

const { INT8 } = pg.types.builtins

/** Our bigints are byte counts, checksums and counters, all far below 2^53. Only for this pool, not for the process. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
}

/**
 * Postgres over the network.
 *
 * @param poolSize - connections at most.
 */
export function openPostgres(url: string, poolSize = 10): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    types,
    application_name: 'yardmaster',
    onConnect: (client) => client.query(SESSION_SETTINGS),
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined)

  const over = (connection: Pick<pg.ClientBase, 'query'>): Queryable => ({
    async query<Row extends object>(statement: Statement, params: readonly unknown[] = []) {
      const named = typeof statement === 'string' ? { text: statement } : statement
      return (await connection.query<Row>({ ...named, values: [...params] })).rows
    },
    async script(sql) {
      await connection.query(sql)
    },
  })

  async function transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    let broken = false
    // The pool listens to idle connections only. One that breaks between two statements would end the process.
    const onBreak = () => {
      broken = true
    }
    client.on('error', onBreak)
    try {
      await client.query('begin')
      const result = await work(over(client))
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch(onBreak)
      throw error
    } finally {
      client.off('error', onBreak)
      client.release(broken)
    }
  }

  let closing: Promise<void> | null = null
  const close = () => {
    closing ??= pool.end()
    return closing
  }

  return {
    kind: 'postgres',
    ...over(pool as unknown as pg.ClientBase),
    transaction,
    async probe() {
      await pool.query('select 1')
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
