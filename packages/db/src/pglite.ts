import { setImmediate as nextTurn } from 'node:timers/promises'
import { PGlite, type Results, types } from '@electric-sql/pglite'
import { type Database, type Queryable, SESSION_SETTINGS, type Statement } from './database.ts'
import { prepareDirectory } from './database-directory.ts'
import { FlushedFiles } from './flushed-files.ts'

/** PGlite has no autovacuum: nothing else removes dead rows or keeps the planner's figures. */
const VACUUM_EVERY_MS = 10 * 60_000

/** `format` quotes each name for the statement it becomes part of. */
const TABLES = `
select format('%I.%I', n.nspname, c.relname) as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and n.nspname in ('public', 'pg_catalog') and not c.relisshared
 order by n.nspname desc, c.oid`

/**
 * Rows that are read for the planner's figures are 300 times this. The server's own 100 holds the event loop for half a
 * second per table once there are 30,000 rows.
 */
const STATISTICS_TARGET = 10

/** Statements may follow each other for so long, in milliseconds, before the event loop has its turn. */
const LONGEST_UNSERVED_MS = 10

/**
 * Segments of the log, of 16 MiB each, after which a checkpoint is made. PGlite makes none but at its end: the log would
 * grow for as long as the process runs, and all of it be read again after a crash.
 */
const SEGMENTS_PER_CHECKPOINT = 2

/** PGlite's own parameters switch flushing off (`-F`). Of the ways to flush the log only `fsync` reaches our files. */
const FLUSHING = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
  ...['fsync=on', 'synchronous_commit=on', 'full_page_writes=on', 'wal_sync_method=fsync'].flatMap((on) => ['-c', on]),
  // Else each new segment is 16 MiB of zeros, written and flushed while the event loop waits. A commit flushes the room it
  // takes in a file together with its bytes.
  ...['-c', 'wal_init_zero=off'],
]

export interface EmbeddedDatabase extends Database {
  /** All its files, for one in memory to begin with. Nothing else may be under way. */
  dump(): Promise<Blob>
}

/**
 * Bytes in the form in which Postgres writes them. PGlite's own conversion takes each byte by itself: a tenth of a second
 * for a mebibyte, in one piece.
 */
const BYTES_AS_TEXT = {
  parse: (text: string): Uint8Array => Buffer.from(text.slice('\\x'.length), 'hex'),
  serialize: (bytes: Uint8Array): string =>
    `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`,
}

interface Connection {
  query<Row>(sql: string, params?: unknown[]): Promise<Results<Row>>
  exec(sql: string): Promise<unknown>
}

/**
 * Postgres inside this process, for development, tests and single-node installs. One connection: a transaction keeps
 * everyone else waiting, so keep them short. Takes no lock of its own on `dir`; the caller does.
 *
 * What a statement or transaction changed is on the disk when its promise resolves, and so is what it read.
 *
 * @param dir - where its files are; absent: in memory.
 * @param template - what one in memory begins with, as `dump` gave it; absent: an empty database.
 */
export async function openPGlite(dir?: string, template?: Blob): Promise<EmbeddedDatabase> {
  const parsers = { [types.INT8]: Number, [types.BYTEA]: BYTES_AS_TEXT.parse }
  const serializers = { [types.BYTEA]: BYTES_AS_TEXT.serialize }
  const files = dir === undefined ? null : new FlushedFiles(await prepareDirectory(dir))
  const pglite = await PGlite.create(
    files
      ? { fs: files, startParams: FLUSHING, parsers, serializers }
      : { parsers, serializers, ...(template && { loadDataDir: template }) },
  )
  await pglite.exec(SESSION_SETTINGS)

  // A statement runs on this thread and ends without a turn of the event loop: however many wait, sockets and timers have
  // to be served in between.
  let servedAt = performance.now()
  async function serveOthers(): Promise<void> {
    if (performance.now() - servedAt < LONGEST_UNSERVED_MS) return
    await nextTurn()
    servedAt = performance.now()
  }

  /** Answers once that is on the disk which the answer tells of; a refusal, too, may tell of another one's row. */
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

  const over = (connection: Connection): Queryable => ({
    async query<Row extends object>(statement: Statement, params: readonly unknown[] = []) {
      const text = typeof statement === 'string' ? statement : statement.text
      const { rows } = await connection.query<Row>(text, [...params])
      await serveOthers()
      return rows
    },
    async script(sql) {
      await connection.exec(sql)
      await serveOthers()
    },
  })
  const direct = over(pglite)

  let upkeep: Promise<unknown> = Promise.resolve()
  const maintain = (work: () => Promise<void>) => {
    // One that fails now is repeated at the next turn; nothing depends on it.
    upkeep = upkeep.then(work).catch(() => undefined)
  }
  const runOnDisk = (sql: string) => onDisk(() => direct.script(sql))

  /** One table at a time, so that others have their turn between them. */
  async function tidy(): Promise<void> {
    for (const { name } of await onDisk(() => direct.query<{ name: string }>(TABLES))) {
      if (closing) return
      await runOnDisk(`vacuum ${name}`)
      await onDisk(() =>
        pglite.transaction((tx) =>
          over(tx).script(`set local default_statistics_target = ${STATISTICS_TARGET}; analyze ${name}`),
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
    transaction: (work) => onDisk(() => pglite.transaction((tx) => work(over(tx)))),
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
