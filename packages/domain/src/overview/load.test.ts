import { expect, it } from 'vitest'
import { rememberLoad } from './load.ts'

const RUNNERS = { online: 2, offline: 0, stale: 0, never_contacted: 1 }

/** Counts how often the stores are asked; each count takes `took` milliseconds. */
function counting() {
  const scene = { now: 0, took: 0, counts: 0, fails: false }
  const load = rememberLoad(
    {
      jobs: {
        queueLength: async () => {
          scene.counts += 1
          scene.now += scene.took
          if (scene.fails) throw new Error('the database is away')
          return { jobs: scene.counts, oldestAt: null }
        },
      },
      runners: { countByStatus: async () => RUNNERS },
    },
    () => scene.now,
  )
  return { scene, load }
}

it('is counted once for calls that come together, or within a second', async () => {
  const { scene, load } = counting()
  const [one, other] = await Promise.all([load(), load()])
  expect(one).toEqual({ queue: { jobs: 1, oldestAt: null }, runners: RUNNERS })
  expect(other).toBe(one)
  scene.now += 999
  expect(await load()).toBe(one)
  scene.now += 1
  expect((await load()).queue.jobs).toBe(2)
})

it('is kept longer when counting takes long', async () => {
  const { scene, load } = counting()
  scene.took = 200
  await load()
  scene.now += 3_799
  await load()
  expect(scene.counts).toBe(1)
  scene.now += 1
  await load()
  expect(scene.counts).toBe(2)
})

it('is counted again after a failure', async () => {
  const { scene, load } = counting()
  scene.fails = true
  await expect(load()).rejects.toThrow('away')
  scene.fails = false
  expect((await load()).queue.jobs).toBe(2)
})
