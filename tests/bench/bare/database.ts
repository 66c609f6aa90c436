import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'

/** As many connections as a gateway has. */
const POOL_SIZE = 10

export interface BareDatabase {
  /** Runs a statement, prepared once per connection if the driver supports it. */
  query(name: string, text: string, values: readonly unknown[]): Promise<unknown>
  script(sql: string): Promise<void>
  close(): Promise<void>
}

/** Opens the storage form's database through its library. */
export async function openBareDatabase(): Promise<BareDatabase> {
  const { DATABASE_URL, DATA_DIR } = process.env
  if (DATABASE_URL) {
    const pool = new Pool({ connectionString: DATABASE_URL, max: POOL_SIZE })
    return {
      query: (name, text, values) => pool.query({ name, text, values: [...values] }),
      script: async (sql) => void (await pool.query(sql)),
      close: () => pool.end(),
    }
  }
  const pglite = await PGlite.create({ dataDir: `${DATA_DIR}/db` })
  return {
    query: (_name, text, values) => pglite.query(text, [...values]),
    script: async (sql) => void (await pglite.exec(sql)),
    close: () => pglite.close(),
  }
}
