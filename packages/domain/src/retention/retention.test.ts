import { arrange } from '@yardmaster/db/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { expireArtifacts } from '../artifacts/expire-artifacts.ts'
import { storeArtifact } from '../artifacts/store-artifact.ts'
import { followChildren } from '../children/follow-children.ts'
import { startChildren } from '../children/start-children.ts'
import { traceAppender } from '../execution/append-trace.ts'
import { removePipeline } from '../pipelines/remove-pipeline.ts'
import { playJob } from '../processing/play-job.ts'
import { retryJob } from '../processing/retry-job.ts'
import { createProject, updateProject } from '../projects/change-project.ts'
import type { Services } from '../services.ts'
import { createFrom, idOf, pipelineOf, runAll, takeNext } from '../testing/pipeline-scene.ts'
import { create, database, find, recordFailures, say, services, setUpScene, statusOf, take } from '../testing/scene.ts'
import { steadyClock } from '../testing/steady-clock.ts'
import { sealFinishedTraces } from '../traces/seal-trace.ts'
import { monthOf } from '../usage/usage.ts'
import { removeOldLogs } from './remove-old-logs.ts'
import { removeOldPipelines } from './remove-old-pipelines.ts'

setUpScene()
beforeEach(async () => {
  await arrange(
    database.db,
    `delete from environments;
     update jobs set retry_decided = true;
     update projects set job_retention_days = null, log_retention_days = null`,
  )
})

const DAY_MS = 86_400_000

interface Kept {
  /** Days from now. */
  readonly in?: number
  readonly jobs?: number | null
  readonly logs?: number | null
}

/** Returns the services as they are some days later, of an installation that keeps things for so long. */
const later = (kept: Kept = {}): Services => ({
  ...services,
  clock: steadyClock(() => new Date(Date.now() + (kept.in ?? 0) * DAY_MS)),
  policy: { ...services.policy, jobRetentionDays: kept.jobs ?? null, logRetentionDays: kept.logs ?? null },
})

const sweep = async (kept: Kept): Promise<void> => {
  await services.background.settle()
  await removeOldPipelines(later(kept))()
  await removeOldLogs(later(kept))()
}

const upload = async (job: { id: number; token: string }) => {
  const stored = await storeArtifact(services, {
    ...job,
    filename: 'artifacts.zip',
    choice: () => ({ type: 'archive', format: 'zip', expireIn: 'never', accessibility: undefined }),
    body: (async function* () {
      yield Buffer.from('an archive')
    })(),
    signal: new AbortController().signal,
  })
  expect(stored).toMatchObject({ ok: true })
}

const write = async (job: { id: number; token: string }, text = 'hello\n') => {
  const patch = { ...job, ipAddress: null, start: 0, bytes: Buffer.from(text), debug: false }
  expect(await traceAppender(services).append(patch)).toMatchObject({ ok: true })
}

/** Makes a pipeline of one job that wrote a log and an artifact, and is over. Returns the ids of both. */
async function over(projectId?: number): Promise<{ id: number; job: number }> {
  const job = await create({}, projectId)
  const taken = await take()
  expect(taken.id).toBe(job)
  await write(taken)
  await upload(taken)
  await say(taken, 'success')
  return { id: (await find(job)).pipelineId, job }
}

const objectsOf = async (job: number) => {
  const listed = await Promise.all(
    [`traces/${job}/`, `artifacts/${job}/`].map((prefix) => Array.fromAsync(services.objects.list(prefix))),
  )
  return listed.flat().map(({ key }) => key)
}

/** Counts what is left of a job and its pipeline in all tables. */
const rowsOf = async ({ id, job }: { id: number; job: number }): Promise<number> => {
  const [row] = await database.db.query<{ rows: number }>(
    `select (select count(*) from jobs where id = $1) + (select count(*) from job_secrets where job_id = $1)
          + (select count(*) from job_reports where job_id = $1) + (select count(*) from artifacts where job_id = $1)
          + (select count(*) from trace_pieces where job_id = $1) + (select count(*) from pipelines where id = $2) as rows`,
    [job, id],
  )
  return row?.rows ?? 0
}

describe('pipelines', () => {
  it('stay for ever unless something says otherwise', async () => {
    const made = await over()
    await sweep({ in: 36_500 })
    expect(await pipelineOf(made.id)).toMatchObject({ status: 'success' })
    expect(await find(made.job)).toMatchObject({ traceSize: 6, logRemovedAt: null })
  })

  it('are removed with jobs, logs and artifacts once they ended so many days ago', async () => {
    const made = await over()
    await sweep({ in: 29.9, jobs: 30 })
    expect(await find(made.job)).toMatchObject({ traceSize: 6, erasedAt: null })
    await sweep({ in: 30.1, jobs: 30 })
    expect(await services.pipelines.find(made.id)).toBeNull()
    expect(await services.jobs.find(made.job)).toBeNull()
    expect(await rowsOf(made)).toBe(0)
    await expireArtifacts(services)
    expect(await objectsOf(made.job)).toEqual([])
  })

  it('still count in the usage when their rows are gone', async () => {
    const { usage } = database.stores
    const month = monthOf(new Date())
    const read = async () => [await usage.projects(month), await usage.runners(month)] as const
    const job = await create()
    const taken = await take()
    await say(taken, 'success')
    await services.background.settle()
    await database.db.query(
      "update jobs set started_at = finished_at - interval '90 seconds', cost_factor = 2 where id = $1",
      [job],
    )
    const before = await read()
    expect(before[0][0]?.runSeconds).toBeGreaterThanOrEqual(90)
    for (let round = 0; round < 2; round++) {
      await sweep({ in: 2, jobs: 1 })
      expect(await database.db.query('select from jobs where id = $1', [job])).toEqual([])
      const now = await read()
      expect(now.flat().map(({ jobs }) => jobs)).toEqual(before.flat().map(({ jobs }) => jobs))
      expect(now[0][0]?.computeMinutes).toBeCloseTo(before[0][0]?.computeMinutes ?? 0)
      expect(now[1][0]?.runSeconds).toBeCloseTo(before[1][0]?.runSeconds ?? 0)
    }
  })

  it('leave their number and their ids unused', async () => {
    const made = await over()
    const { iid } = await pipelineOf(made.id)
    await sweep({ in: 2, jobs: 1 })
    const next = await over()
    expect(next.id).toBeGreaterThan(made.id)
    expect((await pipelineOf(next.id)).iid).toBe(iid + 1)
  })

  it('are kept for a shorter time in a project that says so, and not for a longer one', async () => {
    const project = async (path: string, jobRetentionDays: number | null) => {
      const created = await createProject(services, { path, jobRetentionDays })
      if (!created.ok) throw new Error(created.error.kind)
      return await over(created.value.id)
    }
    const [short, long, same] = [await project('short', 3), await project('long', 300), await project('same', null)]
    await sweep({ in: 2, jobs: 10 })
    expect([await rowsOf(short), await rowsOf(long), await rowsOf(same)]).not.toContain(0)
    await sweep({ in: 4, jobs: 10 })
    expect(await rowsOf(short)).toBe(0)
    expect([await rowsOf(long), await rowsOf(same)]).not.toContain(0)
    await sweep({ in: 11, jobs: 10 })
    expect([await rowsOf(long), await rowsOf(same)]).toEqual([0, 0])
  })

  it('of a project alone are removed when the installation keeps everything', async () => {
    const made = await over()
    const other = await over()
    const { projectId } = await find(made.job)
    await updateProject(services, projectId, { jobRetentionDays: 5 })
    await updateProject(services, projectId, { jobRetentionDays: null })
    await sweep({ in: 6 })
    expect(await rowsOf(made)).toBeGreaterThan(0)
    await updateProject(services, projectId, { jobRetentionDays: 5 })
    await sweep({ in: 6 })
    expect([await rowsOf(made), await rowsOf(other)]).toEqual([0, 0])
  })

  it.each([
    ['runs', 'a: { script: [x] }\nb: { script: [x], stage: deploy }', async () => void (await takeNext())],
    ['waits for a runner', 'a: { script: [x] }', async () => undefined],
    [
      'waits to be played',
      'a: { script: [x] }\nb: { script: [x], stage: deploy, when: manual, allow_failure: false }',
      runAll,
    ],
    ['is delayed', 'a: { script: [x] }\nb: { script: [x], stage: deploy, when: delayed, start_in: 6 days }', runAll],
  ])('stay while a job of them %s', async (_, content, act) => {
    const made = await createFrom(content)
    await act()
    await sweep({ in: 1000, jobs: 1, logs: 1 })
    for (const { id } of made.jobs) expect(await find(id)).toMatchObject({ erasedAt: null, logRemovedAt: null })
    expect(await pipelineOf(made.id)).toMatchObject({ id: made.id })
  })

  it('are removed with manual jobs that they did not wait for', async () => {
    const made = await createFrom('a: { script: [x] }\nb: { script: [x], stage: deploy, when: manual }')
    await runAll()
    expect(await pipelineOf(made.id)).toMatchObject({ status: 'success' })
    expect(await statusOf(idOf(made, 'b'))).toBe('manual')
    await sweep({ in: 10, jobs: 1 })
    for (const { id } of made.jobs) expect(await rowsOf({ id: made.id, job: id })).toBe(0)
    expect(await playJob(services, idOf(made, 'b'))).toMatchObject({ error: { kind: 'job_not_found' } })
  })

  it('stay while such a job runs after it was played', async () => {
    const made = await createFrom('a: { script: [x] }\nb: { script: [x], stage: deploy, when: manual }')
    await runAll()
    expect(await playJob(services, idOf(made, 'b'))).toMatchObject({ ok: true })
    await sweep({ in: 10, jobs: 1, logs: 1 })
    expect(await statusOf(idOf(made, 'b'))).toBe('pending')
    const job = await takeNext()
    await sweep({ in: 10, jobs: 1, logs: 1 })
    expect(await find(job?.id ?? 0)).toMatchObject({ status: 'running' })
  })

  it('stay while a failed job may still be retried automatically', async () => {
    const made = await createFrom('a: { script: [x] }')
    const job = await takeNext()
    await database.stores.jobs.finish(job?.id ?? 0, {
      event: 'drop',
      failureReason: 'script_failure',
      exitCode: 1,
      trace: { size: 0, crc: 0, invalid: false, corrupted: false },
    })
    await sweep({ in: 10, jobs: 1 })
    expect(await services.jobs.find(idOf(made, 'a'))).not.toBeNull()
    await database.stores.jobs.decideNoRetry(idOf(made, 'a'))
    await sweep({ in: 10, jobs: 1 })
    expect(await services.jobs.find(idOf(made, 'a'))).toBeNull()
  })

  it('stay as a whole when a job of them was retried or played later', async () => {
    const retried = await over()
    await services.background.settle()
    await database.db.query("update jobs set finished_at = finished_at - interval '9 days' where id = $1", [
      retried.job,
    ])
    await database.db.query(
      "update pipelines set finished_at = finished_at - interval '9 days', created_at = created_at - interval '9 days' where id = $1",
      [retried.id],
    )
    expect(await retryJob(services, retried.job)).toMatchObject({ ok: true })
    await sweep({ jobs: 5, logs: 5 })
    expect(await find(retried.job)).toMatchObject({ traceSize: 6 })
    expect(await runAll()).toHaveLength(1)
    await sweep({ jobs: 5 })
    expect(await find(retried.job)).toMatchObject({ erasedAt: null })
    await sweep({ in: 6, jobs: 5 })
    expect(await services.jobs.find(retried.job)).toBeNull()
    expect(await playJob(services, retried.job)).toMatchObject({ ok: false })
  })

  it('stay with their parents and children until all of these are over, and go together', async () => {
    const parent = await createFrom(
      `
      a: { script: [x] }
      t: { trigger: { include: child.yml } }`,
      { files: { 'child.yml': 'c: { script: [x] }' } },
    )
    await services.background.settle()
    const first = await takeNext()
    if (!first) throw new Error('no job is due')
    await say(first, 'success')
    for (let round = 0; round < 3; round++) {
      await services.background.settle()
      await startChildren(services)
      await followChildren(services)
    }
    const [child] = await services.pipelines.list({ parentId: parent.id, limit: 10 })
    if (!child) throw new Error('no child was made')
    expect(await pipelineOf(parent.id)).toMatchObject({ status: 'success' })
    await sweep({ in: 100, jobs: 1, logs: 1 })
    expect(await find(idOf(parent, 'a'))).toMatchObject({ erasedAt: null })
    await runAll()
    await sweep({ in: 100, jobs: 1 })
    expect(await database.db.query('select id from pipelines where id = any ($1)', [[parent.id, child.id]])).toEqual([])
    expect(await services.jobs.find(idOf(parent, 't'))).toBeNull()
  })

  it('stay while their deployment is the last one of an available environment', async () => {
    const made = await createFrom(`
      deploy: { script: [x], environment: { name: review, on_stop: stop } }
      stop: { script: [x], when: manual, environment: { name: review, action: stop }, rules: [ { when: manual, allow_failure: true } ] }`)
    await runAll()
    await services.background.settle()
    expect(await statusOf(idOf(made, 'stop'))).toBe('manual')
    await sweep({ in: 10, jobs: 1 })
    expect(await find(idOf(made, 'deploy'))).toMatchObject({ status: 'success' })
    await database.db.query('update environments set stopped_at = now()')
    await sweep({ in: 10, jobs: 1 })
    expect(await services.jobs.find(idOf(made, 'deploy'))).toBeNull()
    expect(await services.environments.list({ limit: 10 })).toMatchObject([{ name: 'review' }])
  })

  it('that people removed before are deleted, too', async () => {
    const made = await over()
    expect(await removePipeline(services, made.id)).toMatchObject({ ok: true })
    await services.background.settle()
    expect(await rowsOf(made)).toBeGreaterThan(0)
    await sweep({ in: 10, jobs: 1 })
    expect(await rowsOf(made)).toBe(0)
    // Their names are no longer searched.
    const unused = 'select from job_profiles v where not exists (select from jobs where profile_id = v.id)'
    expect(await database.db.query(unused)).toEqual([])
  })

  it('whose objects cannot be deleted keep their rows until they can', async () => {
    const made = await over()
    await services.background.settle()
    const failures: string[] = []
    const broken: Services = {
      ...later({ in: 10, jobs: 1 }),
      background: recordFailures(failures),
      objects: { ...services.objects, delete: () => Promise.reject(new Error('the store is away')) },
    }
    await removeOldPipelines(broken)()
    expect(failures).toContain(`remove the log of job ${made.job}`)
    expect(await services.jobs.find(made.job)).toBeNull()
    expect(await rowsOf(made)).toBeGreaterThan(0)
    expect(await objectsOf(made.job)).not.toEqual([])
    await sealFinishedTraces(services)
    await sweep({ in: 10, jobs: 1 })
    await expireArtifacts(services)
    expect(await rowsOf(made)).toBe(0)
    expect(await objectsOf(made.job)).toEqual([])
  })

  it('are completed by another process when one dies after any step', async () => {
    const { retention } = services
    const walk = { now: new Date(Date.now() + 10 * DAY_MS), days: 1, after: null, limit: 100 }
    const steps = [
      async () => void (await retention.hidePipelines(walk)),
      async () => void (await retention.eraseJobs(walk.now, 100)),
      () => sealFinishedTraces(services),
      async () => void (await retention.deleteJobs(1)),
    ]
    for (let died = 0; died <= steps.length; died++) {
      const made = await createFrom('a: { script: [x] }\nb: { script: [x] }')
      for (let taken = await takeNext(); taken; taken = await takeNext()) {
        await write(taken)
        await upload(taken)
        await say(taken, 'success')
        await services.background.settle()
      }
      for (const step of steps.slice(0, died)) await step()
      await sealFinishedTraces(services)
      await sweep({ in: 10, jobs: 1 })
      await expireArtifacts(services)
      for (const { id } of made.jobs) {
        expect(await rowsOf({ id: made.id, job: id }), `died after ${died} steps`).toBe(0)
        expect(await objectsOf(id), `died after ${died} steps`).toEqual([])
      }
    }
  })

  it('are removed once by processes that sweep at the same time, and all of them', async () => {
    const before = (await database.stores.usage.projects(monthOf(new Date())))[0]?.jobs ?? 0
    const made = []
    for (let n = 0; n < 12; n++) made.push(await over())
    await Promise.all(Array.from({ length: 4 }, () => removeOldPipelines(later({ in: 10, jobs: 1 }))()))
    // One process may have passed over what another one had locked.
    await sweep({ in: 10, jobs: 1 })
    for (const one of made) expect(await rowsOf(one)).toBe(0)
    expect((await database.stores.usage.projects(monthOf(new Date())))[0]?.jobs).toBe(before + made.length)
  })

  it('are removed in portions that pass over those that must stay', async () => {
    const made = [await over(), await over(), await over()]
    const living = await createFrom('a: { script: [x] }')
    await database.db.query("update pipelines set created_at = created_at - interval '1 day' where id = $1", [
      living.id,
    ])
    await services.background.settle()
    const now = new Date(Date.now() + 10 * DAY_MS)
    let [after, hidden, portions] = [null as Parameters<typeof services.retention.hidePipelines>[0]['after'], 0, 0]
    do {
      const step = await services.retention.hidePipelines({ now, days: 1, after, limit: 1 })
      after = step.next
      hidden += step.done
      portions += 1
    } while (after)
    expect(hidden).toBe(made.length)
    expect(portions).toBeGreaterThan(made.length)
    expect(await statusOf(idOf(living, 'a'))).toBe('pending')
    await sweep({})
  })

  it('end with the portion under way when the process stops', async () => {
    const made = await over()
    await removeOldPipelines(later({ in: 10, jobs: 1 }))(AbortSignal.abort())
    expect(await rowsOf(made)).toBeGreaterThan(0)
  })

  it('fail a job that is to fetch artifacts of one that is gone', async () => {
    const made = await over()
    const job = await create({ dependencies: [made.job] })
    await sweep({ in: 10, jobs: 1 })
    expect(await takeNext()).toBeNull()
    expect(await find(job)).toMatchObject({ status: 'failed', failureReason: 'missing_dependency_failure' })
  })
})

describe('logs', () => {
  it('are removed alone, and the job says when', async () => {
    const made = await over()
    await sweep({ in: 6.9, logs: 7 })
    expect(await find(made.job)).toMatchObject({ traceSize: 6, logRemovedAt: null })
    await sweep({ in: 7.1, logs: 7 })
    const job = await find(made.job)
    expect(job).toMatchObject({ status: 'success', traceSize: 0, traceChecksum: null, erasedAt: null })
    expect(Math.round(((job.logRemovedAt?.getTime() ?? 0) - Date.now()) / DAY_MS)).toBe(7)
    expect(await services.artifacts.list(made.job)).toHaveLength(1)
    expect((await objectsOf(made.job)).filter((key) => key.startsWith('traces/'))).toEqual([])
    expect((await pipelineOf(made.id)).status).toBe('success')
    await sweep({ in: 8, jobs: 1 })
    expect(await rowsOf(made)).toBe(0)
  })

  it('are kept for a shorter time in a project that says so', async () => {
    const created = await createProject(services, { path: 'terse', logRetentionDays: 2 })
    if (!created.ok) throw new Error(created.error.kind)
    const [own, other] = [await over(created.value.id), await over()]
    await sweep({ in: 3, logs: 20 })
    expect((await find(own.job)).logRemovedAt).not.toBeNull()
    expect(await find(other.job)).toMatchObject({ traceSize: 6, logRemovedAt: null })
  })

  it('that never were do not count as removed', async () => {
    const job = await create()
    await say(await take(), 'success')
    await sweep({ in: 10, logs: 1 })
    expect(await find(job)).toMatchObject({ traceSize: 0, logRemovedAt: null })
  })

  it('whose objects could not be deleted are deleted by the sweep that seals logs', async () => {
    const made = await over()
    await services.background.settle()
    const failures: string[] = []
    await removeOldLogs({
      ...later({ in: 10, logs: 1 }),
      background: recordFailures(failures),
      objects: { ...services.objects, delete: () => Promise.reject(new Error('the store is away')) },
    })()
    expect(failures).toContain(`remove the log of job ${made.job}`)
    expect((await find(made.job)).logRemovedAt).not.toBeNull()
    await sealFinishedTraces(services)
    expect((await objectsOf(made.job)).filter((key) => key.startsWith('traces/'))).toEqual([])
  })
})
