import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import { FlushedFiles } from './flushed-files.ts'

/** As many connections as a gateway has. */
export const POOL_SIZE = 10

export interface BareDatabase {
  /** Runs a statement, prepared once per connection if the driver supports it. */
  query(name: string, text: string, values: readonly unknown[]): Promise<unknown>
  script(sql: string): Promise<void>
  close(): Promise<void>
}

/** PGlite's own parameters switch flushing off (`-F`). Of the methods to flush the log, only `fsync` reaches our files. */
const FLUSHING = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
  ...['fsync=on', 'synchronous_commit=on', 'wal_sync_method=fsync', 'wal_init_zero=off'].flatMap((on) => ['-c', on]),
]

/** Opens the storage form's database through its library. A statement is on the disk when its promise resolves. */
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
  const pglite = await PGlite.create({ fs: new FlushedFiles(`${DATA_DIR}/db`), startParams: FLUSHING })
  return {
    query: (_name, text, values) => pglite.query(text, [...values]),
    script: async (sql) => void (await pglite.exec(sql)),
    close: () => pglite.close(),
  }
}
