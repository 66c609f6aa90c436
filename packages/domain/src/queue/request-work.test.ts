import { describe, expect, it } from 'vitest'
import { updateRunner } from '../runners/update-runner.ts'
import type { Services } from '../services.ts'
import { ask, create, find, register, services, setUpScene, statusOf, workRequest } from '../testing/scene.ts'
import { steadyClock } from '../testing/steady-clock.ts'
import type { HandedJob } from './hand-over-job.ts'
import { type WorkRequest, WorkRequests } from './request-work.ts'

setUpScene()

const requests = (over: Partial<Services> = {}) =>
  new WorkRequests({ ...services, ...over }, (handed: HandedJob) => handed.taken.job.id)
const withPolicy = (policy: Partial<Services['policy']>) => ({ policy: { ...services.policy, ...policy } })

/** Returns the queue value that a runner gets when there is nothing for it. */
async function valueFor(given: Partial<WorkRequest>): Promise<string> {
  const answer = await ask(given)
  if (answer.kind !== 'nothing' || answer.queueValue === null) throw new Error(JSON.stringify(answer))
  return answer.queueValue
}

describe('a request for work', () => {
  it('is answered with a job and the payload that is made of it', async () => {
    const id = await create()
    const answer = await requests().answer(workRequest(), false)
    expect(answer).toMatchObject({ kind: 'job', payload: id, handed: { taken: { job: { id, status: 'running' } } } })
    expect(await statusOf(id)).toBe('running')
  })

  it('without a job is answered with a value, with which the next one is answered from memory', async () => {
    const { id, token } = await register()
    const lastUpdate = await valueFor({ token })
    expect(await ask({ token, lastUpdate })).toEqual({
      ...{ kind: 'nothing', runnerId: null, queueValue: lastUpdate, cached: true },
    })
    expect(await ask({ token, lastUpdate: 'another' })).toEqual({
      ...{ kind: 'nothing', runnerId: id, queueValue: lastUpdate, cached: false },
    })
    await create()
    expect(await ask({ token, lastUpdate })).toMatchObject({ kind: 'job' })
  })

  it('may be held where nothing is new and its client waits', async () => {
    const { token } = await register()
    const lastUpdate = await valueFor({ token })
    const request = workRequest({ token, lastUpdate })
    const held = requests(withPolicy({ longPollMs: 50_000 }))
    expect(await held.answer(request, true)).toEqual({ kind: 'may_be_held' })
    expect(await held.answer(request, false)).toMatchObject({ kind: 'nothing', cached: true })
    expect(await requests().answer(request, true)).toMatchObject({ kind: 'nothing', cached: true })
    expect(await held.answer({ ...request, lastUpdate: '' }, true)).toMatchObject({ kind: 'nothing', cached: false })
  })

  it('with nothing new asks for no more of the shared values than its own queue value, which may be known', async () => {
    const { token } = await register()
    const lastUpdate = await valueFor({ token })
    const asked: PropertyKey[] = []
    const scratch = new Proxy(services.scratch, {
      get(target, name) {
        asked.push(name)
        return Reflect.get(target, name)
      },
    })
    const polled = requests({ scratch, ...withPolicy({ jobRequestsPerMinute: 2_000 }) })
    for (let poll = 0; poll < 3; poll++) {
      expect(await polled.answer(workRequest({ token, lastUpdate }), false)).toMatchObject({ cached: true })
    }
    expect(asked).toEqual(['recall', 'recall', 'recall'])
  })

  it('of a client that has gone takes no job', async () => {
    const id = await create()
    expect(await requests().answer(workRequest({ isGone: () => true }), false)).toEqual({ kind: 'gone' })
    expect(await statusOf(id)).toBe('pending')
  })

  it('of a client that goes while its job is being taken leaves the job in its place', async () => {
    const first = await create({ resource_group: 'lock', timeout: 60 })
    const ids = [first, await create()]
    let isGone = false
    const leaving = new WorkRequests(services, (handed: HandedJob) => {
      isGone = true
      return handed.taken.job.id
    })
    const before = await find(first)
    expect(await leaving.answer(workRequest({ isGone: () => isGone }), false)).toEqual({ kind: 'gone' })
    expect(await find(first)).toEqual({ ...before, updatedAt: expect.any(Date) })
    for (const id of ids) expect(await ask({})).toMatchObject({ kind: 'job', handed: { taken: { job: { id } } } })
  })

  it('whose answer could not be sent gives the job back, and wakes the runners that could take it', async () => {
    const { token } = await register()
    const id = await create()
    const asked = requests()
    const answer = await asked.answer(workRequest(), false)
    if (answer.kind !== 'job') throw new Error(answer.kind)
    const lastUpdate = await valueFor({ token })
    await asked.giveBack(answer.handed)
    expect(await statusOf(id)).toBe('pending')
    expect(await ask({ token, lastUpdate })).toMatchObject({ kind: 'job', handed: { taken: { job: { id } } } })
    await asked.giveBack(answer.handed)
    expect(await statusOf(id)).toBe('running')
  })

  it('whose job was reported meanwhile keeps it', async () => {
    const id = await create()
    const asked = requests()
    const answer = await asked.answer(workRequest(), false)
    if (answer.kind !== 'job') throw new Error(answer.kind)
    await services.jobs.touch(id)
    await asked.giveBack(answer.handed)
    expect(await find(id)).toMatchObject({ status: 'running', finishedAt: null })
  })

  it('of a paused runner takes no job', async () => {
    const { id: runnerId, token } = await register()
    await updateRunner(services, runnerId, { paused: true })
    const id = await create()
    expect(await ask({ token })).toMatchObject({ kind: 'nothing', runnerId, queueValue: expect.any(String) })
    expect(await statusOf(id)).toBe('pending')
  })

  it('with a token that is not known is refused', async () => {
    expect(await ask({ token: 'wrong' })).toEqual({ kind: 'refused', error: { kind: 'runner_refused' } })
  })

  it('that a new value woke leaves its runner the old one, so that it asks again', async () => {
    expect(await requests().search(workRequest(), true)).toMatchObject({ kind: 'nothing', queueValue: null })
    expect(await requests().search(workRequest({ token: 'replaced' }), true)).toEqual({
      ...{ kind: 'nothing', runnerId: null, queueValue: null, cached: false },
    })
  })

  it('takes only a job that has waited as long as it asks for', async () => {
    const id = await create()
    expect(await ask({ jobAge: 3_600 })).toMatchObject({ kind: 'nothing' })
    expect(await ask({ jobAge: 0 })).toMatchObject({ kind: 'job', handed: { taken: { job: { id } } } })
  })

  it('fails the job of which no payload can be made, and gets no job', async () => {
    const id = await create()
    const failures: string[] = []
    const background = { ...services.background, report: (name: string) => void failures.push(name) }
    const broken = new WorkRequests({ ...services, background }, () => {
      throw new Error('no payload')
    })
    expect(await broken.answer(workRequest(), false)).toMatchObject({ kind: 'nothing' })
    expect(await find(id)).toMatchObject({ status: 'failed', failureReason: 'scheduler_failure' })
    expect(failures).not.toEqual([])
  })

  it('is one of so many in a minute, of each token', async () => {
    const [{ token }, other] = [await register(), await register()]
    let now = new Date('2026-01-10T12:34:15Z')
    const limited = requests({ ...withPolicy({ jobRequestsPerMinute: 2 }), clock: steadyClock(() => now) })
    const answer = (of: string) => limited.answer(workRequest({ token: of }), false)
    expect([(await answer(token)).kind, (await answer(token)).kind]).toEqual(['nothing', 'nothing'])
    expect(await answer(token)).toEqual({ kind: 'too_many', retryAfterSeconds: 45 })
    expect((await answer(other.token)).kind).toBe('nothing')
    now = new Date('2026-01-10T12:35:00Z')
    expect((await answer(token)).kind).toBe('nothing')
  })

  it('gets a job that no other request gets, however many ask at once', async () => {
    const ids = [await create(), await create(), await create()]
    const asked = requests()
    const answers = await Promise.all(Array.from({ length: 8 }, () => asked.answer(workRequest(), false)))
    const taken = answers.flatMap((answer) => (answer.kind === 'job' ? [answer.payload] : []))
    expect(new Set(taken).size).toBe(taken.length)
    for (let left = ids.length - taken.length; left > 0; left--) {
      const answer = await asked.answer(workRequest(), false)
      if (answer.kind === 'job') taken.push(answer.payload)
    }
    expect(taken.toSorted((a, b) => a - b)).toEqual(ids)
  })
})
