import type { Metrics } from '../metrics.ts'

/** Milliseconds between two looks while the event loop is free. Shorter pieces of work that meet in one look add up. */
const LOOK_MS = 20

/**
 * Notes how long this thread works between two turns of the event loop, until it is disposed of. In processor time: a
 * machine that is busy with other things makes a turn late, and says nothing about this program.
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
