import { describe, expect, it } from 'vitest'
import type { Services } from '../services.ts'
import {
  age,
  cancel,
  create,
  database,
  EVER,
  find,
  HOUR,
  PATIENT,
  say,
  services,
  setUpScene,
  statusOf,
  take,
} from '../testing/scene.ts'
import { timeOutJobs } from './time-out-jobs.ts'

setUpScene()

describe('a cancel', () => {
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

  it('that a runner never finishes ends with the time limit, even if the runner is alive', async () => {
    const id = await create({ timeout: 60 })
    const taken = await take()
    await say(taken, 'running')
    await cancel(id)
    await age(id, 'started_at', 60 + 900 - 300)
    await say(taken, 'running')
    const sweep = () => timeOutJobs(services, { ...PATIENT, timeoutGraceSeconds: 900 }, EVER)
    await sweep()
    expect(await statusOf(id)).toBe('canceling')
    await age(id, 'started_at', 301)
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
    await database.db.query("update pending_jobs set queued_at = queued_at - interval '2 hours' where job_id = $1", [
      waiting,
    ])
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
})
