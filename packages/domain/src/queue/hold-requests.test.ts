import { afterEach, describe, expect, it } from 'vitest'
import { limitConcurrency } from '../limit-concurrency.ts'
import type { Services } from '../services.ts'
import { ask, create, register, services, setUpScene } from '../testing/scene.ts'
import { digestOf } from '../tokens.ts'
import { encodeScope } from '../wakeups/job-scope.ts'
import { currentQueueValue, queueValueKey, queueValueTopic, tickQueueValues } from '../wakeups/queue-value.ts'
import { type HeldRequest, HeldRequests, type Hold, type HoldEnd } from './hold-requests.ts'

setUpScene()

const LONG_MS = 600_000
let opened: HeldRequests[] = []
afterEach(() => {
  for (const requests of opened) requests.endAll()
  opened = []
})

function holding(longPollMs = LONG_MS, over: Partial<Services> = {}): HeldRequests {
  const ports = { ...services, policy: { ...services.policy, longPollMs }, ...over }
  const requests = new HeldRequests(ports, limitConcurrency(8))
  opened.push(requests)
  return requests
}

/** Returns a request of a new runner that has the current queue value, and what becomes of it. */
async function heldRequest(given: Partial<HeldRequest> = {}) {
  const { token } = await register()
  const tokenDigest = digestOf(token)
  const lastUpdate = await currentQueueValue(services, tokenDigest)
  const { promise: ended, resolve } = Promise.withResolvers<HoldEnd>()
  const ends: HoldEnd[] = []
  let hold: Hold | null = null
  const request: HeldRequest = {
    ...{ tokenDigest, systemId: `s_${tokenDigest.slice(0, 8)}`, lastUpdate, ipAddress: null },
    began(begun) {
      hold = begun
    },
    ended(how) {
      ends.push(how)
      resolve(how)
    },
    ...given,
  }
  return { token, tokenDigest, request, ended, ends, hold: () => hold }
}

describe('a held request', () => {
  it('is woken when its queue value changes', async () => {
    const { request, tokenDigest, ended, ends } = await heldRequest()
    expect(await holding().hold(request)).toBe(true)
    await tickQueueValues(services, [tokenDigest])
    expect(await ended).toBe('woken')
    await tickQueueValues(services, [tokenDigest])
    expect(ends).toEqual(['woken'])
  })

  it('is woken by a job that its runner can take', async () => {
    const { request, token, ended } = await heldRequest()
    await ask({ token })
    await services.contacts.flush()
    const value = await currentQueueValue(services, digestOf(token))
    expect(await holding().hold({ ...request, lastUpdate: value })).toBe(true)
    await create()
    expect(await ended).toBe('woken')
  })

  it('goes on when others are woken for a job and take it', async () => {
    let counted = 0
    const jobs: Services['jobs'] = {
      ...services.jobs,
      async countQueued() {
        counted++
        return 0
      },
    }
    const requests = holding(LONG_MS, { jobs })
    const all = await Promise.all(Array.from({ length: 12 }, () => heldRequest()))
    for (const { request } of all) await requests.hold(request)
    const digests = all.map(({ tokenDigest }) => tokenDigest)
    const hint = encodeScope({ projectId: 1, protected: false, tags: [] })
    await tickQueueValues(services, digests, hint)
    await expect.poll(() => counted).toBe(1)
    expect(all.map(({ ends }) => ends.length)).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    // Another change concerns each of them.
    await tickQueueValues(services, digests)
    expect(await Promise.all(all.map(({ ended }) => ended))).toEqual(all.map(() => 'woken'))
  })

  it('goes on when it is woken and nothing has changed', async () => {
    const { request, tokenDigest, ended, ends } = await heldRequest()
    await holding().hold(request)
    await services.events.publish(queueValueTopic(tokenDigest))
    await services.scratch.get(queueValueKey(tokenDigest))
    expect(ends).toEqual([])
    await tickQueueValues(services, [tokenDigest])
    expect(await ended).toBe('woken')
  })

  it('ends when its time is over', async () => {
    const { request, ended } = await heldRequest()
    await holding(30).hold(request)
    expect(await ended).toBe('timeout')
  })

  it('ends when its client leaves, and when the server stops', async () => {
    const [leaving, stopped] = [await heldRequest(), await heldRequest()]
    const requests = holding()
    await requests.hold(leaving.request)
    await requests.hold(stopped.request)
    leaving.hold()?.leave()
    expect(await leaving.ended).toBe('gone')
    expect(stopped.ends).toEqual([])
    requests.endAll()
    expect(await stopped.ended).toBe('gone')
    requests.endAll()
    expect([leaving.ends, stopped.ends]).toEqual([['gone'], ['gone']])
  })

  it('ends as woken when its value cannot be read any more', async () => {
    const { request, tokenDigest, ended } = await heldRequest()
    let isAway = false
    const scratch: Services['scratch'] = {
      ...services.scratch,
      get: (key) => (isAway ? Promise.reject(new Error('away')) : services.scratch.get(key)),
    }
    await holding(LONG_MS, { scratch }).hold(request)
    isAway = true
    await services.events.publish(queueValueTopic(tokenDigest))
    expect(await ended).toBe('woken')
  })
})

describe('a request is not held', () => {
  it('where holds are switched off', async () => {
    const { request, hold } = await heldRequest()
    expect(await holding(0).hold(request)).toBe(false)
    expect(hold()).toBeNull()
  })

  it('with a value that is out of date, or becomes so while the hold begins', async () => {
    const { request, tokenDigest, hold } = await heldRequest()
    expect(await holding().hold({ ...request, lastUpdate: 'old' })).toBe(false)
    const events: Services['events'] = {
      ...services.events,
      healthy: true,
      async listen(...args) {
        await services.events.listen(...args)
        await tickQueueValues(services, [tokenDigest])
      },
    }
    expect(await holding(LONG_MS, { events }).hold(request)).toBe(false)
    expect(hold()).toBeNull()
  })

  it('where no wake-up could be received', async () => {
    const { request, hold } = await heldRequest()
    const events = { ...services.events, healthy: false, listen: () => Promise.reject(new Error('no events')) }
    expect(await holding(LONG_MS, { events }).hold(request)).toBe(false)
    expect(hold()).toBeNull()
  })
})
