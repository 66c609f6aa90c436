import { expect, it, vi } from 'vitest'
import { openMetrics } from '../metrics.ts'
import { watchEventLoop } from './event-loop.ts'

/** Uses the processor, rather than just waiting, for so many milliseconds. */
function work(ms: number): void {
  const begun = process.threadCpuUsage()
  for (let worked = 0; worked < ms * 1000; ) {
    const { user, system } = process.threadCpuUsage(begun)
    worked = user + system
  }
}

/** Returns how many samples there are, and how many of them found more than 100 ms of work. */
async function longHolds(metrics: ReturnType<typeof openMetrics>): Promise<{ long: number; looks: number }> {
  const { values } = await metrics.eventLoopHeld.get()
  const upTo = (le: number | '+Inf') => values.find(({ labels }) => labels.le === le)?.value ?? Number.NaN
  return { long: upTo('+Inf') - upTo(0.1), looks: upTo('+Inf') }
}

it('records work that holds the event loop, and no waiting', async () => {
  const metrics = openMetrics()
  using _watching = watchEventLoop(metrics)
  await expect.poll(async () => (await longHolds(metrics)).looks).toBeGreaterThan(2)
  expect((await longHolds(metrics)).long).toBe(0)
  work(150)
  await expect.poll(async () => (await longHolds(metrics)).long).toBe(1)
  const { looks } = await longHolds(metrics)
  // The thread sleeps here, as it does when the machine has other things to do.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  await expect.poll(async () => (await longHolds(metrics)).looks).toBeGreaterThan(looks)
  expect((await longHolds(metrics)).long).toBe(1)
})

it('stops when it is disposed of', async () => {
  vi.useFakeTimers()
  try {
    const metrics = openMetrics()
    const watching = watchEventLoop(metrics)
    vi.advanceTimersByTime(1_000)
    const { looks } = await longHolds(metrics)
    expect(looks).toBeGreaterThan(0)
    watching[Symbol.dispose]()
    vi.advanceTimersByTime(1_000)
    expect((await longHolds(metrics)).looks).toBe(looks)
  } finally {
    vi.useRealTimers()
  }
})
