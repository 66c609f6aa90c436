import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { migrate, openDatabase, seed, stores } from './index.ts'
import { useTestDatabase } from './set-up.ts'

const test = useTestDatabase()

describe('migrating', () => {
  it('runs what is missing, once', async () => {
    await Promise.all([migrate(test.db), migrate(test.db)])
    expect(await test.db.query('select version, name from schema_migrations order by version')).toEqual([
      { version: 1, name: '0001-initial.sql' },
      { version: 2, name: '0002-artifacts.sql' },
      { version: 3, name: '0003-job-life.sql' },
      { version: 4, name: '0004-audit-and-webhooks.sql' },
      { version: 5, name: '0005-retries.sql' },
      { version: 6, name: '0006-usage.sql' },
      { version: 7, name: '0007-checkout-paths.sql' },
      { version: 8, name: '0008-exit-codes-and-stages.sql' },
      { version: 9, name: '0009-sessions-end-with-their-token.sql' },
    ])
  })

  it('refuses a schema that is newer than the program', async () => {
    await test.db.query("insert into schema_migrations (version, name) values (9999, '9999-future.sql')")
    await expect(migrate(test.db)).rejects.toThrow(/schema version 9999, this program knows versions up to \d+/)
    await test.db.query('delete from schema_migrations where version = 9999')
    await expect(migrate(test.db)).resolves.toBeUndefined()
  })
})

describe('a database', () => {
  it('keeps a transaction whole', async () => {
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
  it.runIf(process.env.TEST_DATABASE_URL)('gives a transaction up whose connection breaks, and goes on', async () => {
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

  it('answers a probe until it is closed, and closes twice without complaint', async () => {
    const config = test.url === null ? ({ kind: 'pglite' } as const) : ({ kind: 'postgres', url: test.url } as const)
    const db = await openDatabase(config)
    await db.probe()
    await db.close()
    await db.close()
    await expect(db.probe()).rejects.toThrow()
  }, 60_000)
})

describe.runIf(!process.env.TEST_DATABASE_URL)('PGlite in a directory', () => {
  it('finds again what it stored', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'yardmaster-db-'))
    try {
      for (const start of ['first', 'second']) {
        await using db = await openDatabase({ kind: 'pglite', dir })
        await migrate(db)
        await seed(db, test.secrets)
        const { projects } = stores(db, test.secrets)
        if (start === 'first') await projects.create({ path: 'kept' })
        expect(await projects.findByPath('kept')).toMatchObject({ path: 'kept' })
      }
    } finally {
      await rm(dir, { recursive: true })
    }
  }, 60_000)
})
