import { setImmediate as nextTurn } from 'node:timers/promises'
import { PGlite, type Transaction, types } from '@electric-sql/pglite'
import { type Database, type Queryable, SESSION_SETTINGS, type Statement } from './database.ts'
import { prepareDirectory } from './database-directory.ts'
import { FlushedFiles } from './flushed-files.ts'
import { PreparedStatements } from './prepared-statements.ts'

/** PGlite has no autovacuum: nothing else removes dead rows or updates the planner's statistics. */
const VACUUM_EVERY_MS = 10 * 60_000

/** `format` quotes each name for the statement that includes it. */
const TABLES = `
select format('%I.%I', n.nspname, c.relname) as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and n.nspname in ('public', 'pg_catalog') and not c.relisshared
 order by n.nspname desc, c.oid`

/**
 * The planner's statistics are computed from 300 times this number of rows. The server's default of 100 holds the event
 * loop for half a second per table once there are 30,000 rows.
 */
const STATISTICS_TARGET = 10

/** How long successive statements may hold the event loop, in milliseconds. */
const LONGEST_UNSERVED_MS = 10

/**
 * Log segments, 16 MiB each, after which a checkpoint is made. PGlite makes checkpoints only when it is closed: the log
 * would grow for as long as the process runs, and be read completely after a crash.
 */
const SEGMENTS_PER_CHECKPOINT = 2

/**
 * PGlite's own parameters switch flushing off (`-F`). Of the methods to flush the log, only `fsync` reaches our files.
 */
const FLUSHING = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
  ...['fsync=on', 'synchronous_commit=on', 'full_page_writes=on', 'wal_sync_method=fsync'].flatMap((on) => ['-c', on]),
  // Otherwise each new segment is written and flushed as 16 MiB of zeros while the event loop waits. A commit flushes
  // the file's new space together with its bytes.
  ...['-c', 'wal_init_zero=off'],
]

/**
 * PostgreSQL's own default is 128 MB, whose clearing would be a third of an opening. In memory, the files are as fast.
 */
const SMALL_CACHE = [...PGlite.defaultStartParams, '-c', 'shared_buffers=8MB']

export interface EmbeddedDatabase extends Database {
  /** Dumps all its files, as a template for databases in memory. No statement may be running. */
  dump(): Promise<Blob>
}

/**
 * Formats bytes as PostgreSQL does. PGlite's own conversion handles each byte separately: a tenth of a second for a
 * mebibyte, without a pause.
 */
const BYTES_AS_TEXT = {
  parse: (text: string): Uint8Array => Buffer.from(text.slice('\\x'.length), 'hex'),
  serialize: (bytes: Uint8Array): string =>
    `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`,
}

interface Connection {
  exec(sql: string): Promise<unknown>
}

/**
 * Opens PostgreSQL inside this process, for development, tests and installations on one node. There is one connection:
 * a transaction blocks everything else, so keep transactions short. Does not lock `dir`; the caller does.
 *
 * Everything that a statement or transaction changed or read is on the disk when its promise resolves.
 *
 * @param dir - the directory of its files; absent for a database in memory.
 * @param template - the initial content of one in memory, from `dump`; absent for an empty database.
 */
export async function openPGlite(dir?: string, template?: Blob): Promise<EmbeddedDatabase> {
  const parsers = { [types.INT8]: Number, [types.BYTEA]: BYTES_AS_TEXT.parse }
  const serializers = { [types.BYTEA]: BYTES_AS_TEXT.serialize }
  const files = dir === undefined ? null : new FlushedFiles(await prepareDirectory(dir))
  const pglite = await PGlite.create(
    files
      ? { fs: files, startParams: FLUSHING, parsers, serializers }
      : { startParams: SMALL_CACHE, parsers, serializers, ...(template && { loadDataDir: template }) },
  )
  await pglite.exec(SESSION_SETTINGS)

  // A statement runs on this thread without a turn of the event loop. However many statements wait, sockets and timers
  // have to be served in between.
  let servedAt = performance.now()
  async function serveOthers(): Promise<void> {
    if (performance.now() - servedAt < LONGEST_UNSERVED_MS) return
    await nextTurn()
    servedAt = performance.now()
  }

  /**
   * Resolves once everything that the result is based on is on the disk. An error may depend on another statement's
   * row, too.
   */
  async function onDisk<T>(work: () => Promise<T>): Promise<T> {
    if (!files) return await work()
    files.check()
    try {
      return await work()
    } finally {
      await files.flushed()
      checkpointIfDue()
    }
  }

  const prepared = new PreparedStatements(pglite)
  /** @param inTurn - runs a statement while no other caller's transaction is open. */
  const over = (connection: Connection, inTurn: <T>(work: () => Promise<T>) => Promise<T>): Queryable => ({
    async query<Row extends object>(statement: Statement, params: readonly unknown[] = []) {
      const text = typeof statement === 'string' ? statement : statement.text
      const rows = await inTurn(() => prepared.query<Row>(text, params))
      await serveOthers()
      return rows
    },
    async script(sql) {
      await connection.exec(sql)
      await serveOthers()
    },
  })
  const inTransaction = (tx: Transaction) =>
    over(tx, (work) => {
      if (tx.closed) throw new Error('The transaction is over.')
      return work()
    })
  const direct = over(pglite, (work) => pglite._runExclusiveTransaction(work))

  let upkeep: Promise<unknown> = Promise.resolve()
  const maintain = (work: () => Promise<void>) => {
    // A failed run is repeated at the next turn; nothing depends on it.
    upkeep = upkeep.then(work).catch(() => undefined)
  }
  const runOnDisk = (sql: string) => onDisk(() => direct.script(sql))

  /** Handles one table at a time, so that statements can run in between. */
  async function tidy(): Promise<void> {
    for (const { name } of await onDisk(() => direct.query<{ name: string }>(TABLES))) {
      if (closing) return
      await runOnDisk(`vacuum ${name}`)
      await onDisk(() =>
        pglite.transaction((tx) =>
          inTransaction(tx).script(`set local default_statistics_target = ${STATISTICS_TARGET}; analyze ${name}`),
        ),
      )
    }
  }
  const timer = setInterval(() => maintain(tidy), VACUUM_EVERY_MS)
  timer.unref()

  let checkpointAt = SEGMENTS_PER_CHECKPOINT
  function checkpointIfDue(): void {
    if (!files || files.segmentsBegun < checkpointAt) return
    checkpointAt = files.segmentsBegun + SEGMENTS_PER_CHECKPOINT
    maintain(() => runOnDisk('checkpoint'))
  }

  let closing: Promise<void> | null = null
  const close = () => {
    clearInterval(timer)
    closing ??= upkeep.then(() => pglite.close())
    return closing
  }

  return {
    kind: 'pglite',
    query: (statement, params) => onDisk(() => direct.query(statement, params)),
    script: (sql) => onDisk(() => direct.script(sql)),
    transaction: (work) => onDisk(() => pglite.transaction((tx) => work(inTransaction(tx)))),
    async probe() {
      files?.check()
      await pglite.query('select 1')
    },
    async dump() {
      await pglite.exec('checkpoint')
      return await pglite.dumpDataDir('none')
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
