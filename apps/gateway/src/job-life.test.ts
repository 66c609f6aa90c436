import type { Services } from '@yardmaster/domain'
import { timeOutJobs } from '@yardmaster/domain/execution'
import { catchUp, playJob, startDelayedJobs } from '@yardmaster/domain/processing'
import { describe, expect, it } from 'vitest'
import {
  age,
  ageOfPipeline,
  cancel,
  create,
  createMany,
  EVER,
  find,
  gateway,
  HOUR,
  PATIENT,
  runner,
  say,
  services,
  statusOf,
  take,
} from './testing/job-scene.ts'

describe('a cancel', () => {
  it('ends a job that waits for others, and skips the jobs that wait for it', async () => {
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

  it('ends a job that waits for a resource; a job that has the resource passes it on', async () => {
    const group = { resource_group: 'production' }
    const [first, second, third] = [await create(group), await create(group), await create(group)]
    expect([await statusOf(second), await statusOf(third)]).toEqual(['waiting_for_resource', 'waiting_for_resource'])
    await cancel(second)
    expect(await statusOf(second)).toBe('canceled')
    await cancel(first)
    expect([await statusOf(first), await statusOf(third)]).toEqual(['canceled', 'pending'])
  })

  it('that a runner never answers times out without a retry', async () => {
    const id = await create({ retry: 2 })
    const taken = await take()
    await say(taken, 'running')
    await cancel(id)
    await timeOutJobs(services, { ...PATIENT, silenceSeconds: 300 }, EVER)
    expect(await statusOf(id)).toBe('canceling')
    await age(id, 'last_signal_at', 301)
    await timeOutJobs(services, { ...PATIENT, silenceSeconds: 300 }, EVER)
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

  it('that a runner never finishes ends with the time limit, even if the runner is alive', async () => {
    const id = await create({ timeout: 60 })
    const taken = await take()
    await say(taken, 'running')
    await cancel(id)
    await age(id, 'started_at', 60 + 900 - 30)
    await say(taken, 'running')
    const sweep = () => timeOutJobs(services, { ...PATIENT, timeoutGraceSeconds: 900 }, EVER)
    await sweep()
    expect(await statusOf(id)).toBe('canceling')
    await age(id, 'started_at', 60)
    await say(taken, 'running')
    await sweep()
    expect(await find(id)).toMatchObject({ status: 'canceled', failureReason: null })
  })
})

describe('a time limit (docs/protocol/job-update.md 8)', () => {
  it('does not count time in which no process was listening', async () => {
    await create()
    const heard = await take()
    await say(heard, 'running')
    await create()
    const unheard = await take()
    const waiting = await create({ tags: ['no-runner-has-this'] })
    for (const { id } of [heard, unheard]) await age(id, 'started_at', 2 * HOUR)
    await age(heard.id, 'last_signal_at', 2 * HOUR)
    await gateway.database.db.query(
      "update pending_jobs set queued_at = queued_at - interval '2 hours' where job_id = $1",
      [waiting],
    )
    const limits = { silenceSeconds: HOUR, acceptSeconds: 300, stuckPendingSeconds: HOUR, timeoutGraceSeconds: 900 }
    const statuses = async () => [await statusOf(heard.id), await statusOf(unheard.id), await statusOf(waiting)]
    await timeOutJobs(services, { ...PATIENT, ...limits }, new Date())
    expect(await statuses()).toEqual(['running', 'running', 'pending'])
    await timeOutJobs(services, { ...PATIENT, ...limits }, EVER)
    expect(await statuses()).toEqual(['failed', 'failed', 'failed'])
  })

  it('that another process found exceeded does not end a job that has sent a signal since', async () => {
    await create()
    const taken = await take()
    await say(taken, 'running')
    await age(taken.id, 'last_signal_at', 2 * HOUR)
    // The job sends a signal after it was found silent and before it is ended.
    const jobs: Services['jobs'] = {
      ...services.jobs,
      async overdue(...given) {
        const found = await services.jobs.overdue(...given)
        await say(taken, 'running')
        return found
      },
    }
    await timeOutJobs({ ...services, jobs }, { ...PATIENT, silenceSeconds: HOUR }, EVER)
    expect(await statusOf(taken.id)).toBe('running')
  })

  it('of a delayed job is one hour after its time, after which it is not started', async () => {
    const delayed = { when: 'delayed', start_in: '1 day' }
    const [late, tooLate, follower] = await createMany({
      late: delayed,
      'too late': delayed,
      follower: { needs: ['too late'] },
    })
    await age(late ?? 0, 'start_at', 25 * HOUR - 60)
    await age(tooLate ?? 0, 'start_at', 25 * HOUR + 1)
    const other = await create(delayed)
    await startDelayedJobs(services)
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

  it('is not retried, even if the attempt itself is recent', async () => {
    const first = await create()
    await cancel(first)
    const { id } = await gateway.admin<{ id: number }>('mutation', 'jobs.retry', { id: first })
    await cancel(id)
    await ageOfPipeline(id, MONTH)
    await archive()
    await expect(gateway.admin('mutation', 'jobs.retry', { id })).rejects.toThrow('too old')
    expect((await find(id)).retriedBy).toBeNull()
  })

  it('is not retried automatically', async () => {
    await create({ retry: 2 })
    const taken = await take()
    await ageOfPipeline(taken.id, MONTH)
    await archive()
    await say(taken, 'failed')
    await catchUp(services)
    expect(await find(taken.id)).toMatchObject({ status: 'failed', retriedBy: null })
  })

  it('is not played', async () => {
    const id = await create({ when: 'manual' })
    await ageOfPipeline(id, MONTH)
    await archive()
    expect(await playJob(services, id)).toMatchObject({ ok: false, error: { kind: 'transition_impossible' } })
    expect(await statusOf(id)).toBe('manual')
  })

  it('fails when its time comes and a runner polls', async () => {
    const id = await create({ when: 'delayed', start_in: '1 second' })
    await age(id, 'start_at', 60)
    await ageOfPipeline(id, MONTH)
    await archive()
    await startDelayedJobs(services)
    expect(await statusOf(id)).toBe('pending')
    expect((await gateway.post('/jobs/request', { token: runner.token })).status).toBe(204)
    expect(await find(id)).toMatchObject({ status: 'failed', failureReason: 'archived_failure' })
  })
})
