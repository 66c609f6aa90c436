/** A statement text, or one worth keeping prepared on every connection: then it has a name, the same for the same text. */
export type Statement = string | { readonly name: string; readonly text: string }

export interface Queryable {
  /** Runs one statement with parameters `$1`, `$2`, … and returns its rows. */
  query<Row extends object>(statement: Statement, params?: readonly unknown[]): Promise<Row[]>
  /** Runs a text of several statements, without parameters. */
  script(sql: string): Promise<void>
}

export interface TransactionOptions {
  /** Its statements may take as long as they take, as those of a migration do. */
  readonly unlimited?: boolean
}

/** What our SQL needs of Postgres. Times come as dates, `bigint` as number, `bytea` as bytes, `json` parsed. */
export interface Database extends Queryable, AsyncDisposable {
  readonly kind: 'postgres' | 'pglite'
  /** Commits when `work` resolves, rolls back when it rejects. Only `tx` belongs to the transaction. */
  transaction<T>(work: (tx: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Rejects when the database can't be read and written now. */
  probe(): Promise<void>
  close(): Promise<void>
}

export interface PostgresOptions {
  readonly url: string
  /** Connections at most. */
  readonly poolSize?: number
  /** Milliseconds until the server ends a statement; 0: never. */
  readonly statementMs?: number
}

export type DatabaseConfig =
  | ({ readonly kind: 'postgres' } & PostgresOptions)
  /** Without a directory everything stays in memory. */
  | { readonly kind: 'pglite'; readonly dir?: string }

/** The database must not be used as it is; the message tells the operator why, and what to do. */
export class DatabaseRefusedError extends Error {
  override name = 'DatabaseRefusedError'
}

/** Whether an error is Postgres saying that a unique index forbids the row. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505'
}

/** For `ilike … escape '\'`: text that contains `search` anywhere, whatever wildcards it holds. */
export const containing = (search: string): string => `%${search.replace(/[\\%_]/g, '\\$&')}%`

/**
 * Settings of every session. Each of our statements is meant to find its rows by an index, but a plan is kept per
 * connection: one made while a table was small would read the whole table, or sort all of a lane, long after it has grown
 * (up to a minute until the next autovacuum; with PGlite until our own). And planning or compiling anew costs more than
 * any of the statements themselves: a claim is planned in 1.5 ms and runs in 0.4.
 */
export const SESSION_SETTINGS = `
  set enable_seqscan = off; set random_page_cost = 1; set plan_cache_mode = force_generic_plan; set jit = off`
