import type { JobStatus } from '@yardmaster/domain/jobs'
import type { NewJob } from '@yardmaster/domain/ports'
import type { Project } from '@yardmaster/domain/projects'
import type { Runner } from '@yardmaster/domain/runners'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Queryable } from './database.ts'
import { stores } from './index.ts'
import { sampleClaim, sampleJob, samplePipeline, sampleRunner, unique } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()
let project: Project
let runner: Runner

beforeEach(async () => {
  project = await makeProject(test)
  runner = await test.stores.runners.create(sampleRunner())
  await test.db.script('delete from pending_jobs')
})

const AGAIN = { tags: [], allowFailure: false, timeout: null }
const NOTHING = { size: 0, crc: 0, invalid: false, corrupted: false }

const statusOf = async (id: number): Promise<JobStatus | undefined> => (await test.stores.jobs.find(id))?.status

const retry = async (id: number): Promise<number> => {
  const made = await test.stores.jobs.retry(id, AGAIN)
  if (made === null) throw new Error(`job ${id} was not tried again`)
  return made
}

/** Creates `build`, and `test` that waits for it, in one pipeline. */
async function twoStages(resourceGroup: string | null = null) {
  const jobs = [
    sampleJob({}, { name: 'build', status: 'created' }),
    sampleJob({ resourceGroup }, { name: 'test', status: 'created', waitsFor: [0], fetchesFrom: [0], stageIndex: 1 }),
  ]
  const [build = 0, second = 0] = await test.stores.jobs.create(samplePipeline(project.id, { jobs }))
  const pipelineId = (await test.stores.jobs.find(build))?.pipelineId ?? 0
  return { build, test: second, state: () => test.stores.jobs.pipelineState(pipelineId) }
}

describe('a retry', () => {
  it('invalidates conclusions from the previous attempt', async () => {
    const { build, test: follower, state } = await twoStages()
    await test.stores.jobs.dropWaiting(build, 'api_failure')
    const { retries } = await state()
    await retry(build)
    expect(await test.stores.jobs.setCreated(follower, 'skipped', { ifRetries: retries })).toBe(false)
    expect(await test.stores.jobs.enqueue(follower, [], ['created'], retries)).toBeNull()
    expect(await statusOf(follower)).toBe('created')
    const now = await state()
    expect(await test.stores.jobs.setCreated(follower, 'skipped', { ifRetries: now.retries })).toBe(true)
  })

  it('revives skipped jobs', async () => {
    const { build, test: follower, state } = await twoStages()
    await test.stores.jobs.dropWaiting(build, 'api_failure')
    await test.stores.jobs.setCreated(follower, 'skipped', { ifRetries: (await state()).retries })
    const again = await retry(build)
    expect(
      (await state()).jobs.map(({ id, status, stageIndex, waitsFor }) => [id, status, stageIndex, waitsFor]),
    ).toEqual([
      [follower, 'created', 1, null],
      [again, 'pending', 0, null],
    ])
  })

  it('waits for and fetches from the latest attempts of the jobs that the previous attempt named', async () => {
    const { build, test: follower } = await twoStages()
    await test.stores.jobs.dropWaiting(build, 'api_failure')
    await test.stores.jobs.dropWaiting(follower, 'api_failure')
    const latest = await retry(await retryFailed(build))
    const again = await test.stores.jobs.find(await retry(follower))
    expect(again?.dependencies).toEqual([latest])
    const [row] = await test.db.query('select waits_for from jobs where id = $1', [again?.id])
    expect(row).toEqual({ waits_for: [latest] })
  })

  const retryFailed = async (id: number): Promise<number> => {
    const made = await retry(id)
    await test.stores.jobs.dropWaiting(made, 'api_failure')
    return made
  }

  it('is queued with its resource, or waits for the job that has it', async () => {
    const group = unique()
    const jobs = [sampleJob({ resourceGroup: group }, { status: 'created' })]
    const [first = 0] = await test.stores.jobs.create(samplePipeline(project.id, { jobs }))
    await test.stores.jobs.enqueue(first, [], ['created'])
    await test.stores.jobs.dropWaiting(first, 'api_failure')
    const second = await retry(first)
    expect(await statusOf(second)).toBe('waiting_for_resource')
    const { releaseResource, nextForResource } = test.stores.jobs
    expect(await nextForResource({ jobId: first })).toBeNull()
    await releaseResource(first)
    expect(await nextForResource({ jobId: first })).toBe(second)
    await test.stores.jobs.cancelWaiting(second)
    const third = await retry(second)
    expect(await statusOf(third)).toBe('pending')
    expect(await test.db.query('select job_id from resources where name = $1', [group])).toEqual([{ job_id: third }])
  })
})

describe('a play', () => {
  /** Creates a manual job and skipped jobs that depend on it in various ways; returns their ids by name. */
  async function behindAGate() {
    const skipped = (name: string, stageIndex: number, waitsFor: readonly number[], byStage: boolean) =>
      sampleJob({}, { name, status: 'skipped', stageIndex, waitsFor, byStage })
    const jobs = [
      sampleJob({}, { name: 'gate', status: 'manual', stageIndex: 1 }),
      skipped('needs it', 1, [0], false),
      skipped('needs it through another', 1, [1], false),
      skipped('of a later stage', 2, [0, 1, 2], true),
      skipped('of a later stage with other needs', 2, [5], false),
      skipped('of its own stage', 1, [], true),
      skipped('of an earlier stage', 0, [], true),
    ]
    const ids = await test.stores.jobs.create(samplePipeline(project.id, { jobs }))
    const gate = ids[0] ?? 0
    const pipelineId = (await test.stores.jobs.find(gate))?.pipelineId ?? 0
    const statuses = async () =>
      Object.fromEntries(
        (await test.stores.jobs.list({ pipelineId, limit: 10 })).map(({ name, status }) => [name, status]),
      )
    return { gate, ids, statuses, state: () => test.stores.jobs.pipelineState(pipelineId) }
  }

  it('revives exactly the skipped jobs that need the job or are in later stages', async () => {
    const { gate, statuses } = await behindAGate()
    expect((await test.stores.jobs.play(gate, []))?.status).toBe('pending')
    expect(await statuses()).toEqual({
      gate: 'pending',
      'needs it': 'created',
      'needs it through another': 'created',
      'of a later stage': 'created',
      'of a later stage with other needs': 'created',
      'of its own stage': 'skipped',
      'of an earlier stage': 'skipped',
    })
  })

  it('invalidates conclusions made while the job waited to be played', async () => {
    const { gate, ids, state } = await behindAGate()
    await arrange(test.db, "update jobs set status = 'created' where id = $1", [ids[1]])
    const { retries } = await state()
    await test.stores.jobs.play(gate, [])
    expect(await test.stores.jobs.setCreated(ids[1] ?? 0, 'skipped', { ifRetries: retries })).toBe(false)
  })

  it('of a job that is neither manual nor delayed changes nothing', async () => {
    const { gate, statuses } = await behindAGate()
    await test.stores.jobs.cancelWaiting(gate)
    const before = await statuses()
    expect(await test.stores.jobs.play(gate, [])).toBeNull()
    expect(await statuses()).toEqual(before)
  })
})

// PGlite is one connection: nothing happens concurrently there.
describe.runIf(process.env.TEST_DATABASE_URL)('at the same moment', () => {
  /** Starts `second` when `first` is done but not committed, and commits once `second` waits for it. */
  async function overtaking<T>(first: (tx: Queryable) => Promise<unknown>, second: () => Promise<T>): Promise<T> {
    let waiting: Promise<T> | undefined
    await test.db.transaction(async (tx) => {
      await first(tx)
      waiting = second()
      const [me] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid')
      // Queried elsewhere: within a transaction, `pg_stat_activity` does not change.
      const blocked = 'select from pg_stat_activity where $1 = any (pg_blocking_pids(pid))'
      await expect.poll(() => test.db.query(blocked, [me?.pid])).toHaveLength(1)
    })
    if (!waiting) throw new Error('never began')
    return await waiting
  }

  const within = (tx: Queryable) => stores({ ...test.db, ...tx, transaction: (work) => work(tx) }, test.secrets)

  it('a job that is canceled while it is being queued leaves no row in the queue', async () => {
    const [id = 0] = await test.stores.jobs.create(
      samplePipeline(project.id, { jobs: [sampleJob({}, { status: 'scheduled' })] }),
    )
    const canceled = await overtaking(
      (tx) => within(tx).jobs.enqueue(id, [], ['scheduled']),
      () => test.stores.jobs.cancelWaiting(id),
    )
    const queued = () => test.db.query('select from pending_jobs where job_id = $1', [id])
    expect([canceled, await statusOf(id), (await queued()).length]).toEqual([null, 'pending', 1])
    expect((await test.stores.jobs.cancelWaiting(id))?.status).toBe('canceled')
    expect(await queued()).toEqual([])
  })

  it('a job is not skipped because of a failure that is being retried', async () => {
    const { build, test: follower, state } = await twoStages()
    await test.stores.jobs.dropWaiting(build, 'api_failure')
    const { retries } = await state()
    const skipped = await overtaking(
      (tx) => within(tx).jobs.retry(build, AGAIN),
      () => test.stores.jobs.setCreated(follower, 'skipped', { ifRetries: retries }),
    )
    expect([skipped, await statusOf(follower)]).toEqual([false, 'created'])
  })

  it('a log that is erased while its pieces are joined leaves no pieces', async () => {
    const [id = 0] = await test.stores.jobs.create(samplePipeline(project.id))
    await test.stores.jobs.claim(sampleClaim(runner))
    for (const start of [0, 10]) {
      const piece = { start, end: start + 10, key: unique(), crc: 0 }
      await test.stores.traces.advance({ jobId: id, start, piece })
    }
    const trace = { ...NOTHING, size: 20 }
    await test.stores.jobs.finish(id, { event: 'success', failureReason: null, exitCode: null, trace })
    const pieces = (await test.stores.traces.pieces(id, 0, 10))?.pieces ?? []
    await overtaking(
      (tx) => within(tx).traces.replace(id, pieces, { start: 0, end: 20, key: unique(), crc: 0 }),
      () => test.stores.jobs.erase(id),
    )
    expect(await test.db.query('select from trace_pieces where job_id = $1', [id])).toEqual([])
    await test.stores.traces.seal(id, 20)
    expect(await test.stores.jobs.unsealed(1000)).toContain(id)
  })

  it('jobs of one pipeline are retried and queued without a deadlock, each with one successor', async () => {
    for (let round = 0; round < 5; round++) {
      const named = (name: string, status: NewJob['status']) => sampleJob({}, { name, status })
      const jobs = [
        ...Array.from({ length: 5 }, (_, n) => named(`first ${n}`, 'pending')),
        ...Array.from({ length: 5 }, (_, n) => ({ ...named(`last ${n}`, 'scheduled'), waitsFor: [0, 1, 2, 3, 4] })),
      ]
      const ids = await test.stores.jobs.create(samplePipeline(project.id, { jobs }))
      const first = ids.slice(0, 5)
      await Promise.all(first.map((id) => test.stores.jobs.dropWaiting(id, 'api_failure')))
      await Promise.all([
        ...first.map(retry),
        ...ids.slice(5).map((id) => test.stores.jobs.enqueue(id, [], ['scheduled'])),
      ])
      const [row] = await test.db.query(
        'select count(*)::int as successors, count(distinct retry_of)::int as of from jobs where retry_of = any ($1)',
        [ids],
      )
      expect(row).toEqual({ successors: 5, of: 5 })
    }
  })
})
