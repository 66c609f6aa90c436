import type { JobEnd } from '@yardmaster/domain/ports'
import type { Project } from '@yardmaster/domain/projects'
import type { Runner } from '@yardmaster/domain/runners'
import { beforeEach, describe, expect, it } from 'vitest'
import { sampleClaim, sampleJob, samplePipeline, sampleRunner, unique } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()
let project: Project
let runner: Runner

beforeEach(async () => {
  project = await makeProject(test)
  runner = await test.stores.runners.create(sampleRunner({ runnerType: 'project_type', projectIds: [project.id] }))
})

const create = async (definition: Parameters<typeof sampleJob>[0] = {}): Promise<number> => {
  const [id] = await test.stores.jobs.create(samplePipeline(project.id, { jobs: [sampleJob(definition)] }))
  if (id === undefined) throw new Error('no job')
  return id
}

const start = async (definition: Parameters<typeof sampleJob>[0] = {}): Promise<number> => {
  const id = await create(definition)
  const outcome = await test.stores.jobs.claim(sampleClaim(runner))
  if (outcome.kind !== 'taken' || outcome.taken.job.id !== id) throw new Error(outcome.kind)
  return id
}

const end = (given: Partial<JobEnd> = {}): JobEnd => ({
  event: 'success',
  failureReason: null,
  exitCode: null,
  trace: { size: 0, crc: 0, invalid: false, corrupted: false },
  ...given,
})

const age = (id: number, column: string, minutes: number) =>
  test.db.query(`update jobs set ${column} = now() - $2 * interval '1 minute' where id = $1`, [id, minutes])

const stored = async (id: number) => {
  const [row] = await test.db.query<{ last_signal_at: Date | null; updated_at: Date }>(
    'select last_signal_at, updated_at from jobs where id = $1',
    [id],
  )
  if (!row) throw new Error('no job')
  return row
}

const isNow = (time: Date | null | undefined): boolean => time != null && Date.now() - time.getTime() < 60_000

describe('creating a pipeline', () => {
  it('stores hundreds of jobs, some of them large, completely and in the given order', async () => {
    const script = ['x'.repeat(100_000)]
    const jobs = Array.from({ length: 130 }, (_, n) =>
      sampleJob(n % 20 === 7 ? { script } : {}, {
        name: `job ${n}`,
        ...(n > 0 && { waitsFor: [n - 1], status: 'created' as const }),
      }),
    )
    const ids = await test.stores.jobs.create(samplePipeline(project.id, { jobs }))
    expect(ids).toHaveLength(130)
    expect(ids).toEqual(ids.toSorted((one, other) => one - other))
    const made = await test.db.query<{ name: string; waits_for: number[]; pipeline_id: number }>(
      'select name, waits_for, pipeline_id from jobs where id = any($1) order by id',
      [ids],
    )
    expect(made.map(({ name }) => name)).toEqual(jobs.map(({ name }) => name))
    expect(made.map(({ waits_for }) => waits_for)).toEqual(ids.map((_, n) => (n === 0 ? [] : [ids[n - 1]])))
    expect(new Set(made.map(({ pipeline_id }) => pipeline_id)).size).toBe(1)
    expect(await test.stores.jobs.definition(ids[107] ?? 0)).toMatchObject({ script })
  })

  it('stores nothing when a later job fails', async () => {
    const jobs = Array.from({ length: 120 }, (_, n) =>
      sampleJob({}, { name: n === 110 ? 'a\0b' : `part ${project.id} ${n}` }),
    )
    await expect(test.stores.jobs.create(samplePipeline(project.id, { jobs }))).rejects.toThrow()
    expect(await test.db.query('select from jobs where project_id = $1', [project.id])).toEqual([])
    expect(await test.db.query('select from pipelines where project_id = $1', [project.id])).toEqual([])
  })

  it('stores its jobs in the given order, all of them or none', async () => {
    const names = Array.from({ length: 30 }, (_, n) => `job ${n}`)
    const ids = await test.stores.jobs.create(
      samplePipeline(project.id, {
        ref: 'v1',
        tag: true,
        sha: 'abc',
        jobs: names.map((name) => sampleJob({}, { name })),
      }),
    )
    expect(await test.stores.jobs.named(project.id, ids)).toEqual(ids.map((id, n) => ({ id, name: names[n] })))
    expect(await test.stores.jobs.find(ids[0] ?? 0)).toMatchObject({
      ref: 'v1',
      tag: true,
      sha: 'abc',
      status: 'pending',
    })
  })

  it('counts pipelines per project from 1', async () => {
    await create()
    await create()
    const rows = await test.db.query('select iid from pipelines where project_id = $1 order by id', [project.id])
    expect(rows).toEqual([{ iid: 1 }, { iid: 2 }])
  })

  it('queues only pending jobs, in one lane per set of tags in any order', async () => {
    const ids = await test.stores.jobs.create(
      samplePipeline(project.id, {
        jobs: [
          sampleJob({ tags: ['b', 'a'] }),
          sampleJob({ tags: ['a', 'b', 'a'] }),
          sampleJob({}, { status: 'manual' }),
          sampleJob(),
        ],
      }),
    )
    await create({ tags: ['a', 'b'] })
    const lanes = await test.db.query<{ tags: string[]; jobs: number }>(
      `select tags, count(*)::int as jobs from lanes join pending_jobs on lane_id = lanes.id
        where project_id = $1 group by lanes.id order by lanes.id`,
      [project.id],
    )
    expect(lanes.map(({ tags, jobs }) => [tags, jobs])).toEqual(
      expect.arrayContaining([
        [['a', 'b'], 3],
        [[], 1],
      ]),
    )
    expect(lanes).toHaveLength(2)
    const manual = await test.stores.jobs.find(ids[2] ?? 0)
    expect(manual).toMatchObject({ status: 'manual', queuedAt: null, tags: [] })
    expect((await test.stores.jobs.find(ids[0] ?? 0))?.tags).toEqual(['b', 'a'])
  })

  it('accepts tags that together are too long for an index', async () => {
    const tags = Array.from({ length: 50 }, (_, n) => `${n}`.padEnd(255, 'ü'))
    const id = await create({ tags })
    const able = await test.stores.runners.create(
      sampleRunner({ runnerType: 'project_type', projectIds: [project.id], tagList: tags }),
    )
    expect(await test.stores.jobs.claim(sampleClaim(able))).toMatchObject({ kind: 'taken', taken: { job: { id } } })
  })

  it('returns the definition as it was stored', async () => {
    const id = await create({ script: ['echo "ü"', ''], variables: [{ key: 'NUL', value: '\u0000' }] })
    expect(await test.stores.jobs.definition(id)).toMatchObject({
      script: ['echo "ü"', ''],
      variables: [{ key: 'NUL', value: '\u0000' }],
    })
    expect(await test.stores.jobs.definition(0)).toBeNull()
  })

  it('stores nothing for a project that does not exist', async () => {
    expect(await test.stores.jobs.create(samplePipeline(0))).toEqual([])
  })
})

describe('a heartbeat', () => {
  it('returns the status of an executing job and null otherwise', async () => {
    const id = await start()
    expect(await test.stores.jobs.touch(id)).toBe('running')
    await arrange(test.db, "update jobs set status = 'canceling' where id = $1", [id])
    expect(await test.stores.jobs.touch(id)).toBe('canceling')
    await arrange(test.db, "update jobs set status = 'canceled' where id = $1", [id])
    expect(await test.stores.jobs.touch(id)).toBeNull()
    expect(await test.stores.jobs.touch(await create())).toBeNull()
  })

  it('is recorded exactly, and changes updatedAt only when that is older than 15 minutes', async () => {
    const id = await start()
    expect((await stored(id)).last_signal_at).toBeNull()
    await age(id, 'updated_at', 14)
    await test.stores.jobs.touch(id)
    expect(isNow((await stored(id)).last_signal_at)).toBe(true)
    expect(isNow((await stored(id)).updated_at)).toBe(false)
    await age(id, 'updated_at', 16)
    await test.stores.jobs.touch(id)
    expect(isNow((await stored(id)).updated_at)).toBe(true)
  })
})

describe('finishing a job', () => {
  it('turns running into success or failed, and canceling into canceled without a reason', async () => {
    const outcomes = []
    for (const status of ['running', 'canceling']) {
      for (const event of ['success', 'drop'] as const) {
        const id = await start()
        await arrange(test.db, 'update jobs set status = $2 where id = $1', [id, status])
        const job = await test.stores.jobs.finish(id, end({ event, failureReason: 'script_failure', exitCode: 3 }))
        outcomes.push([job?.status, job?.failureReason, job?.exitCode])
        expect(isNow(job?.finishedAt)).toBe(true)
        expect(await test.stores.jobs.find(id)).toEqual(job)
      }
    }
    expect(outcomes).toEqual([
      ['success', null, null],
      ['failed', 'script_failure', 3],
      ['canceled', null, null],
      ['canceled', null, null],
    ])
  })

  it('happens once', async () => {
    const id = await start()
    expect(await test.stores.jobs.finish(id, end())).not.toBeNull()
    expect(await test.stores.jobs.finish(id, end({ event: 'drop' }))).toBeNull()
    expect((await test.stores.jobs.find(id))?.status).toBe('success')
    expect(await test.stores.jobs.finish(await create(), end())).toBeNull()
  })

  it('does nothing when the log grew meanwhile', async () => {
    const id = await start()
    const piece = { start: 0, end: 4, key: 'k', crc: 0xed82cd11 }
    await test.stores.traces.advance({ jobId: id, start: 0, piece })
    expect(await test.stores.jobs.finish(id, end())).toBeNull()
    const trace = { size: 4, crc: 0xed82cd11, invalid: true, corrupted: true }
    expect(await test.stores.jobs.finish(id, end({ trace }))).toMatchObject({
      traceSize: 4,
      traceChecksum: 'crc32:ed82cd11',
      traceInvalid: true,
      traceCorrupted: true,
    })
  })

  it('shows a checksum of eight digits, and no checksum before the end', async () => {
    const id = await start()
    expect((await test.stores.jobs.find(id))?.traceChecksum).toBeNull()
    expect((await test.stores.jobs.finish(id, end()))?.traceChecksum).toBe('crc32:00000000')
  })

  it('stores any exit code of 64 bits as it was sent, and null when none was sent', async () => {
    const codes = []
    const sent = [0, 137, 32_768, 4_294_967_295, -1, -1_073_741_819, 2 ** 53, -(2 ** 63), null]
    for (const exitCode of sent) {
      const job = await test.stores.jobs.finish(await start(), end({ event: 'drop', exitCode }))
      codes.push(job?.exitCode)
    }
    expect(codes).toEqual(sent)
    const beyond = await test.stores.jobs.finish(await start(), end({ event: 'drop', exitCode: 2 ** 63 }))
    expect(beyond?.exitCode).toBe(Number(2n ** 63n - 1n))
  })

  it('allows a failure whose exit code, as reported, is on the list', async () => {
    const allowed = []
    const allowFailureExitCodes = [42, 4_294_967_295, -1]
    for (const exitCode of [42, 4_294_967_295, -1, 32_767, 0, null]) {
      const id = await start({ allowFailureExitCodes })
      const job = await test.stores.jobs.finish(id, end({ event: 'drop', exitCode }))
      expect(job?.status).toBe('failed')
      allowed.push(job?.allowFailure)
    }
    expect(allowed).toEqual([true, true, true, false, false, false])
    const success = await test.stores.jobs.finish(await start({ allowFailureExitCodes }), end({ exitCode: 42 }))
    expect(success?.allowFailure).toBe(false)
    const anyway = await test.stores.jobs.finish(await start({ allowFailure: true }), end({ event: 'drop' }))
    expect(anyway?.allowFailure).toBe(true)
  })

  it('leaves a log to be sealed', async () => {
    const id = await start()
    const pending = async () => (await test.stores.jobs.unsealed(1000)).includes(id)
    expect(await pending()).toBe(false)
    await test.stores.traces.seal(id, 0)
    await test.stores.jobs.finish(id, end())
    expect(await pending()).toBe(true)
    await test.stores.traces.seal(id, 0)
    expect(await pending()).toBe(false)
  })
})

describe('reading jobs', () => {
  it('lists the newest first, page by page', async () => {
    const ids = [await create(), await create(), await create()].reverse()
    const list = async (behind?: number) =>
      (await test.stores.jobs.list({ projectId: project.id, limit: 2, behind })).map((job) => job.id)
    expect(await list()).toEqual(ids.slice(0, 2))
    expect(await list(ids[1])).toEqual(ids.slice(2))
  })

  it('filters by status, runner and text, and treats wildcards literally', async () => {
    const running = await start()
    const name = `100%_${unique()}`
    const [named, tagged] = await test.stores.jobs.create(
      samplePipeline(project.id, { jobs: [sampleJob({}, { name }), sampleJob({ tags: ['Alpine'] })] }),
    )
    const list = async (filter: object) =>
      (await test.stores.jobs.list({ projectId: project.id, limit: 10, ...filter })).map((job) => job.id)
    expect(await list({ status: 'running' })).toEqual([running])
    expect(await list({ runnerId: runner.id })).toEqual([running])
    expect(await list({ search: name.toUpperCase() })).toEqual([named])
    expect(await list({ search: '%_' })).toEqual([named])
    expect(await list({ search: 'a%e' })).toEqual([])
    expect(await list({ search: 'lpin' })).toEqual([tagged])
    expect(await list({ search: project.path.slice(1) })).toHaveLength(3)
    expect(await list({ search: '\\' })).toEqual([])
  })

  it('filters by the ref and the commit of the pipeline', async () => {
    const ref = `topic/${unique()}`
    const sha = unique().padStart(40, '0')
    const [ofRef, ofSha] = await Promise.all(
      [{ ref }, { sha }].map((values) => test.stores.jobs.create(samplePipeline(project.id, values))),
    )
    const list = async (filter: object) => (await test.stores.jobs.list({ limit: 10, ...filter })).map((job) => job.id)
    expect(await list({ ref })).toEqual(ofRef)
    expect(await list({ sha })).toEqual(ofSha)
    expect(await list({ ref, sha })).toEqual([])
    expect(await list({ ref: ref.slice(0, -1) })).toEqual([])
  })

  it('shows no runner and no manager once they are removed', async () => {
    const { id: managerId } = await test.stores.runners.seeManager(runner.id, 's_1', {}, new Date())
    const id = await create()
    await test.stores.jobs.claim(sampleClaim(runner, { managerId }))
    expect(await test.stores.jobs.find(id)).toMatchObject({ runnerId: runner.id, managerId })
    await test.stores.runners.removeManager(managerId)
    expect(await test.stores.jobs.find(id)).toMatchObject({ runnerId: runner.id, managerId: null })
    await test.stores.runners.remove(runner.id)
    expect(await test.stores.jobs.find(id)).toMatchObject({ runnerId: null, managerId: null, status: 'running' })
  })

  it('returns the digest that a job token is compared with', async () => {
    const id = await create()
    expect(await test.stores.jobs.credentials(id)).toMatchObject({
      tokenDigest: null,
      projectDeleted: false,
      job: { id },
    })
    await test.stores.jobs.claim(sampleClaim(runner, { tokenDigest: 'digest' }))
    await test.stores.projects.remove(project.id)
    expect(await test.stores.jobs.credentials(id)).toMatchObject({ tokenDigest: 'digest', projectDeleted: true })
    expect(await test.stores.jobs.credentials(0)).toBeNull()
  })

  it('names only jobs of the project', async () => {
    const id = await create()
    expect(await test.stores.jobs.named(project.id, [id, 0])).toEqual([{ id, name: 'unit tests' }])
    expect(await test.stores.jobs.named(1, [id])).toEqual([])
  })

  it('counts jobs by status', async () => {
    const before = await test.stores.jobs.countByStatus()
    await start()
    const after = await test.stores.jobs.countByStatus()
    expect(after.running).toBe((before.running ?? 0) + 1)
  })

  it('marks a job as debug for good', async () => {
    const id = await start()
    await test.stores.jobs.markDebug(id)
    await test.stores.jobs.markDebug(id)
    expect((await test.stores.jobs.find(id))?.debugTrace).toBe(true)
  })
})
