import type { PieceMove } from '@yardmaster/domain/ports'
import type { Project } from '@yardmaster/domain/projects'
import type { Runner } from '@yardmaster/domain/runners'
import type { TracePiece } from '@yardmaster/domain/traces'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sampleClaim, samplePipeline, sampleRunner, unique } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()
let project: Project
let runner: Runner

beforeAll(async () => {
  project = await makeProject(test)
  runner = await test.stores.runners.create(sampleRunner({ runnerType: 'project_type', projectIds: [project.id] }))
})
beforeEach(() => arrange(test.db, 'delete from trace_segments; delete from stray_objects; delete from trace_pieces'))

async function runningJob(): Promise<number> {
  const [id = 0] = await test.stores.jobs.create(samplePipeline(project.id))
  await test.stores.jobs.claim(sampleClaim(runner))
  return id
}

const soon = () => new Date(Date.now() + 3_600_000)

/** Returns the key of an object that may become a segment. */
async function announced(): Promise<string> {
  const key = `traces/segments/${unique()}`
  await test.stores.artifacts.announce([key], soon())
  return key
}

/** Ten bytes for each of these jobs, from the same offset of their logs on. */
const tenOf = (ids: readonly number[], start = 0) =>
  ids.map((jobId, n) => ({ jobId, start, end: start + 10, offset: 10 * n, crc: 0xffffffff - jobId }))

const together = async (appends: ReturnType<typeof tenOf>, bytes = 10 * appends.length) => {
  const key = await announced()
  const done = await test.stores.traces.advanceTogether({ key, bytes }, appends)
  if (done === 'swept') throw new Error('swept')
  return { ...done, key }
}

const piecesOf = async (id: number): Promise<TracePiece[]> =>
  (await test.stores.traces.pieces(id, 0, 100))?.pieces ?? []
const strays = async () =>
  (await test.db.query<{ object_key: string }>('select object_key from stray_objects')).map(
    ({ object_key }) => object_key,
  )
const segments = async () =>
  (await test.db.query<{ id: number }>('select id from trace_segments order by id')).map(({ id }) => id)

const NOTHING = { size: 0, crc: 0, invalid: false, corrupted: false }
const finish = (id: number, size = 0) =>
  test.stores.jobs.finish(id, {
    event: 'success',
    failureReason: null,
    exitCode: null,
    trace: { ...NOTHING, size },
  })

describe('advancing logs together', () => {
  it('adds to each log its stretch of one segment, which is no stray any more', async () => {
    const ids = [await runningJob(), await runningJob(), await runningJob()]
    const { key, segmentId, outcomes } = await together(tenOf(ids.toReversed()))
    expect(outcomes).toEqual(ids.map(() => ({ storedBytes: 10, status: 'running' })))
    for (const [n, id] of ids.toReversed().entries()) {
      const segment = { id: segmentId, offset: 10 * n }
      expect(await piecesOf(id)).toEqual([{ start: 0, end: 10, key, crc: 0xffffffff - id, segment }])
    }
    expect([await segments(), await strays()]).toEqual([[segmentId], []])
  })

  it('tells each outcome apart: of a gap, an empty patch, a job that is over, one that is erased, and no job', async () => {
    const [fine, gap, empty, over, erased] = [
      await runningJob(),
      await runningJob(),
      await runningJob(),
      await runningJob(),
      await runningJob(),
    ]
    await finish(over)
    await arrange(test.db, 'update jobs set erased_at = now() where id = $1', [erased])
    const appends = [
      { jobId: 999_999, start: 0, end: 1, offset: 0, crc: 0 },
      { jobId: erased, start: 0, end: 1, offset: 1, crc: 0 },
      { jobId: over, start: 0, end: 1, offset: 2, crc: 0 },
      { jobId: empty, start: 0, end: 0, offset: 3, crc: 0 },
      { jobId: gap, start: 5, end: 6, offset: 3, crc: 0 },
      { jobId: fine, start: 0, end: 1, offset: 4, crc: 0 },
    ]
    const { outcomes } = await together(appends, 5)
    // What is not there looks like what is not available: the statement that waits tells them apart.
    expect(outcomes).toEqual([
      'locked',
      null,
      null,
      { storedBytes: 0, status: 'running' },
      null,
      { storedBytes: 1, status: 'running' },
    ])
    expect([await piecesOf(empty), await piecesOf(gap), await piecesOf(over)]).toEqual([[], [], []])
  })

  it('makes no segment when no log needs it, and takes heartbeats without an object', async () => {
    const id = await runningJob()
    const key = await announced()
    const { traces } = test.stores
    const refused = [{ jobId: id, start: 5, end: 6, offset: 0, crc: 0 }]
    expect(await traces.advanceTogether({ key, bytes: 1 }, refused)).toEqual({ segmentId: null, outcomes: [null] })
    const heartbeat = [{ jobId: id, start: 0, end: 0, offset: 0, crc: 0 }]
    expect(await traces.advanceTogether(null, heartbeat)).toEqual({
      segmentId: null,
      outcomes: [{ storedBytes: 0, status: 'running' }],
    })
    expect([await segments(), await strays()]).toEqual([[], [key]])
  })

  it('changes nothing when its object was not announced, or may have been swept', async () => {
    const id = await runningJob()
    const late = await announced()
    await test.stores.artifacts.announce([late], new Date(Date.now() - 1000))
    for (const key of ['traces/segments/unknown', late]) {
      expect(await test.stores.traces.advanceTogether({ key, bytes: 10 }, tenOf([id]))).toBe('swept')
    }
    expect(await test.stores.traces.pieces(id, 0, 10)).toMatchObject({ pieces: [], storedBytes: 0 })
    expect(await segments()).toEqual([])
  })

  it('can be made up for by the statement that waits, in the same segment', async () => {
    const ids = [await runningJob(), await runningJob()]
    const { segmentId, key } = await together(tenOf(ids))
    const advance = (offset: number, id = segmentId ?? 0) =>
      test.stores.traces.advance({
        jobId: ids[0] ?? 0,
        start: 10,
        piece: { start: 10, end: 20, key, crc: 1, segment: { id, offset } },
      })
    expect(await advance(20, 999_999)).toBeNull()
    expect(await advance(20)).toEqual({ storedBytes: 20, status: 'running' })
    expect((await piecesOf(ids[0] ?? 0))[1]).toMatchObject({ key, segment: { id: segmentId, offset: 20 } })
  })
})

// PGlite is one connection: no row is ever locked there.
describe.runIf(process.env.TEST_DATABASE_URL)('advancing logs together, while a job’s row is locked', () => {
  it('waits for no row, and advances the others', async () => {
    const [held = 0, free = 0] = [await runningJob(), await runningJob()]
    await test.db.transaction(async (tx) => {
      await tx.query('select from jobs where id = $1 for no key update', [held])
      const { outcomes, segmentId } = await together(tenOf([held, free]))
      expect(outcomes).toEqual(['locked', { storedBytes: 10, status: 'running' }])
      expect(segmentId).not.toBeNull()
    })
  })

  it('keeps the segment for those that were left out, also when no other log needs it', async () => {
    const held = await runningJob()
    await test.db.transaction(async (tx) => {
      await tx.query('select from jobs where id = $1 for no key update', [held])
      const { outcomes, segmentId } = await together(tenOf([held]))
      expect(outcomes).toEqual(['locked'])
      expect(await segments()).toEqual([segmentId])
    })
  })

  it('never deadlocks with itself, and each log advances once', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, runningJob))
    const rounds = await Promise.all(
      Array.from({ length: 12 }, (_, n) => together(tenOf(n % 2 === 0 ? ids : ids.toReversed()))),
    )
    const moved = rounds.flatMap(({ outcomes }) => outcomes).filter((outcome) => outcome && outcome !== 'locked')
    for (const id of ids) expect((await piecesOf(id)).length).toBeLessThanOrEqual(1)
    const found = await Promise.all(ids.map(piecesOf))
    expect(found.flat()).toHaveLength(moved.length)
  })

  it('adds no piece to a segment that is being removed', async () => {
    const id = await runningJob()
    const { segmentId, key } = await together(tenOf([id]))
    await arrange(test.db, 'delete from trace_pieces')
    const [advanced, removed] = await Promise.all([
      test.stores.traces.advance({
        jobId: id,
        start: 10,
        piece: { start: 10, end: 20, key, crc: 0, segment: { id: segmentId ?? 0, offset: 0 } },
      }),
      test.stores.traces.removeUnusedSegments([segmentId ?? 0]),
    ])
    expect(advanced === null).toBe(removed.length === 1)
    expect(await segments()).toEqual(advanced ? [segmentId] : [])
  })
})

describe('moving pieces to a new segment', () => {
  const moveOf = async (jobId: number, offset: number | null, key: string): Promise<PieceMove> => {
    const covered = await piecesOf(jobId)
    return { jobId, covered, start: 0, end: covered.at(-1)?.end ?? 0, crc: jobId, offset, key }
  }

  it('replaces what each log has by one piece, in the segment or in an object of its own', async () => {
    const ids = [await runningJob(), await runningJob(), await runningJob()]
    for (const start of [0, 10, 20]) await together(tenOf(ids, start))
    const [key, own] = [await announced(), await announced()]
    const [first = 0, second = 0, third = 0] = ids
    const moves = [await moveOf(first, 0, key), await moveOf(second, null, own), await moveOf(third, 30, key)]
    const id = await test.stores.traces.movePieces(moves, { key, bytes: 60, level: 1, id: null })
    expect(await piecesOf(first)).toEqual([{ start: 0, end: 30, key, crc: first, segment: { id, offset: 0 } }])
    expect(await piecesOf(second)).toEqual([{ start: 0, end: 30, key: own, crc: second, segment: null }])
    expect(await piecesOf(third)).toEqual([{ start: 0, end: 30, key, crc: third, segment: { id, offset: 30 } }])
    expect(await strays()).toEqual([])
    expect(await test.stores.traces.piecesIn(id ?? 0)).toMatchObject([
      { jobId: first, start: 0, end: 30 },
      { jobId: third, start: 0, end: 30 },
    ])
  })

  it('leaves the pieces of a log that has changed, and goes on in the same segment', async () => {
    const ids = [await runningJob(), await runningJob()]
    for (const start of [0, 10]) await together(tenOf(ids, start))
    const [changed = 0, same = 0] = ids
    const [key, own] = [await announced(), await announced()]
    const moves = [await moveOf(changed, 0, key), await moveOf(same, 20, key)]
    const covered = await piecesOf(changed)
    await test.stores.traces.replace(changed, covered, { start: 0, end: 20, key: own, crc: 0 })
    const { movePieces } = test.stores.traces
    expect(await movePieces(moves.slice(0, 1), { key, bytes: 40, level: 1, id: null })).toBeNull()
    const id = await movePieces(moves.slice(1), { key, bytes: 40, level: 1, id: null })
    expect(await piecesOf(changed)).toMatchObject([{ key: own, segment: null }])
    expect(await piecesOf(same)).toMatchObject([{ key, segment: { id, offset: 20 } }])
    const again = { ...moves[1], covered: await piecesOf(same), offset: 0 } as PieceMove
    expect(await movePieces([again], { key, bytes: 40, level: 1, id })).toBe(id)
    expect(await piecesOf(same)).toMatchObject([{ key, segment: { id, offset: 0 } }])
  })

  it('does nothing when an object was not announced, or the segment is gone', async () => {
    const id = await runningJob()
    await together(tenOf([id]))
    const before = await piecesOf(id)
    const { movePieces } = test.stores.traces
    const move = await moveOf(id, 0, 'traces/segments/unknown')
    expect(await movePieces([move], { key: move.key, bytes: 10, level: 1, id: null })).toBeNull()
    await movePieces([move], { key: move.key, bytes: 10, level: 1, id: 999_999 })
    await movePieces([{ ...move, offset: null }], { key: move.key, bytes: 0, level: 1, id: null })
    expect(await piecesOf(id)).toEqual(before)
    expect(await segments()).toHaveLength(1)
  })

  it('moves a log that is erased meanwhile either before or not at all', async () => {
    const id = await runningJob()
    for (const start of [0, 10]) await together(tenOf([id], start))
    await finish(id, 20)
    const key = await announced()
    const move = await moveOf(id, 0, key)
    await Promise.all([
      test.stores.traces.movePieces([move], { key, bytes: 20, level: 1, id: null }),
      test.stores.jobs.erase(id),
    ])
    expect(await piecesOf(id)).toEqual([])
  })
})

describe('segments', () => {
  it('are taken for joining once there are enough of one level, each once', async () => {
    const { takeSmallSegments } = test.stores.traces
    const id = await runningJob()
    for (const start of [0, 10]) await together(tenOf([id], start))
    expect(await takeSmallSegments(3)).toBeNull()
    await together(tenOf([id], 20))
    const taken = await takeSmallSegments(3)
    expect(taken).toMatchObject({ level: 0, segments: [{ bytes: 10 }, { bytes: 10 }, { bytes: 10 }] })
    expect(taken?.segments.map((segment) => segment.id)).toEqual(await segments())
    expect(await takeSmallSegments(3)).toBeNull()
  })

  it('are all taken by one of several processes that begin at the same moment', async () => {
    await arrange(
      test.db,
      `insert into trace_segments (object_key, bytes, level)
       select 'traces/segments/' || n, 10, 0 from generate_series(1, 40) n`,
    )
    for (let round = 0; round < 30; round++) {
      const taken = await Promise.all(Array.from({ length: 4 }, () => test.stores.traces.takeSmallSegments(32)))
      expect(taken.flatMap((some) => (some ? [some.segments.length] : []))).toEqual([32])
      await arrange(test.db, 'update trace_segments set level = 0')
    }
  })

  it('are looked at every five minutes, and it is known how much of them is used', async () => {
    const ids = [await runningJob(), await runningJob()]
    const { segmentId } = await together(tenOf(ids))
    const { takeDueSegments } = test.stores.traces
    const [written] = await test.db.query<{ check_at: Date }>('select check_at from trace_segments')
    const due = written?.check_at ?? new Date()
    expect(await takeDueSegments(new Date(due.getTime() - 1), 10)).toEqual([])
    await finish(ids[0] ?? 0, 10)
    await test.stores.jobs.erase(ids[0] ?? 0)
    // An erasure lets the sweep look at once.
    const now = Date.now() + 1_000
    expect(await takeDueSegments(new Date(now), 10)).toMatchObject([{ id: segmentId, bytes: 20, used: 10 }])
    expect(await takeDueSegments(new Date(now + 4 * 60_000), 10)).toEqual([])
    expect(await takeDueSegments(new Date(now + 6 * 60_000), 10)).toMatchObject([{ id: segmentId, used: 10 }])
  })

  it('are removed only when no piece is in them, and their objects are strays then', async () => {
    const id = await runningJob()
    const used = await together(tenOf([id]))
    const unused = await together(tenOf([id], 10))
    const [first, second] = await piecesOf(id)
    if (!first || !second) throw new Error('no pieces')
    await test.stores.traces.replace(id, [second], { start: 10, end: 20, key: unique(), crc: 0 })
    const all = [used.segmentId ?? 0, unused.segmentId ?? 0, 999_999]
    expect(await test.stores.traces.removeUnusedSegments(all)).toEqual([unused.key])
    expect(await segments()).toEqual([used.segmentId])
    expect(await test.stores.artifacts.strays(new Date(Date.now() + 1000), 10)).toEqual([unused.key])
  })
})
