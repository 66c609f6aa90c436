import fs from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { FlushError } from './flushed-files.ts'
import { type Database, openDatabase } from './index.ts'
import { makeEmptyDirectory } from './testing/empty-directory.ts'
import { drawCuts, drawnSeed, drawsOf, RecordedDisk } from './testing/power-cut.ts'

let template: string
let folder: string
let dir: string
beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'yardmaster-template-'))
  await makeEmptyDirectory(join(template, 'database'))
  const db = await open(join(template, 'database'))
  await db.script(TABLES)
  await db.close()
})
afterAll(() => rm(template, { recursive: true, force: true }))
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yardmaster-'))
  dir = join(folder, 'database')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const open = (at = dir) => openDatabase({ kind: 'pglite', dir: at })

/** Opens a database that exists already. */
async function openMade(): Promise<Database> {
  await cp(join(template, 'database'), dir, { recursive: true })
  return await open()
}

async function openToOthers(directory: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(directory, { recursive: true })) {
    if (((await stat(join(directory, name))).mode & 0o077) !== 0) found.push(name)
  }
  if (((await stat(directory)).mode & 0o077) !== 0) found.push('.')
  return found
}

/** What the statements of a test leave behind, and after which operation of the disk each was confirmed. */
interface Answered {
  readonly rows: Map<number, { text: string; at: number }>
  readonly removed: Map<number, number>
  counter: { value: number; at: number }[]
}

const TABLES = `
  create table kept (id integer primary key, text text not null, pair integer not null);
  create index kept_pair on kept (pair);
  create table counter (value integer not null);
  insert into counter values (0);`

/** Runs statements of every kind, several of them concurrently. */
async function work(db: Database, disk: RecordedDisk, steps: number, draw: () => number): Promise<Answered> {
  const answered: Answered = { rows: new Map(), removed: new Map(), counter: [] }
  const text = (id: number) => `${id} `.repeat(1 + (id % 400))
  async function insert(id: number): Promise<void> {
    await db.query('insert into kept values ($1, $2, $1)', [id, text(id)])
    answered.rows.set(id, { text: text(id), at: disk.length })
  }
  async function insertPair(id: number): Promise<void> {
    await db.transaction(async (tx) => {
      await tx.query('insert into kept values ($1, $2, $1)', [id, text(id)])
      await tx.query('insert into kept values ($1, $2, $3)', [-id, text(id), id])
    })
    for (const one of [id, -id]) answered.rows.set(one, { text: text(id), at: disk.length })
  }
  async function count(): Promise<void> {
    const [row] = await db.query<{ value: number }>('update counter set value = value + 1 returning value')
    answered.counter.push({ value: row?.value ?? 0, at: disk.length })
  }
  async function remove(id: number): Promise<void> {
    // From here on it may be gone, whether or not the statement is confirmed.
    answered.removed.set(id, Number.POSITIVE_INFINITY)
    await db.query('delete from kept where pair = $1', [id])
    answered.removed.set(id, disk.length)
  }
  async function reorganize(step: number): Promise<void> {
    await db.script(`
      create table step_${step} as select id, text from kept;
      update kept set text = text;
      drop table step_${step}`)
  }

  const removable: number[] = []
  for (let step = 1; step <= steps; step++) {
    const kind = draw()
    if (kind < 0.02) await db.script('vacuum')
    else if (kind < 0.04) await db.script('checkpoint')
    else if (kind < 0.06) await db.query('select pg_switch_wal()')
    else if (kind < 0.09) await reorganize(step)
    else if (kind < 0.2 && removable.length > 0) await remove(removable.shift() as number)
    else {
      const base = step * 100
      const together = Array.from({ length: 1 + Math.floor(draw() * 5) }, (_, index) =>
        draw() < 0.2 ? count() : draw() < 0.3 ? insertPair(base + index) : insert(base + index),
      )
      await Promise.all(together)
      if (answered.rows.has(base)) removable.push(base)
    }
  }
  return answered
}

async function checkAll(db: Database, { rows, removed, counter }: Answered, cut: number): Promise<void> {
  const stored = new Map(
    (await db.query<{ id: number; text: string }>('select id, text from kept')).map(({ id, text }) => [id, text]),
  )
  for (const [id, { text, at }] of rows) {
    const gone = removed.get(Math.abs(id))
    if (at <= cut && gone === undefined) expect(stored.get(id), `row ${id}`).toBe(text)
    if (gone !== undefined && gone <= cut) expect(stored.has(id), `removed row ${id}`).toBe(false)
  }
  for (const [id, text] of stored) expect(text, `row ${id}`).toBe(`${Math.abs(id)} `.repeat(1 + (Math.abs(id) % 400)))
  for (const id of stored.keys()) if (id < 0) expect(stored.has(-id), `both rows of ${-id}`).toBe(true)
  const [row] = await db.query<{ value: number }>('select value from counter')
  const counted = Math.max(0, ...counter.filter(({ at }) => at <= cut).map(({ value }) => value))
  expect(row?.value).toBeGreaterThanOrEqual(counted)
  // By the index and by the table: both must have the same rows.
  const [byIndex] = await db.query<{ count: number }>('select count(*) from kept where pair > -2147483648')
  expect(byIndex?.count).toBe(stored.size)
}

describe('an embedded database', () => {
  it('confirms a statement after its log was flushed, and one flush confirms all waiting statements', async () => {
    await using db = await openMade()
    using disk = new RecordedDisk(folder)

    await db.query("insert into kept values (1, '', 1)")
    const written = disk.operations.findLastIndex(({ kind }) => kind === 'write')
    const flushed = disk.operations.findLastIndex(({ kind }) => kind === 'flush')
    expect(written).toBeGreaterThanOrEqual(0)
    expect(flushed).toBeGreaterThan(written)

    const before = disk.length
    await Promise.all(
      Array.from({ length: 200 }, (_, id) => db.query("insert into kept values ($1, '', $1)", [id + 2])),
    )
    const flushes = disk.operations.slice(before).filter(({ kind }) => kind === 'flush')
    expect(flushes.length).toBeGreaterThan(0)
    expect(flushes.length).toBeLessThan(200)
    expect(disk.operations.at(-1)?.kind).toBe('flush')
  })

  it('returns what another statement wrote only once that is on the disk', async () => {
    await using db = await openMade()
    using disk = new RecordedDisk(folder, { flushMs: 50 })
    const writing = db.query("insert into kept values (1, '', 1)")
    const rows = await db.query('select id from kept where id = 1')
    expect(rows).toHaveLength(1)
    expect(disk.operations.at(-1)?.kind).toBe('flush')
    await writing
  })

  it('flushes its log before it writes anything else', async () => {
    await using db = await openMade()
    using disk = new RecordedDisk(folder, { flushMs: 20 })
    for (let round = 0; round < 5; round++) {
      await Promise.all([
        ...Array.from({ length: 10 }, (_, index) =>
          db.query("insert into kept values ($1, '', 1)", [round * 100 + index]),
        ),
        db.script(`update kept set text = 'x' where id = ${round * 100}`),
        db.script(round % 2 === 0 ? 'checkpoint' : `create table made_${round} (id integer)`),
        db.query("insert into kept values ($1, '', 1)", [round * 100 + 50]),
        db.script(round % 2 === 0 ? 'vacuum' : `drop table if exists made_${round}`),
      ])
    }
    const written = new Map<unknown, number>()
    let others = 0
    for (const [index, operation] of disk.operations.entries()) {
      if (operation.kind === 'flush') {
        if ((written.get(operation.node) ?? index) < operation.upTo) written.delete(operation.node)
      } else if (operation.kind === 'write' && operation.file.name.length === 24) written.set(operation.file, index)
      else if (operation.kind !== 'entries' || operation.changes.some(({ node }) => node === null)) {
        others++
        expect(written.size, `operation ${index}: ${operation.kind}`).toBe(0)
      }
    }
    expect(others).toBeGreaterThan(20)
  })

  it('is accessible to its owner only, whoever created its directory', async () => {
    await mkdir(dir, { mode: 0o755 })
    await chmod(dir, 0o755)
    await (await open()).close()
    expect(await openToOthers(dir)).toEqual([])
    await chmod(join(dir, 'base'), 0o777)
    await chmod(join(dir, 'PG_VERSION'), 0o666)
    await using db = await open()
    await db.script('create table later (id integer)')
    expect(await openToOthers(dir)).toEqual([])
  })

  it('opens a database of a version without flushes, even of a killed process', async () => {
    const before = await PGlite.create(dir)
    await before.exec('create table kept (id integer); insert into kept select generate_series(1, 1000)')
    // Not closed, as a killed process leaves it.
    await cp(dir, `${dir}-killed`, { recursive: true })
    await before.close()
    for (const at of [dir, `${dir}-killed`]) {
      await using db = await open(at)
      expect(await db.query('select count(*) from kept')).toEqual([{ count: 1000 }])
    }
  })

  it('is created again when its creation was interrupted, and only then', async () => {
    await mkdir(`${dir}.new`)
    await writeFile(join(`${dir}.new`, 'PG_VERSION'), '18')
    await (await open()).close()
    expect(await readdir(folder)).toEqual(['database'])

    await rm(join(dir, 'PG_VERSION'))
    await expect(open()).rejects.toThrow('holds files, but no database (PG_VERSION is missing)')
    expect(await readdir(join(dir, 'base'))).not.toEqual([])
  })

  it('keeps its log short while it is open', async () => {
    await using db = await openMade()
    for (let round = 0; round < 10; round++)
      await db.query('insert into kept select $1 + id, $2, 1 from generate_series(1, 10000) id', [
        round * 10_000,
        'x'.repeat(500),
      ])
    await vi.waitFor(async () => {
      const segments = (await readdir(join(dir, 'pg_wal'))).filter((name) => name.length === 24)
      const [row] = await db.query<{ bytes: number }>(
        `select pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::bigint as bytes from pg_control_checkpoint()`,
      )
      expect(row?.bytes).toBeLessThan(48 * 1_048_576)
      expect(segments.length).toBeLessThan(8)
    }, 240_000)
  })

  it('removes dead rows and updates the planner’s statistics, table by table', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      await using db = await openMade()
      await db.query("insert into kept select id, '', id % 3 from generate_series(1, 1000) id")
      await db.query('delete from kept where id > 500')
      vi.advanceTimersByTime(10 * 60_000)
      for (const table of ['kept', 'counter', 'pg_attribute'])
        await expect
          .poll(() => db.query('select last_vacuum, last_analyze from pg_stat_all_tables where relname = $1', [table]))
          .toEqual([{ last_vacuum: expect.any(Date) as unknown, last_analyze: expect.any(Date) as unknown }])
      const [figures] = await db.query<{ pages: number; rows: number }>(
        "select relpages as pages, reltuples as rows from pg_class where relname = 'kept'",
      )
      expect(figures).toMatchObject({ rows: 500 })
      // Its own setting is restored.
      expect(await db.query("select current_setting('default_statistics_target') as target")).toEqual([
        { target: '100' },
      ])
    } finally {
      vi.useRealTimers()
    }
  })

  it('accepts no more statements once a flush has failed', async () => {
    const db = await openMade()
    const refused = vi
      .spyOn(fs, 'fdatasync')
      .mockImplementation((_descriptor, done) => done(new Error('EIO: i/o error')))
    await expect(db.query("insert into kept values (1, '', 1)")).rejects.toThrow("can't be flushed to the disk")
    refused.mockRestore()
    await expect(db.query("insert into kept values (2, '', 1)")).rejects.toThrow(FlushError)
    await expect(db.transaction((tx) => tx.query('select 1'))).rejects.toThrow(FlushError)
    await expect(db.probe()).rejects.toThrow(FlushError)
    await db.close().catch(() => undefined)
  })

  it('has every confirmed byte after a power cut at any moment, and opens', async () => {
    const seed = drawnSeed()
    const draw = drawsOf(seed)
    const db = await openMade()
    const disk = new RecordedDisk(folder)
    const answered = await work(db, disk, 40, draw)
    const answers = [...answered.rows.values()].map(({ at }) => at)
    const afterAnswers = [disk.length, ...drawCuts(draw, 2, 0, answers.length - 1).map((index) => answers[index] ?? 0)]
    await db.close()
    disk[Symbol.dispose]()

    const image = `${folder}-image`
    try {
      for await (const cut of disk.cuts([...afterAnswers, ...drawCuts(draw, 3, 0, disk.length)], draw, image)) {
        const seen = `POWER_CUT_SEED=${seed}, after operation ${cut} of ${disk.length}`
        const again = await open(join(image, 'database')).catch((error) => {
          throw new Error(`It does not open: ${seen}`, { cause: error })
        })
        await checkAll(again, answered, cut).catch((error) => {
          throw new Error(`Something is missing: ${seen}`, { cause: error })
        })
        await again.close()
      }
    } finally {
      await rm(image, { recursive: true, force: true })
    }
  })
})
