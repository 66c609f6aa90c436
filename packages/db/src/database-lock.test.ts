import { afterAll, describe, expect, it, vi } from 'vitest'
import { DatabaseInUseError, lockDatabase } from './database-lock.ts'
import { useTestDatabase } from './testing/set-up.ts'
import { openWire, type Wire } from './wire.ts'

const server = process.env.TEST_DATABASE_URL
const patience = { timeout: 240_000 }

describe.skipIf(!server)('The lock on the database', () => {
  const database = useTestDatabase()
  const wires: Wire[] = []
  afterAll(async () => {
    for (const wire of wires) await wire[Symbol.asyncDispose]()
  })

  async function throughWire() {
    const wire = await openWire(database.url ?? '')
    wires.push(wire)
    return wire
  }
  const postgres = (url: string) => ({ kind: 'postgres' as const, url })
  const direct = () => postgres(database.url ?? '')
  const sessions = () =>
    database.db.query(
      `select pid from pg_stat_activity
        where datname = current_database() and application_name = 'yardmaster lock'`,
    )
  const holders = () =>
    database.db.query(
      `select pid, mode from pg_locks join pg_database d on d.oid = database
        where datname = current_database() and locktype = 'advisory' and granted`,
    )

  it('refuses a second process when one of the two does not share its events', async () => {
    await using _ = await lockDatabase(direct(), { shared: false })
    await expect(lockDatabase(direct(), { shared: false })).rejects.toThrow(DatabaseInUseError)
    await expect(lockDatabase(direct(), { shared: true })).rejects.toThrow(DatabaseInUseError)
    await vi.waitFor(async () => expect(await sessions()).toHaveLength(1), patience)
  })

  it('is acquired by a process that starts while the one before it ends', async () => {
    const ending = await lockDatabase(direct(), { shared: false })
    const [lock] = await Promise.all([
      lockDatabase(direct(), { shared: false }),
      vi
        .waitFor(async () => expect(await sessions()).not.toHaveLength(1), { timeout: 2_000, interval: 5 })
        .catch(() => undefined)
        .then(() => ending[Symbol.asyncDispose]()),
    ])
    await using _ = lock
    expect(await holders()).toHaveLength(1)
  })

  it('is acquired again on one connection, however often that is lost', async () => {
    const wire = await throughWire()
    await using _ = await lockDatabase(postgres(wire.url), { shared: false })
    for (let round = 0; round < 4; round++) {
      const before = (await holders()).map(({ pid }: { pid?: number }) => pid)
      wire.reset()
      await vi.waitFor(async () => {
        const now = (await holders()).map(({ pid }: { pid?: number }) => pid)
        expect(now).toHaveLength(1)
        expect(now).not.toEqual(before)
      }, patience)
    }
    expect(await sessions()).toHaveLength(1)
    expect(wire.connections).toBe(1)
  })

  it('is acquired again after its connection went silent, though the server still considers that alive', async () => {
    const wire = await throughWire()
    const notice = vi.fn()
    await using lock = await lockDatabase(postgres(wire.url), { shared: false, notice })
    const [before] = await holders()
    wire.swallow()
    await vi.waitFor(async () => {
      const now = await holders()
      expect(now).toHaveLength(1)
      expect(now).not.toEqual([before])
    }, patience)
    await vi.waitFor(() => expect(notice).toHaveBeenLastCalledWith('PostgreSQL is back'), patience)
    expect(notice).toHaveBeenCalledTimes(2)
    expect(await sessions()).toHaveLength(1)
    expect(lock.lost.aborted).toBe(false)
  })

  it('is lost to a process without Redis that acquired it meanwhile, and reports this', async () => {
    const wire = await throughWire()
    await using lock = await lockDatabase(postgres(wire.url), { shared: true })
    wire.cut()
    await vi.waitFor(async () => expect(await holders()).toHaveLength(0), patience)
    await using _ = await lockDatabase(direct(), { shared: false })
    wire.mend()
    await vi.waitFor(() => expect(lock.lost.aborted).toBe(true), patience)
    expect(lock.lost.reason).toBeInstanceOf(DatabaseInUseError)
    await vi.waitFor(async () => expect(await sessions()).toHaveLength(1), patience)
  })

  it('waits for a process that acquired it meanwhile and is stopping', async () => {
    const wire = await throughWire()
    await using lock = await lockDatabase(postgres(wire.url), { shared: false })
    wire.cut()
    await vi.waitFor(async () => expect(await holders()).toHaveLength(0), patience)
    const other = await lockDatabase(direct(), { shared: false })
    const [theirs] = await holders()
    wire.mend()
    // It has been refused at least once.
    await vi.waitFor(() => expect(wire.connections).toBeGreaterThan(0), patience)
    await other[Symbol.asyncDispose]()
    await vi.waitFor(async () => {
      const now = await holders()
      expect(now).toHaveLength(1)
      expect(now).not.toEqual([theirs])
    }, patience)
    expect(lock.lost.aborted).toBe(false)
  })

  it.each(['cut', 'hold', 'swallow', 'reset'] as const)('is released within seconds after a %s', async (damage) => {
    const wire = await throughWire()
    const lock = await lockDatabase(postgres(wire.url), { shared: true })
    wire[damage]()
    await lock[Symbol.asyncDispose]()
    await vi.waitFor(() => expect(wire.connections).toBe(0), patience)
  })
})
