import { beforeEach, describe, expect, it } from 'vitest'
import { sampleClaim, samplePipeline, sampleRunner, unique } from './testing/samples.ts'
import { useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()
let jobId: number

beforeEach(async () => {
  const project = await test.stores.projects.create({ path: unique() })
  const runner = await test.stores.runners.create(
    sampleRunner({ runnerType: 'project_type', projectIds: [project?.id ?? 0] }),
  )
  const [id = 0] = await test.stores.jobs.create(samplePipeline(project?.id ?? 0))
  await test.stores.jobs.claim(sampleClaim(runner))
  jobId = id
})

const piece = (start: number, end: number, key = `${start}-${end}`) => ({
  start,
  end,
  key,
  crc: 0xffffffff,
  segment: null,
})
const advance = (start: number, end: number) => test.stores.traces.advance({ jobId, start, piece: piece(start, end) })
const pieces = async (from = 0, limit = 100) => (await test.stores.traces.pieces(jobId, from, limit))?.pieces

const setJob = (set: string) => arrange(test.db, `update jobs set ${set} where id = $1`, [jobId])

describe('advancing a log', () => {
  it('adds a piece where the log ends, and nowhere else', async () => {
    expect(await advance(0, 11)).toEqual({ storedBytes: 11, status: 'running' })
    expect(await advance(0, 11)).toBeNull()
    expect(await advance(5, 20)).toBeNull()
    expect(await advance(20, 25)).toBeNull()
    expect(await advance(11, 20)).toEqual({ storedBytes: 20, status: 'running' })
    expect(await test.stores.traces.pieces(jobId, 0, 100)).toEqual({
      pieces: [piece(0, 11), piece(11, 20)],
      storedBytes: 20,
      status: 'running',
    })
  })

  it('treats an empty piece as a heartbeat that stores nothing', async () => {
    await advance(0, 11)
    await setJob('last_signal_at = null')
    expect(await advance(11, 11)).toEqual({ storedBytes: 11, status: 'running' })
    expect(await pieces()).toEqual([piece(0, 11)])
    const [row] = await test.db.query<{ last_signal_at: Date | null }>(
      'select last_signal_at from jobs where id = $1',
      [jobId],
    )
    expect(row?.last_signal_at).toBeInstanceOf(Date)
  })

  it('is possible while a job is canceling, and refused when it is over, erased or not yet taken', async () => {
    await setJob("status = 'canceling'")
    expect(await advance(0, 1)).toEqual({ storedBytes: 1, status: 'canceling' })
    for (const state of ["status = 'canceled'", "status = 'pending'", "status = 'running', erased_at = now()"]) {
      await setJob(state)
      expect(await advance(1, 2)).toBeNull()
    }
    expect(await pieces()).toEqual([piece(0, 1)])
  })

  it('changes updatedAt only when that is older than 15 minutes', async () => {
    const updatedAt = async () => (await test.stores.jobs.find(jobId))?.updatedAt.getTime() ?? 0
    await setJob("updated_at = now() - interval '14 minutes'")
    const before = await updatedAt()
    await advance(0, 1)
    expect(await updatedAt()).toBe(before)
    await setJob("updated_at = now() - interval '16 minutes'")
    await advance(1, 2)
    expect(await updatedAt()).toBeGreaterThan(before)
  })

  it('counts beyond 32 bits', async () => {
    const start = 5_000_000_000
    await setJob(`trace_size = ${start}`)
    expect(await advance(start, start + 1)).toEqual({ storedBytes: start + 1, status: 'running' })
    expect(await pieces(start)).toEqual([piece(start, start + 1)])
  })
})

describe('reading pieces', () => {
  beforeEach(async () => {
    for (let start = 0; start < 50; start += 10) await advance(start, start + 10)
  })

  it('starts with the piece that holds the offset', async () => {
    expect((await pieces(25))?.map(({ start }) => start)).toEqual([20, 30, 40])
    expect((await pieces(30))?.map(({ start }) => start)).toEqual([30, 40])
    expect((await pieces(0, 2))?.map(({ start }) => start)).toEqual([0, 10])
  })

  it('finds no pieces at the end or past it, and returns the log’s length', async () => {
    expect(await test.stores.traces.pieces(jobId, 50, 10)).toEqual({ pieces: [], storedBytes: 50, status: 'running' })
    expect(await pieces(10_000_000_000)).toEqual([])
  })

  it('is null for a job that does not exist', async () => {
    expect(await test.stores.traces.pieces(0, 0, 10)).toBeNull()
  })
})

describe('replacing pieces', () => {
  beforeEach(async () => {
    for (let start = 0; start < 40; start += 10) await advance(start, start + 10)
  })

  it('puts one piece in place of exactly those that it covers', async () => {
    const covered = [piece(10, 20), piece(20, 30)]
    expect(await test.stores.traces.replace(jobId, covered, piece(10, 30, 'merged'))).toBe(true)
    expect(await pieces()).toEqual([piece(0, 10), piece(10, 30, 'merged'), piece(30, 40)])
    expect((await pieces(25))?.[0]).toEqual(piece(10, 30, 'merged'))
  })

  it('changes nothing when one of them is gone or different', async () => {
    const all = await pieces()
    const { replace } = test.stores.traces
    expect(await replace(jobId, [piece(10, 20), piece(20, 30, 'other')], piece(10, 30, 'merged'))).toBe(false)
    expect(await replace(jobId, [piece(10, 20), piece(20, 31, '20-30')], piece(10, 31, 'merged'))).toBe(false)
    expect(await replace(jobId, [piece(30, 40), piece(40, 50)], piece(30, 50, 'merged'))).toBe(false)
    expect(await replace(jobId, [], piece(0, 40, 'merged'))).toBe(false)
    expect(await pieces()).toEqual(all)
  })
})
