import { expect, it } from 'vitest'
import { memoryScratch } from '../testing/memory-scratch.ts'
import { steadyClock } from '../testing/steady-clock.ts'
import { countRequests } from './count-requests.ts'

const START = '2026-01-10T12:34:15Z'

/** Returns a counter for one process, with the clock that it reads. */
function processWith(scratch: ReturnType<typeof memoryScratch>, most: number) {
  const clock = { now: new Date(START) }
  const policy = { jobRequestsPerMinute: most }
  return { clock, counter: countRequests({ scratch, clock: steadyClock(() => clock.now), policy }) }
}

/** Counts requests until one is refused. Returns how many were not. */
async function allowed({ counter }: ReturnType<typeof processWith>, token = 'a'): Promise<number> {
  for (let count = 0; ; count++) if ((await counter.count(token)) !== null) return count
}

it('allows exactly the limit at one process, to each token', async () => {
  await using scratch = memoryScratch()
  for (const most of [1, 7, 39, 40, 2_000]) {
    const one = processWith(scratch, most)
    const token = `token of ${most}`
    expect(await allowed(one, token)).toBe(most)
    expect(await one.counter.count(token)).toBe(45)
    expect(await one.counter.count(`${token}, another`)).toBeNull()
  }
})

it('begins anew with each minute', async () => {
  await using scratch = memoryScratch()
  const one = processWith(scratch, 100)
  expect(await allowed(one)).toBe(100)
  one.clock.now = new Date('2026-01-10T12:34:59.999Z')
  expect(await one.counter.count('a')).toBe(1)
  one.clock.now = new Date('2026-01-10T12:35:00Z')
  expect(await allowed(one)).toBe(100)
})

it('includes what other processes have counted, but for a twentieth of the limit each', async () => {
  await using scratch = memoryScratch()
  const [one, other] = [processWith(scratch, 100), processWith(scratch, 100)]
  for (let count = 0; count < 59; count++) expect(await one.counter.count('a')).toBeNull()
  // The other one learns of 55, when it shares its own first 5.
  expect(await allowed(other)).toBe(45)
  expect(await allowed(one)).toBe(0)
})

it('shares one count of many with other processes', async () => {
  await using scratch = memoryScratch()
  const shares: (number | undefined)[] = []
  const watched: typeof scratch = {
    ...scratch,
    increment(key, ttlMs, by) {
      shares.push(by)
      return scratch.increment(key, ttlMs, by)
    },
  }
  const one = processWith(watched, 2_000)
  for (let count = 0; count < 250; count++) await one.counter.count('a')
  expect(shares).toEqual([100, 100])
})

it('counts every one of many requests at once', async () => {
  await using scratch = memoryScratch()
  const one = processWith(scratch, 50)
  const answers = await Promise.all(Array.from({ length: 80 }, () => one.counter.count('a')))
  expect(answers.filter((answer) => answer === null)).toHaveLength(50)
})

it('counts nothing without a limit', async () => {
  await using scratch = memoryScratch()
  const one = processWith(scratch, 0)
  for (let count = 0; count < 3; count++) expect(await one.counter.count('a')).toBeNull()
})
