import { describe, expect, it } from 'vitest'
import { create, register, services, setUpScene, statusOf, take } from '../testing/scene.ts'
import { changeJobs } from './change-jobs.ts'
import { changeRunners } from './change-runners.ts'
import { portionsFrom, portionsOf } from './one-by-one.ts'
import { readProgress } from './progress.ts'

setUpScene()

describe('a change of many jobs', () => {
  it('is made of each of them, and counts those that refuse it', async () => {
    const [first, second] = [await create(), await create()]
    const outcome = await changeJobs(services, {
      ...{ atMost: 10, change: 'cancel', selection: { ids: [first, second, first, 999_999] }, progress: 'some-name' },
    })
    expect(outcome).toEqual({ done: 2, refused: 1, stopped: false, more: false })
    expect([await statusOf(first), await statusOf(second)]).toEqual(['canceled', 'canceled'])
    expect(await readProgress(services, 'some-name')).toEqual({ done: 2, refused: 1 })
    expect(await readProgress(services, 'another')).toEqual({ done: 0, refused: 0 })
  })

  it('is made of all that match, in portions, without those that it makes', async () => {
    const made: number[] = []
    for (let count = 0; count < 205; count++) made.push(await create({ tags: ['many'] }))
    const other = await create()
    const matching = { runnerTag: 'many', status: 'pending' } as const
    const canceled = await changeJobs(services, { atMost: 1_000, change: 'cancel', selection: { matching } })
    expect(canceled).toEqual({ done: 205, refused: 0, stopped: false, more: false })
    expect(await statusOf(other)).toBe('pending')
    const retried = await changeJobs(services, {
      atMost: 1_000,
      change: 'retry',
      selection: { matching: { runnerTag: 'many' } },
    })
    expect(retried).toMatchObject({ done: 205, refused: 0 })
    expect(await services.jobs.listIds({ runnerTag: 'many', limit: 1_000 })).toHaveLength(410)
  })

  it('leaves what was done when it is interrupted', async () => {
    const ids = [await create({ when: 'manual' }), await create({ when: 'manual' }), await create({ when: 'manual' })]
    const stop = new AbortController()
    const outcome = await changeJobs(
      {
        ...services,
        jobs: {
          ...services.jobs,
          play: async (...given) => {
            const played = await services.jobs.play(...given)
            stop.abort()
            return played
          },
        },
      },
      { atMost: 3, change: 'play', selection: { ids }, signal: stop.signal },
    )
    expect(outcome).toEqual({ done: 1, refused: 0, stopped: true, more: false })
    expect(await Promise.all(ids.map(statusOf))).toEqual(['pending', 'manual', 'manual'])
  })

  it('ends when so many were changed as were agreed to', async () => {
    const [older, middle, newer] = [await create(), await create(), await create()]
    const selection = { matching: { status: 'pending' } } as const
    const outcome = await changeJobs(services, { atMost: 2, change: 'cancel', selection })
    expect(outcome).toEqual({ done: 2, refused: 0, stopped: false, more: true })
    expect(await Promise.all([older, middle, newer].map(statusOf))).toEqual(['pending', 'canceled', 'canceled'])
  })

  it('may be what one job refuses', async () => {
    const id = await create()
    await take()
    const change = (what: 'retry' | 'erase' | 'play') =>
      changeJobs(services, { atMost: 1, change: what, selection: { ids: [id] } })
    for (const what of ['retry', 'erase', 'play'] as const) {
      expect(await change(what)).toMatchObject({ done: 0, refused: 1 })
    }
  })
})

describe('a change of many runners', () => {
  it('pauses, resumes and removes them', async () => {
    const ids: number[] = []
    for (let count = 0; count < 3; count++) ids.push((await register({ tagList: ['fleet'] })).id)
    const matching = { tag: 'fleet' }
    const paused = async () => (await services.runners.list({ ...matching, limit: 9 })).map((runner) => runner.paused)
    await changeRunners(services, { atMost: 9, change: 'pause', selection: { matching } })
    expect(await paused()).toEqual([true, true, true])
    await changeRunners(services, { atMost: 9, change: 'resume', selection: { ids: ids.slice(0, 1) } })
    expect(await paused()).toEqual([true, true, false])
    const removed = await changeRunners(services, {
      ...{ atMost: 9, change: 'remove', selection: { matching: { ...matching, status: 'never_contacted' } } },
    })
    expect(removed).toEqual({ done: 3, refused: 0, stopped: false, more: false })
    expect(await paused()).toEqual([])
  })

  it('spares one whose first contact is not written yet', async () => {
    const { id } = await register({ tagList: ['woken'] })
    services.contacts.note({ runnerId: id, managerId: null, at: new Date(), ipAddress: null })
    const selection = { matching: { tag: 'woken', status: 'never_contacted' } } as const
    expect(await changeRunners(services, { atMost: 9, change: 'remove', selection })).toMatchObject({
      done: 0,
      refused: 0,
    })
  })
})

describe('portions', () => {
  const all = async (portions: AsyncIterable<readonly number[]>) => {
    const sizes: number[] = []
    for await (const ids of portions) sizes.push(ids.length)
    return sizes
  }

  it('are of 100, and end with the list', async () => {
    const ids = Array.from({ length: 250 }, (_, at) => 250 - at)
    expect(await all(portionsOf(ids))).toEqual([100, 100, 50])
    const from =
      (length: number) =>
      async (behind = length + 1) =>
        ids
          .slice(250 - length)
          .filter((id) => id < behind)
          .slice(0, 100)
    expect(await all(portionsFrom(from(250)))).toEqual([100, 100, 50])
    expect(await all(portionsFrom(from(200)))).toEqual([100, 100])
    expect(await all(portionsFrom(from(0)))).toEqual([])
  })
})
