import { setTimeout as pause } from 'node:timers/promises'
import type { Gateway } from './gateway.ts'
import { send } from './http.ts'

const METRIC = 'yardmaster_event_loop_held_seconds'

/** Reads the number of samples of the event loop, by bucket (at most so many seconds of work) and in total. */
async function looks(gateway: Gateway): Promise<Map<number, number>> {
  const { text } = await send('GET', `${gateway.url}/metrics`)
  const buckets = text.matchAll(new RegExp(`^${METRIC}_bucket\\{le="([^"]+)"\\} (\\d+)$`, 'gm'))
  const counts = new Map([...buckets].map(([, le, count]) => [le === '+Inf' ? Infinity : Number(le), Number(count)]))
  if (!counts.has(Infinity)) throw new Error(`there is no ${METRIC} in ${text}`)
  return counts
}

/**
 * Returns the longest time, in seconds, that the gateway worked between two turns of its event loop during `act`: the
 * upper bound of the metric's bucket.
 *
 * It equals the highest value of `monitorEventLoopDelay` on a machine without other work. That function measures by the
 * clock: on an overloaded machine even an idle process is late by as much as the others take, so that no limit would
 * hold there. The metric measures the processor time of the gateway's main thread between two samples instead, to which
 * other processes add nothing. Short pieces of work between two samples count as one, which makes it the stricter one.
 */
export async function longestHold(gateway: Gateway, act: () => Promise<unknown>): Promise<number> {
  const before = await looks(gateway)
  await act()
  // The last hold is counted with the next sample.
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
