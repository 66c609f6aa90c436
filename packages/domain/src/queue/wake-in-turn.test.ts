import { expect, it } from 'vitest'
import type { JobScope } from '../ports.ts'
import { decodeScope, encodeScope } from '../wakeups/job-scope.ts'
import { type Sleeper, WakeInTurn } from './wake-in-turn.ts'

const SCOPE: JobScope = { projectId: 1, protected: false, tags: ['linux'] }
const HINT = encodeScope(SCOPE)

/** Sleepers, and the numbers of those that were woken, in order. */
function sleepers(count: number) {
  const woken: number[] = []
  const all = Array.from({ length: count }, (_, since) => {
    const sleeper = {
      since,
      isWaiting: true,
      look() {
        if (!sleeper.isWaiting) return
        sleeper.isWaiting = false
        woken.push(since)
      },
    }
    return sleeper
  })
  return { all, woken }
}

/** Wakes sleepers for a job, while the queue has these numbers of jobs, one after the other. */
function wakeAll(all: readonly Sleeper[], queued: number[], known: readonly Sleeper[] = all) {
  const counted: JobScope[] = []
  const jobs = {
    async countQueued(scope: JobScope) {
      counted.push(scope)
      return queued.shift() ?? 0
    },
  }
  const wakeUps = new WakeInTurn(jobs, () => known)
  for (const sleeper of all) wakeUps.wake(sleeper, HINT)
  return { counted, wakeUps }
}

it('wakes a few for a job, those first that have waited longest', async () => {
  const { all, woken } = sleepers(1_000)
  const { counted } = wakeAll(all.slice(0, 300).reverse(), [0])
  await expect.poll(() => counted).toEqual([SCOPE])
  expect(woken).toEqual([0, 1, 2, 3])
  expect(all.filter(({ isWaiting }) => isWaiting)).toHaveLength(996)
})

it('wakes more as long as the job is there, and all in the end', async () => {
  const { all, woken } = sleepers(100)
  const { counted } = wakeAll(
    all,
    Array.from({ length: 100 }, () => 1),
  )
  await expect.poll(() => woken).toHaveLength(100)
  expect(counted.length).toBeLessThan(7)
})

it('wakes as many as there are jobs', async () => {
  const { all, woken } = sleepers(200)
  const { counted } = wakeAll(all, [60, 0])
  await expect.poll(() => counted).toHaveLength(2)
  expect(woken).toHaveLength(4 + 63)
})

it('wakes those that are not remembered, too, when the others could not take the job', async () => {
  const { all, woken } = sleepers(2_000)
  wakeAll(all, [1_000, 1])
  await expect.poll(() => woken).toHaveLength(2_000)
})

it('wakes more when the jobs cannot be counted', async () => {
  const { all, woken } = sleepers(20)
  const wakeUps = new WakeInTurn({ countQueued: () => Promise.reject(new Error('away')) }, () => all)
  for (const sleeper of all) wakeUps.wake(sleeper, HINT)
  await expect.poll(() => woken).toHaveLength(20)
})

it('passes over those that have left', async () => {
  const { all, woken } = sleepers(10)
  const { counted } = wakeAll(all, [0])
  for (const sleeper of all.slice(0, 5)) sleeper.isWaiting = false
  await expect.poll(() => counted).toHaveLength(1)
  expect(woken).toEqual([5, 6, 7, 8])
})

it('begins again with the next job', async () => {
  const { all, woken } = sleepers(20)
  const { counted, wakeUps } = wakeAll(all, [0, 0])
  await expect.poll(() => counted).toHaveLength(1)
  await expect
    .poll(() => {
      for (const sleeper of all) if (sleeper.isWaiting) wakeUps.wake(sleeper, HINT)
      return woken.length
    })
    .toBeGreaterThanOrEqual(8)
})

it('wakes for a job that came while the jobs were being counted', async () => {
  const { all, woken } = sleepers(20)
  let counts = 0
  const jobs = {
    async countQueued() {
      counts++
      if (counts === 1) wakeUps.wake(all[19] as Sleeper, HINT)
      return 0
    },
  }
  const wakeUps = new WakeInTurn(jobs, () => all)
  for (const sleeper of all) wakeUps.wake(sleeper, HINT)
  await expect.poll(() => counts).toBe(2)
  expect(woken).toHaveLength(4 + 8)
})

it('wakes at once without a hint, and with one that it does not know', () => {
  const { all, woken } = sleepers(40)
  const wakeUps = new WakeInTurn({ countQueued: async () => 0 }, () => all)
  const hints = [undefined, '', 'x', '{}', '[]', '[1]', '[1,false]', '[1,false,[2]]', '["1",false,[]]', '[1,0,[]]']
  for (const [n, hint] of hints.entries()) wakeUps.wake(all[n] as Sleeper, hint)
  expect(woken).toHaveLength(hints.length)
})

it('tells jobs apart by what decides which runners may take them', () => {
  const jobs: JobScope[] = [
    SCOPE,
    { ...SCOPE, projectId: 2 },
    { ...SCOPE, protected: true },
    { ...SCOPE, tags: ['a', 'b'] },
  ]
  expect(new Set(jobs.map(encodeScope)).size).toBe(jobs.length)
  expect(jobs.map((scope) => decodeScope(encodeScope(scope)))).toEqual(jobs)
  expect(encodeScope({ ...SCOPE, tags: ['b', 'a', 'b'] })).toBe(encodeScope({ ...SCOPE, tags: ['a', 'b'] }))
})
