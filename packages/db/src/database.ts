/** A statement's text, or a statement to keep prepared on every connection: its name is unique to its text. */
export type Statement = string | { readonly name: string; readonly text: string }

export interface Queryable {
  /** Runs one statement with parameters `$1`, `$2`, … and returns its rows. */
  query<Row extends object>(statement: Statement, params?: readonly unknown[]): Promise<Row[]>
  /** Runs a text of several statements, without parameters. */
  script(sql: string): Promise<void>
}

export interface TransactionOptions {
  /** Lets its statements take any time, as those of a migration do. */
  readonly unlimited?: boolean
}

/** A PostgreSQL database. Times come as dates, `bigint` as number, `bytea` as bytes, `json` parsed. */
export interface Database extends Queryable, AsyncDisposable {
  readonly kind: 'postgres' | 'pglite'
  /** Commits when `work` resolves, rolls back when it rejects. Only `tx` belongs to the transaction. */
  transaction<T>(work: (tx: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Rejects when the database can't be read and written. */
  probe(): Promise<void>
  close(): Promise<void>
}

export interface PostgresOptions {
  readonly url: string
  /** Most connections. */
  readonly poolSize?: number
  /** Milliseconds after which the server ends a statement; 0 for never. */
  readonly statementMs?: number
}

export type DatabaseConfig =
  | ({ readonly kind: 'postgres' } & PostgresOptions)
  /** Without a directory everything stays in memory. */
  | { readonly kind: 'pglite'; readonly dir?: string }

/** The database must not be used as it is. The message tells the operator why, and what to do. */
export class DatabaseRefusedError extends Error {
  override name = 'DatabaseRefusedError'
}

/** Returns whether an error is PostgreSQL's violation of a unique index. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505'
}

/** Returns a pattern for `ilike … escape '\'` that matches text containing `search`, with wildcards taken literally. */
export const containing = (search: string): string => `%${search.replace(/[\\%_]/g, '\\$&')}%`

/**
 * Settings of every connection. Each statement should find its rows by an index, but plans are kept per connection. One
 * made while a table was small would read the whole table, or sort all of a lane, long after it has grown: up to a
 * minute until the next autovacuum, with PGlite until our own. And planning or compiling again costs more than the
 * statements themselves: a claim takes 1.5 ms to plan and 0.4 ms to run.
 */
export const SESSION_SETTINGS = `
  set enable_seqscan = off; set random_page_cost = 1; set plan_cache_mode = force_generic_plan; set jit = off`
