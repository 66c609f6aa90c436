import { arrange } from '@yardmaster/db/testing'
import { endLostJobs, traceAppender } from '@yardmaster/domain/execution'
import type { JobStatus } from '@yardmaster/domain/jobs'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts'

const PATIENCE = { timeout: 60_000 }
const EVER = new Date(0)

let gateway: TestGateway
let token: string
let tag: string
let runners = 0
/** Milliseconds on a clock that only these tests move. */
let passed: number
let look: (since?: Date) => Promise<void>

beforeAll(async () => {
  gateway = await startTestGateway({ policy: { longPollMs: 600_000 } })
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(async () => {
  runners += 1
  tag = `yard-${runners}`
  token = (await gateway.register({ tag_list: tag, run_untagged: false })).token
  passed = 0
  const end = endLostJobs(gateway.services, () => passed)
  look = async (since = EVER) => {
    await gateway.services.contacts.flush()
    await end(since)
  }
})

interface Taken {
  readonly id: number
  readonly token: string
}

const request = (lastUpdate?: string, systemId = 's_1') =>
  gateway.post('/jobs/request', { token, system_id: systemId, ...(lastUpdate && { last_update: lastUpdate }) })

async function createJob(): Promise<void> {
  const definition = { script: ['true'], tags: [tag] }
  await gateway.admin('mutation', 'jobs.create', { name: 'made', definition })
}

async function heldPolls(): Promise<number> {
  const { text } = await gateway.call('GET', '/metrics')
  return Number(/^yardmaster_held_polls (\d+)$/m.exec(text)?.[1])
}

/** Sends a request and waits until it is held. */
async function holding(lastUpdate: unknown) {
  const before = await heldPolls()
  const answer = request(String(lastUpdate))
  await vi.waitFor(async () => expect(await heldPolls()).toBe(before + 1), PATIENCE)
  return { answer }
}

/** Returns a job that was the answer to a held request. */
async function handedOver(): Promise<Taken> {
  const { headers } = await request()
  const { answer } = await holding(headers['x-gitlab-last-update'])
  await createJob()
  const { status, body } = await answer
  expect(status).toBe(201)
  return body as Taken
}

const age = ({ id }: Taken, seconds: number) =>
  gateway.database.db.query("update jobs set started_at = started_at - $2 * interval '1 second' where id = $1", [
    id,
    seconds,
  ])

async function find({ id }: Taken) {
  await gateway.services.background.settle()
  return await gateway.services.jobs.find(id)
}
const statusOf = async (job: Taken): Promise<JobStatus | undefined> => (await find(job))?.status

const say = ({ id, token }: Taken) => gateway.call('PUT', `/api/v4/jobs/${id}`, { json: { token, state: 'running' } })

/** Looks now, and again after the time at which a lost job is ended. */
async function lookTwice(since = EVER): Promise<void> {
  await look(since)
  passed += 65_000
  await look(since)
}

describe('a job that was the answer to a held request, and whose token was never used', () => {
  it('ends one minute after its runner polled again half a minute later, and is retried', async () => {
    const lost = await handedOver()
    await age(lost, 31)
    await request()
    await look()
    passed += 64_999
    await look()
    expect(await statusOf(lost)).toBe('running')
    passed += 1
    await look()
    const ended = await find(lost)
    expect(ended).toMatchObject({ status: 'failed', failureReason: 'runner_provisioning_timeout' })
    expect(ended?.retriedBy).not.toBeNull()
    expect((await say(lost)).status).toBe(403)
  })

  it('ends when the new request of its runner is held', async () => {
    const lost = await handedOver()
    const { headers } = await request()
    await age(lost, 31)
    const held = await holding(headers['x-gitlab-last-update'])
    await lookTwice()
    expect(await statusOf(lost)).toBe('failed')
    // The retry is the answer to the held request.
    expect((await held.answer).status).toBe(201)
  })

  it('ends as canceled when it was canceling', async () => {
    const lost = await handedOver()
    await arrange(gateway.database.db, "update jobs set status = 'canceling' where id = $1", [lost.id])
    await age(lost, 31)
    await request()
    await lookTwice()
    expect(await statusOf(lost)).toBe('canceled')
  })
})

describe('a job is left to its time limit', () => {
  const isLeft = async (job: Taken, since = EVER) => {
    await lookTwice(since)
    expect(await statusOf(job)).toBe('running')
  }

  it('when its runner did not poll again', async () => {
    const job = await handedOver()
    await age(job, 3_600)
    await gateway.services.contacts.flush()
    await gateway.database.db.script('update runner_managers set asked_at = null')
    await isLeft(job)
  })

  it('when its runner polled at the same time, and that request is still held', async () => {
    const job = await handedOver()
    const { headers } = await request()
    const held = await holding(headers['x-gitlab-last-update'])
    await gateway.services.contacts.flush()
    await age(job, 3_600)
    await gateway.database.db.script("update runner_managers set asked_at = asked_at - interval '1 hour'")
    await isLeft(job)
    await createJob()
    expect((await held.answer).status).toBe(201)
    // An answer does not count as a request either.
    await isLeft(job)
  })

  it('when its runner polled again within half a minute', async () => {
    const job = await handedOver()
    await age(job, 20)
    await request()
    await isLeft(job)
  })

  it('when another process polls with the same token', async () => {
    const job = await handedOver()
    await age(job, 3_600)
    await gateway.services.contacts.flush()
    await gateway.database.db.script('update runner_managers set asked_at = null')
    await request(undefined, 's_2')
    await isLeft(job)
  })

  it('when its runner only reports about another job', async () => {
    await createJob()
    const other = (await request()).body as Taken
    const job = await handedOver()
    await age(job, 3_600)
    await gateway.services.contacts.flush()
    await gateway.database.db.script('update runner_managers set asked_at = null')
    expect((await say(other)).status).toBe(200)
    await isLeft(job)
  })

  it('when the request was answered at once', async () => {
    await createJob()
    const job = (await request()).body as Taken
    await age(job, 3_600)
    await request()
    await isLeft(job)
  })

  it('when it sent a signal, before it was found lost or afterwards', async () => {
    const [early, late] = [await handedOver(), await handedOver()]
    await age(early, 3_600)
    await age(late, 3_600)
    await say(early)
    await request()
    await look()
    await say(late)
    passed += 65_000
    await look()
    expect([await statusOf(early), await statusOf(late)]).toEqual(['running', 'running'])
  })

  it('when the first piece of its log is being received, however long that takes', async () => {
    const job = await handedOver()
    await age(job, 3_600)
    await request()
    expect(await traceAppender(gateway.services).admit({ ...job, ipAddress: null })).toMatchObject({ ok: true })
    await isLeft(job)
  })

  it('when no process was listening meanwhile', async () => {
    const job = await handedOver()
    await age(job, 3_600)
    await request()
    await isLeft(job, new Date())
  })

  it('for another minute when the database was away', async () => {
    const job = await handedOver()
    await age(job, 31)
    await request()
    await look()
    passed += 60_000
    vi.spyOn(gateway.services.jobs, 'unreceived').mockRejectedValueOnce(new Error('no database'))
    await expect(look()).rejects.toThrow('no database')
    passed += 5_000
    await look()
    passed += 64_999
    await look()
    expect(await statusOf(job)).toBe('running')
    passed += 1
    await look()
    expect(await statusOf(job)).toBe('failed')
  })
})
