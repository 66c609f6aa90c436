import { beforeEach, describe, expect, it } from 'vitest'
import { watchClock } from '../clock.ts'
import { type JobLimits, timeOutJobs } from '../execution/time-out-jobs.ts'
import type { Services } from '../services.ts'
import { create, database, HOUR, say, services, setUpScene, statusOf, take } from '../testing/scene.ts'
import { type SleepingClock, sleepingClock } from '../testing/sleeping-clock.ts'
import { listeningSince } from './listening-since.ts'

setUpScene()

const HOUR_MS = HOUR * 1_000
const LIMITS: JobLimits = {
  silenceSeconds: HOUR,
  acceptSeconds: 300,
  pendingSeconds: 24 * HOUR,
  stuckPendingSeconds: HOUR,
  timeoutGraceSeconds: 900,
}

describe('A machine that slept', () => {
  let clocks: SleepingClock
  /** The services of a process on that machine. */
  let sleeping: Services

  beforeEach(() => {
    clocks = sleepingClock()
    // The database has the real clock, so these tests set its dates back instead of its clock forward.
    const databaseTime = async () => new Date((await services.jobs.databaseTime()).getTime() + clocks.ahead.wallMs)
    sleeping = { ...services, clock: clocks.clock, jobs: { ...services.jobs, databaseTime } }
  })

  const past = (seconds: number) =>
    database.db.script(`
      update jobs set started_at = started_at - interval '${seconds} seconds',
                      last_signal_at = last_signal_at - interval '${seconds} seconds' where finished_at is null;
      update pending_jobs set queued_at = queued_at - interval '${seconds} seconds'`)
  async function run(seconds: number) {
    clocks.runFor(seconds * 1_000)
    await past(seconds)
  }
  const statuses = async (ids: readonly number[]) => await Promise.all(ids.map(statusOf))
  const sweep = async () => {
    const since = await listeningSince(sleeping)
    await timeOutJobs(sleeping, LIMITS, new Date(since.getTime() - clocks.ahead.wallMs))
  }

  async function jobs() {
    await create({ timeout: 60 })
    const heard = await take()
    await say(heard, 'running')
    await create()
    const unheard = await take()
    const waiting = await create({ tags: ['no-runner-has-this'] })
    return [heard.id, unheard.id, waiting]
  }

  it('fails no job because its runner was silent while the machine slept, and each one after the limit', async () => {
    const ids = await jobs()
    // Two days: longer than every limit.
    clocks.ahead.wallMs += 48 * HOUR_MS
    await past(48 * HOUR)
    await sweep()
    expect(await statuses(ids)).toEqual(['running', 'running', 'pending'])
    await run(200)
    await sweep()
    expect(await statuses(ids)).toEqual(['running', 'running', 'pending'])
    await run(150)
    await sweep()
    expect(await statuses(ids)).toEqual(['running', 'failed', 'pending'])
    await run(HOUR)
    await sweep()
    expect(await statuses(ids)).toEqual(['failed', 'failed', 'failed'])
  })

  it('fails no job either when only the clock of the database was set forward', async () => {
    const ids = await jobs()
    await sweep()
    const { databaseTime } = sleeping.jobs
    const setForward = async () => new Date((await databaseTime()).getTime() + 48 * HOUR_MS)
    const forward = { ...sleeping, jobs: { ...sleeping.jobs, databaseTime: setForward } }
    await past(48 * HOUR)
    const since = await listeningSince(forward)
    await timeOutJobs(forward, LIMITS, new Date(since.getTime() - clocks.ahead.wallMs - 48 * HOUR_MS))
    expect(await statuses(ids)).toEqual(['running', 'running', 'pending'])
  })

  it('measures in the time of the database, which may differ from its own', async () => {
    const clock = watchClock({ wall: () => Date.now() - 5 * HOUR_MS, monotonic: () => performance.now() })
    const since = await listeningSince({ ...services, clock })
    const database = await services.jobs.databaseTime()
    expect(Math.abs(database.getTime() - since.getTime())).toBeLessThan(60_000)
  })
})
