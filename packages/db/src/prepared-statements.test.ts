import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { EmbeddedDatabase } from './pglite.ts'
import { openEmbeddedTestDatabase } from './testing.ts'

const KEPT = `select count(*)::int as kept from pg_prepared_statements`

let db: EmbeddedDatabase
beforeAll(async () => {
  db = await openEmbeddedTestDatabase()
  await db.script('create table things (id int primary key, name text)')
})
afterAll(() => db.close())
beforeEach(() => db.script('truncate things'))

const insert = (id: number, name: string | null = 'x') =>
  db.query('insert into things values ($1, $2) returning name', [id, name])

describe('statements of an embedded database', () => {
  it('are prepared once, however often they run', async () => {
    await insert(0)
    const [before] = await db.query<{ kept: number }>(KEPT)
    for (let id = 1; id < 10; id++) expect(await insert(id, `name ${id}`)).toEqual([{ name: `name ${id}` }])
    expect(await db.query(KEPT)).toEqual([before])
  })

  it('are prepared in a bounded number, those that ran last', async () => {
    for (let round = 0; round < 500; round++) {
      expect(await db.query(`select $1::int + ${round} as sum`, [1])).toEqual([{ sum: round + 1 }])
      await insert(round)
    }
    const kept = await db.query<{ statement: string }>('select statement from pg_prepared_statements')
    expect(kept).toHaveLength(200)
    const texts = kept.map(({ statement }) => statement)
    expect(texts).toContain('select $1::int + 499 as sum')
    expect(texts).not.toContain('select $1::int + 0 as sum')
    expect(texts.some((text) => text.startsWith('insert into things'))).toBe(true)
  })

  it('work after one of them failed, prepared or not', async () => {
    for (let round = 0; round < 3; round++) {
      await insert(1).catch(() => undefined)
      await expect(insert(1)).rejects.toMatchObject({ code: '23505' })
      await expect(db.query('select nothing from nowhere')).rejects.toMatchObject({ code: '42P01' })
      await expect(db.query('select $1::int as number', ['no number'])).rejects.toMatchObject({ code: '22P02' })
      await expect(db.query('select $1::int as number', [])).rejects.toThrow()
      expect(await db.query('select $1::int as number', [7])).toEqual([{ number: 7 }])
    }
  })

  it('are rolled back with their transaction, and can be prepared in one that failed', async () => {
    for (let round = 0; round < 3; round++) {
      await expect(
        db.transaction(async (tx) => {
          await tx.query('insert into things values ($1, $2)', [1, 'lost'])
          await expect(tx.query('select 1 / $1::int as number', [0])).rejects.toMatchObject({ code: '22012' })
          await expect(tx.query(`select ${round} as too_late`)).rejects.toMatchObject({ code: '25P02' })
          throw new Error('given up')
        }),
      ).rejects.toThrow('given up')
      expect(await db.query('select * from things')).toEqual([])
      expect(await db.query(`select ${round} as too_late`)).toEqual([{ too_late: round }])
    }
  })

  it('wait for the transaction of another caller', async () => {
    const seen: unknown[] = []
    let begun = () => {}
    const running = new Promise<void>((resolve) => {
      begun = resolve
    })
    const first = db.transaction(async (tx) => {
      await tx.query('insert into things values (1, null)')
      begun()
      for (let round = 0; round < 20; round++) await tx.query('select pg_sleep(0)')
      seen.push('committed')
    })
    await running
    seen.push(await db.query('select id from things'))
    await first
    expect(seen).toEqual(['committed', [{ id: 1 }]])
  })

  it('are refused in a transaction that is over, and in a closed database', async () => {
    let left: Parameters<Parameters<typeof db.transaction>[0]>[0] | undefined
    await db.transaction(async (tx) => {
      left = tx
    })
    await expect(left?.query('select 1')).rejects.toThrow('is over')
    const other = await openEmbeddedTestDatabase()
    await other.close()
    await expect(other.query('select 1')).rejects.toThrow('closed')
  })

  it('follow changes of their tables', async () => {
    await insert(1, 'before')
    const read = () => db.query('select name, 1 as one from things')
    expect(await read()).toEqual([{ name: 'before', one: 1 }])
    await db.script('alter table things rename to others; create table things (id int primary key, name text)')
    expect(await read()).toEqual([])
    await db.script('drop table things; alter table others rename to things; create index on things (name)')
    expect(await read()).toEqual([{ name: 'before', one: 1 }])
  })

  it('take and return values of every type that the stores use', async () => {
    const values = {
      number: 7,
      big: 2 ** 40,
      text: 'ä\u{1F600}',
      truth: true,
      time: new Date('2026-01-02T03:04:05.678Z'),
      bytes: Buffer.from([0, 255, 10, 92]),
      json: { a: [1, null] },
      texts: ['a', 'b"c', ''],
      numbers: [1, 2],
      nothing: null,
    }
    const types = ['int', 'bigint', 'text', 'bool', 'timestamptz', 'bytea', 'jsonb', 'text[]', 'int[]', 'text']
    const columns = Object.keys(values).map((name, index) => `$${index + 1}::${types[index]} as ${name}`)
    for (let round = 0; round < 2; round++)
      expect(await db.query(`select ${columns.join(', ')}`, Object.values(values))).toEqual([values])
  })
})
