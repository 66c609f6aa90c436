import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { migrate, openDatabase, seed, stores } from './index.ts'
import { knownMigrations } from './migrate.ts'
import { makeEmptyDirectory } from './testing/empty-directory.ts'
import { useTestDatabase } from './testing/set-up.ts'

const test = useTestDatabase()

/** Beginnings of the digests of released migrations, which installations have applied. */
const RELEASED = [
  ['0001-initial.sql', '286c4b76a9c99d8c'],
  ['0002-artifacts.sql', 'b688372ce5c248f4'],
  ['0003-job-life.sql', '9407a92555b9062d'],
  ['0004-audit-and-webhooks.sql', '32b0b44a8c2aa82a'],
  ['0005-retries.sql', '08b1f20e24f43094'],
  ['0006-usage.sql', '6a6308f86352bab8'],
  ['0007-checkout-paths.sql', 'ee2dd5d52fe62baf'],
] as const

describe('migrating', () => {
  it('runs missing migrations once, and they are numbered without a gap', async () => {
    await Promise.all([migrate(test.db), migrate(test.db)])
    const all = (await knownMigrations()).map(({ version, name }) => ({ version, name }))
    expect(all.map(({ version }) => version)).toEqual(all.map((_, index) => index + 1))
    expect(await test.db.query('select version, name from schema_migrations order by version')).toEqual(all)
  })

  it('identifies migrations by their content: released ones never change', async () => {
    const digests = new Map((await knownMigrations()).map(({ name, digest }) => [name, digest.slice(0, 16)]))
    for (const [name, digest] of RELEASED) expect(digests.get(name), name).toBe(digest)
  })

  it('refuses a migration that was changed, has another name or is unknown, and names it', async () => {
    const changed = (set: string) => test.db.query(`update schema_migrations set ${set} where version = 3`)
    const [own] = await test.db.query<{ digest: string }>('select digest from schema_migrations where version = 3')
    await changed("digest = 'another'")
    await expect(migrate(test.db)).rejects.toThrow(
      'The migration 0003-job-life.sql was applied to the database with other content than it has in this program.',
    )
    await changed(`digest = '${own?.digest}', name = '0003-foreign.sql'`)
    await expect(migrate(test.db)).rejects.toThrow(
      'The database has the migration 0003-foreign.sql, where this program has 0003-job-life.sql.',
    )
    await changed("name = '0003-job-life.sql', version = 0")
    await expect(migrate(test.db)).rejects.toThrow('which this program does not know')
    await test.db.query('update schema_migrations set version = 3 where version = 0')
    await expect(migrate(test.db)).resolves.toBeUndefined()

    await test.db.script('create table set_aside as select * from schema_migrations where version = 2')
    await test.db.query('delete from schema_migrations where version = 2')
    await expect(migrate(test.db)).rejects.toThrow('The database lacks the migration 0002-artifacts.sql, but has later')
    await test.db.script('insert into schema_migrations select * from set_aside; drop table set_aside')
    await expect(migrate(test.db)).resolves.toBeUndefined()
  })

  it('adopts a database from before digests were stored', async () => {
    const digests = () => test.db.query('select version, digest from schema_migrations order by version')
    const before = await digests()
    await test.db.script('alter table schema_migrations drop column digest')
    await migrate(test.db)
    expect(await digests()).toEqual(before)
  })

  it('refuses a schema that is newer than the program', async () => {
    await test.db.query("insert into schema_migrations (version, name) values (9999, '9999-future.sql')")
    await expect(migrate(test.db)).rejects.toThrow(/schema version 9999, this program knows versions up to \d+/)
    await test.db.query('delete from schema_migrations where version = 9999')
    await expect(migrate(test.db)).resolves.toBeUndefined()
  })
})

describe('a database', () => {
  it('applies a transaction completely or not at all', async () => {
    await test.db.script('create table whole (n bigint)')
    await expect(
      test.db.transaction(async (tx) => {
        await tx.query('insert into whole values ($1)', [1])
        throw new Error('half-way')
      }),
    ).rejects.toThrow('half-way')
    expect(await test.db.query('select * from whole')).toEqual([])
    const result = await test.db.transaction(async (tx) => {
      await tx.query('insert into whole values ($1)', [2 ** 40])
      return 'done'
    })
    expect(result).toBe('done')
    expect(await test.db.query('select n from whole')).toEqual([{ n: 2 ** 40 }])
  })

  // PGlite has no connection that could break.
  it.runIf(process.env.TEST_DATABASE_URL)('fails a transaction whose connection breaks, and continues', async () => {
    await test.db.script('create table given_up (n bigint)')
    const broken = test.db.transaction(async (tx) => {
      await tx.query('insert into given_up values (1)')
      const [me] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid')
      await test.db.query('select pg_terminate_backend($1, 5000)', [me?.pid])
      await tx.query('insert into given_up values (2)')
    })
    await expect(broken).rejects.toThrow()
    expect(await test.db.transaction((tx) => tx.query('select n from given_up'))).toEqual([])
  })

  it('answers a probe until it is closed, and can be closed twice', async () => {
    const config = test.url === null ? ({ kind: 'pglite' } as const) : ({ kind: 'postgres', url: test.url } as const)
    const db = await openDatabase(config)
    await db.probe()
    await db.close()
    await db.close()
    await expect(db.probe()).rejects.toThrow()
  })
})

describe.runIf(!process.env.TEST_DATABASE_URL)('PGlite in a directory', () => {
  it('finds what it stored before', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yardmaster-db-'))
    const dir = join(folder, 'database')
    try {
      await makeEmptyDirectory(dir)
      for (const start of ['first', 'second']) {
        await using db = await openDatabase({ kind: 'pglite', dir })
        await migrate(db)
        await seed(db, test.secrets)
        const { projects } = stores(db, test.secrets)
        if (start === 'first') await projects.create({ path: 'kept' })
        expect(await projects.findByPath('kept')).toMatchObject({ path: 'kept' })
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
