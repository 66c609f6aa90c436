import { arrange } from '@yardmaster/db/testing'
import { type JobLimits, listeningSince, type Services, tickForJob, timeOutJobs, watchClock } from '@yardmaster/domain'
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
  /** What the process's clocks are ahead of the system's. */
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
    // The database's clock is the real one: what it is ahead in these tests is made up for by setting its dates back.
    const databaseTime = async () => new Date((await gateway.services.jobs.databaseTime()).getTime() + ahead.wall)
    services = { ...gateway.services, clock, jobs: { ...gateway.services.jobs, databaseTime } }
    // It has been awake for a day.
    clock.compare(new Date())
    runFor(24 * HOUR_MS)
  })

  /** Time that the process sees pass. */
  function runFor(ms: number) {
    for (let left = ms; left > 0; left -= 9_000) {
      ahead.wall += Math.min(left, 9_000)
      ahead.monotonic += Math.min(left, 9_000)
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

  it('fails no job for what runners left undone while it slept, and each of them after the limit', async () => {
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

  it('does so as well when only the clock of the database was set forward', async () => {
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

  it('measures in the time of the database, with which its own need not agree', async () => {
    ahead.wall -= 5 * HOUR_MS
    const clock = watchClock({ wall: () => Date.now() + ahead.wall, monotonic: () => performance.now() })
    const since = await listeningSince({ ...gateway.services, clock })
    const database = await gateway.services.jobs.databaseTime()
    expect(Math.abs(database.getTime() - since.getTime())).toBeLessThan(60_000)
  })

  it('tells a runner of new work that was in contact just before the sleep', async () => {
    const { database, queueValue } = gateway
    await gateway.post('/jobs/request', { token: runner.token, system_id: 's_1' })
    await gateway.services.contacts.flush()
    await gateway.post('/jobs/request', { token: runner.token, system_id: 's_1' })
    const known = await queueValue(runner.token)
    expect(known).not.toBeNull()
    ahead.wall += 48 * HOUR_MS
    // To this process the contact lies two days back.
    await database.db.script("update runners set contacted_at = contacted_at + interval '24 hours'")
    await tickForJob(services, { projectId: 1, tags: [], protected: false })
    expect(await queueValue(runner.token)).toBeNull()
  })
})

describe('A contact that was noted while a clock was wrong', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway()
  })
  afterAll(() => gateway?.[Symbol.asyncDispose]())

  it('is replaced by the next one, though that seems to be earlier', async () => {
    const runner = await gateway.register()
    const { stores } = gateway.database
    const contact = (at: Date) =>
      stores.runners.recordContacts([{ runnerId: runner.id, managerId: null, at, ipAddress: null }])
    await contact(new Date(Date.now() + 365 * 24 * HOUR_MS))
    const now = new Date()
    await contact(now)
    expect((await stores.runners.find(runner.id))?.contactedAt).toEqual(now)
    // A moment earlier by the clock of another process: the latest stays.
    await contact(new Date(now.getTime() - 5_000))
    expect((await stores.runners.find(runner.id))?.contactedAt).toEqual(now)
  })
})
