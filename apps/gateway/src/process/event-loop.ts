import type { Metrics } from '../metrics.ts'

/** Milliseconds between two samples while the event loop is free. Shorter pieces of work in one sample add up. */
const LOOK_MS = 20

/**
 * Records how long this thread works between two turns of the event loop, until it is disposed of. Measures processor
 * time: on a machine busy with other programs a late turn says nothing about this one.
 */
export function watchEventLoop({ eventLoopHeld }: Pick<Metrics, 'eventLoopHeld'>): Disposable {
  let before = process.threadCpuUsage()
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before)
    eventLoopHeld.observe((user + system) / 1e6)
    before = process.threadCpuUsage()
  }, LOOK_MS).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
