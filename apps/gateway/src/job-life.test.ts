import { openSecretBox, stores } from '@yardmaster/db'
import {
  catchUp,
  claimJob,
  type JobLimits,
  type JobStatus,
  type Ports,
  playJob,
  sealFinishedTraces,
  startDelayedJobs,
  timeOutJobs,
  updateJob,
} from '@yardmaster/domain'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './testing.ts'

let gateway: TestGateway
let ports: Ports
let runner: { id: number; token: string }

beforeAll(async () => {
  gateway = await startTestGateway()
  ports = gateway.ports
  runner = await gateway.register()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(async () => {
  // The runner sees the jobs of every test.
  await gateway.database.db.script(
    "delete from pending_jobs; delete from resources; update jobs set status = 'canceled', finished_at = now()",
  )
  await gateway.admin('mutation', 'settings.update', { archiveAfter: null })
})

const HOUR = 3600
const YEAR = 365 * 24 * HOUR
const PATIENT: JobLimits = {
  silenceSeconds: YEAR,
  acceptSeconds: YEAR,
  pendingSeconds: YEAR,
  stuckPendingSeconds: YEAR,
  timeoutGraceSeconds: YEAR,
}
const EVER = new Date(0)

const create = async (definition: object = {}): Promise<number> => {
  const request = { name: 'a', definition: { script: ['true'], ...definition } }
  return (await gateway.admin<{ id: number }>('mutation', 'jobs.create', request)).id
}
const createMany = async (jobs: Readonly<Record<string, object>>): Promise<number[]> => {
  const named = Object.entries(jobs).map(([name, definition]) => ({
    name,
    definition: { script: ['true'], ...definition },
  }))
  return (await gateway.admin<{ ids: number[] }>('mutation', 'jobs.createMany', { jobs: named })).ids
}
const take = async (features: object = {}): Promise<{ id: number; token: string }> => {
  const info = { features: { cancel_gracefully: true, ...features } }
  const { status, body } = await gateway.post('/jobs/request', { token: runner.token, system_id: 's_1', info })
  expect(status).toBe(201)
  return body as { id: number; token: string }
}
const say = ({ id, token }: { id: number; token: string }, state: string) =>
  updateJob(ports, {
    id,
    token,
    ipAddress: null,
    state,
    failureReason: null,
    exitCode: 1,
    checksum: null,
    bytesize: null,
  })
const find = async (id: number) => {
  await ports.background.settle()
  const job = await ports.jobs.find(id)
  if (!job) throw new Error(`no job ${id}`)
  return job
}
const statusOf = async (id: number): Promise<JobStatus> => (await find(id)).status
const cancel = (id: number) => gateway.admin('mutation', 'jobs.cancel', { id })
const age = (id: number, column: string, seconds: number) =>
  gateway.database.db.query(`update jobs set ${column} = ${column} - $2 * interval '1 second' where id = $1`, [
    id,
    seconds,
  ])
const ageOfPipeline = (id: number, seconds: number) =>
  gateway.database.db.query(
    `update pipelines set created_at = created_at - $2 * interval '1 second'
      where id = (select pipeline_id from jobs where id = $1)`,
    [id, seconds],
  )

describe('a cancel', () => {
  it('ends a job that waits for others, and skips who waits for it', async () => {
    const [first = 0, second = 0, third = 0] = await createMany({
      first: { when: 'manual', allow_failure: false },
      second: { needs: ['first'] },
      third: { needs: ['second'] },
    })
    expect(await statusOf(second)).toBe('created')
    await cancel(second)
    expect([await statusOf(first), await statusOf(second), await statusOf(third)]).toEqual([
      'manual',
      'canceled',
      'skipped',
    ])
  })

  it('ends a job that waits for a resource; one that has it passes it on', async () => {
    const group = { resource_group: 'production' }
    const [first, second, third] = [await create(group), await create(group), await create(group)]
    expect([await statusOf(second), await statusOf(third)]).toEqual(['waiting_for_resource', 'waiting_for_resource'])
    await cancel(second)
    expect(await statusOf(second)).toBe('canceled')
    await cancel(first)
    expect([await statusOf(first), await statusOf(third)]).toEqual(['canceled', 'pending'])
  })

  it('that a runner never answers ends by itself and is not retried', async () => {
    const id = await create({ retry: 2 })
    const taken = await take()
    await say(taken, 'running')
    await cancel(id)
    await timeOutJobs(ports, { ...PATIENT, silenceSeconds: 300 }, EVER)
    expect(await statusOf(id)).toBe('canceling')
    await age(id, 'last_signal_at', 301)
    await timeOutJobs(ports, { ...PATIENT, silenceSeconds: 300 }, EVER)
    expect(await find(id)).toMatchObject({ status: 'canceled', failureReason: null, retriedBy: null })
  })

  it('before the runner’s first call ends the job at once and frees its resource', async () => {
    const group = { resource_group: 'production' }
    const [first, second] = [await create({ ...group, retry: 2 }), await create(group)]
    const taken = await take()
    expect(taken.id).toBe(first)
    await cancel(first)
    expect(await find(first)).toMatchObject({ status: 'canceled', failureReason: null, retriedBy: null })
    expect(await statusOf(second)).toBe('pending')
    expect(await say(taken, 'running')).toMatchObject({
      ok: false,
      error: { kind: 'job_not_executing', status: 'canceled' },
    })
  })

  it('that a runner never comes to the end of ends with the time limit, however alive it is', async () => {
    const id = await create({ timeout: 60 })
    const taken = await take()
    await say(taken, 'running')
    await cancel(id)
    await age(id, 'started_at', 60 + 900 - 30)
    await say(taken, 'running')
    const sweep = () => timeOutJobs(ports, { ...PATIENT, timeoutGraceSeconds: 900 }, EVER)
    await sweep()
    expect(await statusOf(id)).toBe('canceling')
    await age(id, 'started_at', 60)
    await say(taken, 'running')
    await sweep()
    expect(await find(id)).toMatchObject({ status: 'canceled', failureReason: null })
  })
})

describe('a time limit (job-update.md 8)', () => {
  it('counts no time in which nobody listened', async () => {
    await create()
    const heard = await take()
    await say(heard, 'running')
    await create()
    const unheard = await take()
    const waiting = await create({ tags: ['nobody-has-this'] })
    for (const { id } of [heard, unheard]) await age(id, 'started_at', 2 * HOUR)
    await age(heard.id, 'last_signal_at', 2 * HOUR)
    await gateway.database.db.query(
      "update pending_jobs set queued_at = queued_at - interval '2 hours' where job_id = $1",
      [waiting],
    )
    const limits = { silenceSeconds: HOUR, acceptSeconds: 300, stuckPendingSeconds: HOUR, timeoutGraceSeconds: 900 }
    const statuses = async () => [await statusOf(heard.id), await statusOf(unheard.id), await statusOf(waiting)]
    await timeOutJobs(ports, { ...PATIENT, ...limits }, new Date())
    expect(await statuses()).toEqual(['running', 'running', 'pending'])
    await timeOutJobs(ports, { ...PATIENT, ...limits }, EVER)
    expect(await statuses()).toEqual(['failed', 'failed', 'failed'])
  })

  it('that another process has just seen passed ends no job that was heard of since', async () => {
    await create()
    const taken = await take()
    await say(taken, 'running')
    await age(taken.id, 'last_signal_at', 2 * HOUR)
    // It makes itself heard between being found silent and being ended.
    const jobs: Ports['jobs'] = {
      ...ports.jobs,
      async overdue(...given) {
        const found = await ports.jobs.overdue(...given)
        await say(taken, 'running')
        return found
      },
    }
    await timeOutJobs({ ...ports, jobs }, { ...PATIENT, silenceSeconds: HOUR }, EVER)
    expect(await statusOf(taken.id)).toBe('running')
  })

  it('of a delayed job is an hour after its time: then it is not started any more', async () => {
    const delayed = { when: 'delayed', start_in: '1 day' }
    const [late, tooLate, follower] = await createMany({
      late: delayed,
      'too late': delayed,
      follower: { needs: ['too late'] },
    })
    await age(late ?? 0, 'start_at', 25 * HOUR - 60)
    await age(tooLate ?? 0, 'start_at', 25 * HOUR + 1)
    const other = await create(delayed)
    await startDelayedJobs(ports)
    expect(await find(tooLate ?? 0)).toMatchObject({ status: 'failed', failureReason: 'stale_schedule' })
    expect([await statusOf(late ?? 0), await statusOf(follower ?? 0), await statusOf(other)]).toEqual([
      'pending',
      'skipped',
      'scheduled',
    ])
  })
})

describe('a job whose pipeline is older than the archive age', () => {
  const archive = () => gateway.admin('mutation', 'settings.update', { archiveAfter: 30 * 24 * HOUR })
  const MONTH = 31 * 24 * HOUR

  it('is not retried, though the attempt itself is young', async () => {
    const first = await create()
    await cancel(first)
    const { id } = await gateway.admin<{ id: number }>('mutation', 'jobs.retry', { id: first })
    await cancel(id)
    await ageOfPipeline(id, MONTH)
    await archive()
    await expect(gateway.admin('mutation', 'jobs.retry', { id })).rejects.toThrow('too old')
    expect((await find(id)).retriedBy).toBeNull()
  })

  it('is not retried by itself', async () => {
    await create({ retry: 2 })
    const taken = await take()
    await ageOfPipeline(taken.id, MONTH)
    await archive()
    await say(taken, 'failed')
    await catchUp(ports)
    expect(await find(taken.id)).toMatchObject({ status: 'failed', retriedBy: null })
  })

  it('is not played', async () => {
    const id = await create({ when: 'manual' })
    await ageOfPipeline(id, MONTH)
    await archive()
    expect(await playJob(ports, id)).toMatchObject({ ok: false, error: { kind: 'transition_impossible' } })
    expect(await statusOf(id)).toBe('manual')
  })

  it('fails when its time comes and a runner asks', async () => {
    const id = await create({ when: 'delayed', start_in: '1 second' })
    await age(id, 'start_at', 60)
    await ageOfPipeline(id, MONTH)
    await archive()
    await startDelayedJobs(ports)
    expect(await statusOf(id)).toBe('pending')
    expect((await gateway.post('/jobs/request', { token: runner.token })).status).toBe(204)
    expect(await find(id)).toMatchObject({ status: 'failed', failureReason: 'archived_failure' })
  })
})

describe('a job whose record is damaged', () => {
  /** As the gateway's own, which notes failures and goes on. */
  function noting(failures: string[]): Ports['background'] {
    const { run } = ports.background
    return { ...ports.background, run: (name, task) => run(name, () => task().catch(() => void failures.push(name))) }
  }

  it('leaves the logs of others to be sealed', async () => {
    const failures: string[] = []
    const taken: number[] = []
    for (const _ of [1, 2]) {
      await create()
      const { id, token } = await take()
      const api = `/api/v4/jobs/${id}/trace`
      for (const [start, text] of [
        [0, 'one '],
        [4, 'two '],
      ] as const) {
        const headers = { 'JOB-TOKEN': token, 'Content-Range': `${start}-${start + text.length - 1}` }
        expect((await gateway.call('PATCH', api, { headers, body: text })).status).toBe(202)
      }
      taken.push(id)
    }
    const [damaged = 0, whole = 0] = taken
    const pieces = await ports.traces.pieces(damaged, 0, 10)
    await ports.objects.put(pieces?.pieces[0]?.key ?? '', Buffer.from('short'))
    await gateway.database.db.query(
      "update jobs set status = 'success', finished_at = now() where id = any ($1::int[])",
      [taken],
    )
    await sealFinishedTraces({ ...ports, background: noting(failures) })
    await ports.background.settle()
    expect(failures).toEqual([`seal the log of job ${damaged}`])
    expect((await ports.traces.pieces(whole, 0, 10))?.pieces).toHaveLength(1)
  })

  it('keeps no sweep from the others', async () => {
    const failures: string[] = []
    const sweeping = { ...ports, background: noting(failures) }
    const [damaged = 0, follower = 0, other = 0] = await createMany({
      damaged: { when: 'manual', allow_failure: false, retry: 2 },
      follower: { needs: ['damaged'] },
      other: { when: 'delayed', start_in: '1 day' },
    })
    const [first = 0, second = 0] = await createMany({ first: {}, second: { needs: ['first'] } })
    await gateway.database.db.query(
      "update job_secrets set definition = decode('00', 'hex') where job_id = any ($1::integer[])",
      [[damaged, follower]],
    )
    await gateway.database.db.query(
      "update jobs set status = 'failed', failure_reason = 'script_failure', finished_at = now() where id = $1",
      [damaged],
    )
    // As after a crash: ended, and nobody followed up.
    await gateway.database.db.script(`delete from pending_jobs where job_id = ${first}`)
    await gateway.database.db.query("update jobs set status = 'success', finished_at = now() where id = $1", [first])
    await age(other, 'start_at', 24 * HOUR + 1)

    await catchUp(sweeping)
    await startDelayedJobs(sweeping)
    await ports.background.settle()
    expect(await find(damaged)).toMatchObject({ status: 'failed', retriedBy: null })
    expect([await statusOf(second), await statusOf(other)]).toEqual(['pending', 'pending'])
    expect(await find(follower)).toMatchObject({ status: 'failed', failureReason: 'data_integrity_failure' })
    await catchUp(sweeping)
    await ports.background.settle()
    expect(failures).toEqual([])
  })

  const damage = (what: string) => gateway.database.db.query(what)
  const DAMAGED_BYTES = "decode('0011223344556677', 'hex')"

  it.each([
    ['definition', (id: number) => `update job_secrets set definition = ${DAMAGED_BYTES} where job_id = ${id}`],
    [
      'pipeline',
      (id: number) =>
        `update pipelines set variables = ${DAMAGED_BYTES} where id = (select pipeline_id from jobs where id = ${id})`,
    ],
  ])('in its %s fails once when a runner takes it, and the runner gets the next', async (_, statement) => {
    const id = await create({ retry: { max: 2, when: 'api_failure' } })
    const next = await create()
    await damage(statement(id))
    expect((await take()).id).toBe(next)
    expect(await find(id)).toMatchObject({ status: 'failed', failureReason: 'data_integrity_failure' })
    await catchUp(ports)
    expect((await find(id)).retriedBy).toBeNull()
  })

  it('in text that is no definition is found out as well', async () => {
    const id = await create()
    const { pipelineId, name } = await find(id)
    const place = { column: 'job_secrets.definition', row: `${pipelineId}:${name}` } as const
    const sealed = gateway.database.secrets.seal('{}', place)
    await gateway.database.db.query('update job_secrets set definition = $2 where job_id = $1', [id, sealed])
    expect((await gateway.post('/jobs/request', { token: runner.token })).status).toBe(204)
    expect(await find(id)).toMatchObject({ status: 'failed', failureReason: 'data_integrity_failure' })
  })

  it('is still listed, and says of itself that it is damaged', async () => {
    const id = await create({ when: 'manual' })
    await damage(`update job_secrets set definition = ${DAMAGED_BYTES} where job_id = ${id}`)
    expect(await gateway.admin('query', 'jobs.get', { id })).toMatchObject({ id, status: 'manual' })
    for (const procedure of ['jobs.explain', 'jobs.details']) {
      await expect(gateway.admin('query', procedure, { id })).rejects.toThrow('damaged')
    }
    await cancel(id)
    await expect(gateway.admin('mutation', 'jobs.retry', { id })).rejects.toThrow('damaged')
  })

  it('is not what a process with a mistaken key sees: it ends nothing', async () => {
    const [first = 0, second = 0] = await createMany({ first: {}, second: { needs: ['first'] } })
    await gateway.database.db.script(`delete from pending_jobs where job_id = ${first}`)
    await gateway.database.db.query("update jobs set status = 'success', finished_at = now() where id = $1", [first])
    const failures: string[] = []
    const jobs = stores(gateway.database.db, openSecretBox(Buffer.alloc(32, 'mistaken'))).jobs
    await catchUp({ ...ports, jobs, background: noting(failures) })
    await ports.background.settle()
    expect([await statusOf(second), failures.length]).toEqual(['created', 1])
    await catchUp(ports)
    expect(await statusOf(second)).toBe('pending')
  })
})

describe('a payload that can not be made', () => {
  it('fails its job, which is tried again twice and then no more', async () => {
    const id = await create()
    const found = await ports.runners.find(runner.id)
    if (!found) throw new Error('no runner')
    const reports: unknown[] = []
    const background: Ports['background'] = {
      ...ports.background,
      run: (name, task) => ports.background.run(name, () => task().catch((error: unknown) => void reports.push(error))),
    }
    for (let request = 0; request < 3; request++) {
      const asked = { runner: found, managerId: null, features: [], jobAge: null, session: null }
      const claimed = await claimJob({ ...ports, background }, asked, () => Promise.reject(new Error('no payload')))
      expect(claimed).toEqual({ ok: true, value: null })
      await ports.background.settle()
    }
    const { pipelineId } = await find(id)
    const attempts = await ports.jobs.list({ pipelineId, limit: 10 })
    expect(attempts.map(({ status, failureReason }) => [status, failureReason])).toEqual(
      Array.from({ length: 3 }, () => ['failed', 'scheduler_failure']),
    )
  })
})
