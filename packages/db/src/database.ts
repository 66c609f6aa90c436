/** A statement text, or one worth keeping prepared on every connection: then it has a name, the same for the same text. */
export type Statement = string | { readonly name: string; readonly text: string }

export interface Queryable {
  /** Runs one statement with parameters `$1`, `$2`, … and returns its rows. */
  query<Row extends object>(statement: Statement, params?: readonly unknown[]): Promise<Row[]>
  /** Runs a text of several statements, without parameters. */
  script(sql: string): Promise<void>
}

/** What our SQL needs of Postgres. Times come as dates, `bigint` as number, `bytea` as bytes, `json` parsed. */
export interface Database extends Queryable, AsyncDisposable {
  readonly kind: 'postgres' | 'pglite'
  /** Commits when `work` resolves, rolls back when it rejects. Only `tx` belongs to the transaction. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>
  /** Rejects when the database can't be used now. */
  probe(): Promise<void>
  close(): Promise<void>
}

export type DatabaseConfig =
  | { readonly kind: 'postgres'; readonly url: string; readonly poolSize?: number }
  /** Without a directory everything stays in memory. */
  | { readonly kind: 'pglite'; readonly dir?: string }

/** Whether an error is Postgres saying that a unique index forbids the row. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505'
}

/** For `ilike … escape '\'`: text that contains `search` anywhere, whatever wildcards it holds. */
export const containing = (search: string): string => `%${search.replace(/[\\%_]/g, '\\$&')}%`
