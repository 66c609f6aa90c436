import { afterAll, describe, expect, it, vi } from 'vitest'
import { openPostgres } from './pg.ts'
import { useTestDatabase } from './testing/set-up.ts'
import { openWire, type Wire } from './wire.ts'

const server = process.env.TEST_DATABASE_URL
const patience = { timeout: 240_000 }

describe.skipIf(!server)('PostgreSQL over a network that fails', () => {
  const database = useTestDatabase()
  const wires: Wire[] = []
  afterAll(async () => {
    for (const wire of wires) await wire[Symbol.asyncDispose]()
  })

  async function opened() {
    const wire = await openWire(database.url ?? '')
    wires.push(wire)
    return { wire, db: openPostgres({ url: wire.url, poolSize: 4 }) }
  }
  const four = [1, 2, 3, 4]

  it('fails a statement whose connection went silent, and runs the next one on a new connection', async () => {
    const { wire, db } = await opened()
    await db.query('select 1')
    wire.swallow()
    await expect(db.query('select 1')).rejects.toThrow('was never answered')
    expect(await db.query('select 2 as two')).toEqual([{ two: 2 }])
    await db.close()
  })

  it('discards all connections without an answer since one went silent', async () => {
    const { wire, db } = await opened()
    await Promise.all(four.map(() => db.query('select pg_sleep(0.2)')))
    wire.swallow()
    await expect(db.query('select 1')).rejects.toThrow('was never answered')
    // Each of the other three would have taken as long.
    for (const n of four) expect(await db.query('select $1::int as n', [n])).toEqual([{ n }])
    await db.close()
  })

  it('rolls back a transaction on the server when its connection went silent', async () => {
    const { wire, db } = await opened()
    await db.script('create table swallowed (n integer primary key)')
    await expect(
      db.transaction(async (tx) => {
        await tx.query('insert into swallowed values (1)')
        wire.swallow()
        await tx.query('insert into swallowed values (2)')
      }),
    ).rejects.toThrow('was never answered')
    // The lost transaction would block this one by its key.
    await db.query('insert into swallowed values (1)')
    expect(await db.query('select n from swallowed')).toEqual([{ n: 1 }])
    await db.close()
  })

  it('does not cut a statement that the server is executing, however long it takes', async () => {
    const { db } = await opened()
    expect(await db.query('select 1 as done from pg_sleep(6)')).toEqual([{ done: 1 }])
    await db.close()
  })

  it('does not cut a statement that waits for a lock', async () => {
    const { db } = await opened()
    await db.script('create table locked (n integer)')
    const order: string[] = []
    const first = db.transaction(async (tx) => {
      await tx.script('lock table locked')
      await tx.query('select pg_sleep(6)')
      order.push('first')
    })
    await vi.waitFor(async () => {
      const rows = await database.db.query("select from pg_locks where mode = 'AccessExclusiveLock' and granted")
      expect(rows.length).toBeGreaterThan(0)
    }, patience)
    await db.query('insert into locked values (1)')
    order.push('second')
    await first
    expect(order).toEqual(['first', 'second'])
    await db.close()
  })

  it('fails statements while the server is suspended, and continues when it is back', async () => {
    const { wire, db } = await opened()
    await db.query('select 1')
    wire.hold()
    await expect(db.query('select 1')).rejects.toThrow("can't be asked")
    await expect(db.query('select 1')).rejects.toThrow()
    wire.mend()
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }])
    await db.close()
  })

  it('continues at once after every connection was reset', async () => {
    const { wire, db } = await opened()
    await Promise.all(four.map(() => db.query('select pg_sleep(0.2)')))
    wire.reset()
    await vi.waitFor(async () => expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]), patience)
    await db.close()
  })

  it('fails a running statement when its connection is reset, in a transaction as well', async () => {
    const { wire, db } = await opened()
    const single = db.query('select pg_sleep(30)')
    const several = db.transaction((tx) => tx.query('select pg_sleep(30)'))
    const both = Promise.allSettled([single, several])
    await vi.waitFor(() => expect(wire.connections).toBe(2), patience)
    await new Promise((resolve) => setTimeout(resolve, 200))
    wire.reset()
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await db.close()
  })

  it('closes within seconds, even while connections are silent', async () => {
    const { wire, db } = await opened()
    await Promise.all(four.map(() => db.query('select pg_sleep(0.2)')))
    wire.swallow()
    const lost = expect(db.query('select 1')).rejects.toThrow('being closed')
    await db.close()
    await lost
    await expect(db.query('select 1')).rejects.toThrow('is closed')
    await vi.waitFor(() => expect(wire.connections).toBe(0), patience)
  })

  it('ends a statement by the server’s own limit, so that its outcome is known', async () => {
    const limited = openPostgres({ url: database.url ?? '', statementMs: 300 })
    await expect(limited.query('select pg_sleep(20)')).rejects.toMatchObject({ code: '57014' })
    const slow = (tx: { query(sql: string): Promise<unknown> }) => tx.query('select pg_sleep(0.6)')
    await expect(limited.transaction(slow)).rejects.toMatchObject({ code: '57014' })
    await limited.transaction(slow, { unlimited: true })
    await limited.close()
  })
})
