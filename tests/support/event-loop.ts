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
 * bound of the metric's bucket. It is the processor time of its thread, so that whatever else the machine does counts
 * for nothing.
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
