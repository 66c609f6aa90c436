import { arrange } from '@yardmaster/db/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HandedJob } from '../queue/hand-over-job.ts'
import { callerOf, type WorkAnswer, WorkRequests } from '../queue/request-work.ts'
import {
  age,
  create,
  database,
  EVER,
  find,
  type Holder,
  jobIn,
  register,
  say,
  services,
  setUpScene,
  statusOf,
  workRequest,
} from '../testing/scene.ts'
import { traceAppender } from './append-trace.ts'
import { endLostJobs } from './end-lost-jobs.ts'

setUpScene()

let requests: WorkRequests<HandedJob>
let token: string
let tag: string
let runners = 0
/** Milliseconds on a clock that only these tests move. */
let passed: number
let look: (since?: Date) => Promise<void>

beforeAll(() => {
  const holding = { ...services, policy: { ...services.policy, longPollMs: 600_000 } }
  requests = new WorkRequests(holding, (handed) => handed)
})
afterAll(() => requests?.endHolds())
beforeEach(async () => {
  runners += 1
  tag = `yard-${runners}`
  token = (await register({ tagList: [tag], runUntagged: false })).token
  passed = 0
  const end = endLostJobs(services, () => passed)
  look = async (since = EVER) => {
    await services.contacts.flush()
    await end(since)
  }
})

const request = (systemId = 's_1') => requests.answer(workRequest({ token, systemId }), true)

/** Sends a request, and once more with the value that it got, until that one is held. */
async function holding() {
  const first = await request()
  const lastUpdate = (first.kind === 'nothing' && first.queueValue) || 'none'
  const held = workRequest({ token, lastUpdate })
  expect(await requests.answer(held, true)).toEqual({ kind: 'may_be_held' })
  const { promise: answer, resolve, reject } = Promise.withResolvers<WorkAnswer<HandedJob>>()
  const began = await requests.hold({
    ...callerOf(held),
    lastUpdate,
    ipAddress: null,
    began: () => undefined,
    ended: (how) => (how === 'woken' ? resolve(requests.search(held, true)) : reject(new Error(how))),
  })
  expect(began).toBe(true)
  return { answer }
}

/** Returns a job that was the answer to a held request. */
async function handedOver(): Promise<Holder> {
  const { answer } = await holding()
  await create({ tags: [tag] })
  return jobIn(await answer)
}

/** Looks now, and again after the time at which a lost job is ended. */
async function lookTwice(since = EVER): Promise<void> {
  await look(since)
  passed += 65_000
  await look(since)
}

describe('a job that was the answer to a held request, and whose token was never used', () => {
  it('ends one minute after its runner polled again half a minute later, and is retried', async () => {
    const lost = await handedOver()
    await age(lost.id, 'started_at', 31)
    await request()
    await look()
    passed += 64_999
    await look()
    expect(await statusOf(lost.id)).toBe('running')
    passed += 1
    await look()
    const ended = await find(lost.id)
    expect(ended).toMatchObject({ status: 'failed', failureReason: 'runner_provisioning_timeout' })
    expect(ended?.retriedBy).not.toBeNull()
    expect(await say(lost, 'running')).toMatchObject({ ok: false, error: { kind: 'job_not_executing' } })
  })

  it('ends when the new request of its runner is held', async () => {
    const lost = await handedOver()
    await age(lost.id, 'started_at', 31)
    const held = await holding()
    await lookTwice()
    expect(await statusOf(lost.id)).toBe('failed')
    // The retry is the answer to the held request.
    expect((await held.answer).kind).toBe('job')
  })

  it('ends as canceled when it was canceling', async () => {
    const lost = await handedOver()
    await arrange(database.db, "update jobs set status = 'canceling' where id = $1", [lost.id])
    await age(lost.id, 'started_at', 31)
    await request()
    await lookTwice()
    expect(await statusOf(lost.id)).toBe('canceled')
  })
})

describe('a job is left to its time limit', () => {
  /** Sets when the runner of a job polled last, in seconds after the job started. */
  async function setPolled({ id }: Holder, seconds: number): Promise<void> {
    await services.contacts.flush()
    await database.db.query(
      `update runner_managers m set asked_at = j.started_at + $2 * interval '1 second'
         from jobs j where j.id = $1 and m.id = j.manager_id`,
      [id, seconds],
    )
  }
  const isLeft = async (job: Holder, since = EVER) => {
    await lookTwice(since)
    expect(await statusOf(job.id)).toBe('running')
  }

  it('when its runner did not poll again', async () => {
    const job = await handedOver()
    await age(job.id, 'started_at', 3_600)
    await services.contacts.flush()
    await database.db.script('update runner_managers set asked_at = null')
    await isLeft(job)
  })

  it('when its runner polled at the same time, and that request is still held', async () => {
    const job = await handedOver()
    const held = await holding()
    await age(job.id, 'started_at', 3_600)
    await setPolled(job, 0)
    await isLeft(job)
    await create({ tags: [tag] })
    expect((await held.answer).kind).toBe('job')
    // An answer does not count as a request either.
    await isLeft(job)
  })

  it('when its runner polled again within half a minute', async () => {
    const job = await handedOver()
    await request()
    await setPolled(job, 29)
    await isLeft(job)
  })

  it('when another process polls with the same token', async () => {
    const job = await handedOver()
    await age(job.id, 'started_at', 3_600)
    await services.contacts.flush()
    await database.db.script('update runner_managers set asked_at = null')
    await request('s_2')
    await isLeft(job)
  })

  it('when its runner only reports about another job', async () => {
    await create({ tags: [tag] })
    const other = jobIn(await request())
    const job = await handedOver()
    await age(job.id, 'started_at', 3_600)
    await services.contacts.flush()
    await database.db.script('update runner_managers set asked_at = null')
    expect(await say(other, 'running')).toMatchObject({ ok: true })
    await isLeft(job)
  })

  it('when the request was answered at once', async () => {
    await create({ tags: [tag] })
    const job = jobIn(await request())
    await age(job.id, 'started_at', 3_600)
    await request()
    await isLeft(job)
  })

  it('when it sent a signal, before it was found lost or afterwards', async () => {
    const [early, late] = [await handedOver(), await handedOver()]
    await age(early.id, 'started_at', 3_600)
    await age(late.id, 'started_at', 3_600)
    await say(early, 'running')
    await request()
    await look()
    await say(late, 'running')
    passed += 65_000
    await look()
    expect([await statusOf(early.id), await statusOf(late.id)]).toEqual(['running', 'running'])
  })

  it('when the first piece of its log is being received, however long that takes', async () => {
    const job = await handedOver()
    await age(job.id, 'started_at', 3_600)
    await request()
    expect(await traceAppender(services).admit({ ...job, ipAddress: null })).toMatchObject({ ok: true })
    await isLeft(job)
  })

  it('when no process was listening meanwhile', async () => {
    const job = await handedOver()
    await age(job.id, 'started_at', 3_600)
    await request()
    await isLeft(job, new Date())
  })

  it('for another minute when the database was away', async () => {
    const job = await handedOver()
    await age(job.id, 'started_at', 31)
    await request()
    await look()
    passed += 60_000
    vi.spyOn(services.jobs, 'unreceived').mockRejectedValueOnce(new Error('no database'))
    await expect(look()).rejects.toThrow('no database')
    passed += 5_000
    await look()
    passed += 64_999
    await look()
    expect(await statusOf(job.id)).toBe('running')
    passed += 1
    await look()
    expect(await statusOf(job.id)).toBe('failed')
  })
})
