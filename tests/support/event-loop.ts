import { setTimeout as pause } from 'node:timers/promises'
import type { Gateway } from './gateway.ts'
import { send } from './http.ts'

const METRIC = 'yardmaster_event_loop_held_seconds'

/** How many looks at the event loop found at most so many seconds of work, by bucket, and in all. */
async function looks(gateway: Gateway): Promise<Map<number, number>> {
  const { text } = await send('GET', `${gateway.url}/metrics`)
  const buckets = text.matchAll(new RegExp(`^${METRIC}_bucket\\{le="([^"]+)"\\} (\\d+)$`, 'gm'))
  const counts = new Map([...buckets].map(([, le, count]) => [le === '+Inf' ? Infinity : Number(le), Number(count)]))
  if (!counts.has(Infinity)) throw new Error(`there is no ${METRIC} in ${text}`)
  return counts
}

/**
 * The longest that the gateway worked between two turns of its event loop while `act` went on, in seconds: the upper
 * bound of the metric's bucket.
 *
 * It is what the highest value of `monitorEventLoopDelay` would be if the gateway had the machine to itself. That one is
 * measured by the clock: on a machine with more to do than it has cores a process that does nothing at all is late by as
 * much as the others take, and any limit that always holds there would be none. The metric takes the processor time of
 * the gateway's main thread instead, from one look at the event loop to the next, which no other process adds to; short
 * pieces of work between two looks count as one, so that it is the stricter of the two.
 */
export async function longestHold(gateway: Gateway, act: () => Promise<unknown>): Promise<number> {
  const before = await looks(gateway)
  await act()
  // What held the loop last is known once it has been looked at again.
  const ended = await looks(gateway)
  let after = ended
  while ((after.get(Infinity) ?? 0) < (ended.get(Infinity) ?? 0) + 2) {
    await pause(20)
    after = await looks(gateway)
  }
  let longest = 0
  let below = 0
  for (const [seconds, count] of after) {
    const grown = count - (before.get(seconds) ?? 0)
    if (grown > below) longest = seconds
    below = grown
  }
  return longest
}
