import { arrange } from '@yardmaster/db/testing'
import { type Services, watchClock } from '@yardmaster/domain'
import { type JobLimits, timeOutJobs } from '@yardmaster/domain/execution'
import { listeningSince } from '@yardmaster/domain/queue'
import { tickForJob } from '@yardmaster/domain/wakeups'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts'

const HOUR_S = 3_600
const HOUR_MS = HOUR_S * 1_000
const LIMITS: JobLimits = {
  silenceSeconds: HOUR_S,
  acceptSeconds: 300,
  pendingSeconds: 24 * HOUR_S,
  stuckPendingSeconds: HOUR_S,
  timeoutGraceSeconds: 900,
}

describe('A machine that slept', () => {
  let gateway: TestGateway
  let runner: { token: string }
  /** Milliseconds by which the process's clocks are ahead of the system's. */
  let ahead: { wall: number; monotonic: number }
  let services: Services

  beforeAll(async () => {
    gateway = await startTestGateway()
    runner = await gateway.register()
  })
  afterAll(() => gateway?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    await arrange(
      gateway.database.db,
      "delete from pending_jobs; update jobs set status = 'canceled', finished_at = now() where finished_at is null",
    )
    ahead = { wall: 0, monotonic: 0 }
    const clock = watchClock({
      wall: () => Date.now() + ahead.wall,
      monotonic: () => performance.now() + ahead.monotonic,
    })
    // The database has the real clock, so these tests set its dates back instead of its clock forward.
    const databaseTime = async () => new Date((await gateway.services.jobs.databaseTime()).getTime() + ahead.wall)
    services = { ...gateway.services, clock, jobs: { ...gateway.services.jobs, databaseTime } }
    // It has been awake for a day.
    clock.compare(new Date())
    runFor(24 * HOUR_MS)
  })

  /** Lets time pass for the process, in steps far below a break: a busy machine may add seconds of its own to any. */
  function runFor(ms: number) {
    for (let left = ms; left > 0; left -= 1_000) {
      ahead.wall += Math.min(left, 1_000)
      ahead.monotonic += Math.min(left, 1_000)
      services.clock.awakeMs()
    }
  }
  const past = (seconds: number) =>
    gateway.database.db.script(`
      update jobs set started_at = started_at - interval '${seconds} seconds',
                      last_signal_at = last_signal_at - interval '${seconds} seconds' where finished_at is null;
      update pending_jobs set queued_at = queued_at - interval '${seconds} seconds'`)
  async function run(seconds: number) {
    runFor(seconds * 1_000)
    await past(seconds)
  }
  const create = async (definition: object = {}) =>
    (
      await gateway.admin<{ id: number }>('mutation', 'jobs.create', {
        name: 'a',
        definition: { script: ['true'], ...definition },
      })
    ).id
  const take = async () => {
    const { body } = await gateway.post('/jobs/request', { token: runner.token, system_id: 's_1' })
    return body as { id: number; token: string }
  }
  const statuses = async (ids: readonly number[]) => {
    const found = await Promise.all(ids.map((id) => gateway.services.jobs.find(id)))
    return found.map((job) => job?.status)
  }
  const sweep = async () => {
    const since = await listeningSince(services)
    await timeOutJobs(services, LIMITS, new Date(since.getTime() - ahead.wall))
  }

  async function jobs() {
    await create({ timeout: 60 })
    const heard = await take()
    await gateway.call('PUT', `/api/v4/jobs/${heard.id}`, { json: { token: heard.token, state: 'running' } })
    await create()
    const unheard = await take()
    const waiting = await create({ tags: ['no-runner-has-this'] })
    return [heard.id, unheard.id, waiting]
  }

  it('fails no job because its runner was silent while the machine slept, and each one after the limit', async () => {
    const ids = await jobs()
    // Two days: longer than every limit.
    ahead.wall += 48 * HOUR_MS
    await past(48 * HOUR_S)
    await sweep()
    expect(await statuses(ids)).toEqual(['running', 'running', 'pending'])
    await run(200)
    await sweep()
    expect(await statuses(ids)).toEqual(['running', 'running', 'pending'])
    await run(150)
    await sweep()
    expect(await statuses(ids)).toEqual(['running', 'failed', 'pending'])
    await run(HOUR_S)
    await sweep()
    expect(await statuses(ids)).toEqual(['failed', 'failed', 'failed'])
  })

  it('fails no job either when only the clock of the database was set forward', async () => {
    const ids = await jobs()
    await sweep()
    const { databaseTime } = services.jobs
    const setForward = async () => new Date((await databaseTime()).getTime() + 48 * HOUR_MS)
    services = { ...services, jobs: { ...services.jobs, databaseTime: setForward } }
    await past(48 * HOUR_S)
    const since = await listeningSince(services)
    await timeOutJobs(services, LIMITS, new Date(since.getTime() - ahead.wall - 48 * HOUR_MS))
    expect(await statuses(ids)).toEqual(['running', 'running', 'pending'])
  })

  it('measures in the time of the database, which may differ from its own', async () => {
    ahead.wall -= 5 * HOUR_MS
    const clock = watchClock({ wall: () => Date.now() + ahead.wall, monotonic: () => performance.now() })
    const since = await listeningSince({ ...gateway.services, clock })
    const database = await gateway.services.jobs.databaseTime()
    expect(Math.abs(database.getTime() - since.getTime())).toBeLessThan(60_000)
  })

  it('wakes a runner for new work if it was in contact just before the sleep', async () => {
    const { database, queueValue } = gateway
    await gateway.post('/jobs/request', { token: runner.token, system_id: 's_1' })
    await gateway.services.contacts.flush()
    await gateway.post('/jobs/request', { token: runner.token, system_id: 's_1' })
    const known = await queueValue(runner.token)
    expect(known).not.toBeNull()
    ahead.wall += 48 * HOUR_MS
    // For this process the contact was two days ago.
    await database.db.script("update runners set contacted_at = contacted_at + interval '24 hours'")
    await tickForJob(services, { projectId: 1, tags: [], protected: false })
    expect(await queueValue(runner.token)).toBeNull()
  })
})

describe('A contact that was recorded while a clock was wrong', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway()
  })
  afterAll(() => gateway?.[Symbol.asyncDispose]())

  it('is replaced by the next one, even if that one seems to be earlier', async () => {
    const runner = await gateway.register()
    const { stores } = gateway.database
    const contact = (at: Date) =>
      stores.runners.recordContacts([{ runnerId: runner.id, managerId: null, at, ipAddress: null }])
    await contact(new Date(Date.now() + 365 * 24 * HOUR_MS))
    const now = new Date()
    await contact(now)
    expect((await stores.runners.find(runner.id))?.contactedAt).toEqual(now)
    // A moment earlier by the clock of another process, so the latest contact stays.
    await contact(new Date(now.getTime() - 5_000))
    expect((await stores.runners.find(runner.id))?.contactedAt).toEqual(now)
  })
})
