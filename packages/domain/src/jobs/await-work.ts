import type { Ports } from '../ports.ts'
import { noteEntry } from '../runners/entries.ts'
import type { Caller } from '../runners/record-contact.ts'
import type { Turns } from '../take-turns.ts'
import { queueKey, queueTopic } from './queue-value.ts'
import type { SharedHolds } from './shared-holds.ts'

/**
 * How a wait ended: `changed` before it began (process the request as usual), `woken` by a new queue value, `timeout`,
 * or `gone` with the client or the server.
 */
export type Waited = 'changed' | 'woken' | 'timeout' | 'gone'

/**
 * Holds a job request whose caller was seen to know the current queue value, until there may be work. Costs a socket, a
 * timer and a subscription; no SQL. An unknown token has no value, so it can't be held.
 *
 * @param holds - of all requests of this gateway process: entries of one runner process share its workers.
 * @param turns - in which those that are woken look what is new: one job may wake thousands.
 * @param signal - aborts when the client hangs up or the server stops.
 * @see `job-request.md` 4
 */
export async function awaitWork(
  { scratch, events, contacts, policy }: Pick<Ports, 'scratch' | 'events' | 'contacts' | 'policy'>,
  caller: Caller & { lastUpdate: string; ipAddress: string | null },
  { holds, turns }: { holds: SharedHolds; turns: Turns },
  signal: AbortSignal,
): Promise<Waited> {
  const { tokenDigest, lastUpdate } = caller
  if (policy.longPollMs <= 0) return 'changed'
  const [subscription, entries] = await Promise.all([
    events.subscribe(queueTopic(tokenDigest)).catch(() => null),
    noteEntry({ scratch }, caller, holds.heardForMs(caller.systemId)),
  ])
  if (!subscription) return 'changed'
  await using wakeups = subscription
  // Subscribed first, read second: a change in between is seen by the read.
  if ((await scratch.get(queueKey(tokenDigest))) !== lastUpdate) return 'changed'

  using _held = contacts.hold(caller, caller.ipAddress)
  using stay = holds.enter(caller, entries, policy.longPollMs)
  const until = performance.now() + stay.ms
  const ended = stay.over ? AbortSignal.any([signal, stay.over]) : signal
  for (;;) {
    const left = until - performance.now()
    if (signal.aborted) return 'gone'
    if (left <= 0 || stay.over?.aborted) return 'timeout'
    const { events: woken } = await wakeups.wait(left, ended)
    if (signal.aborted) return 'gone'
    if (woken && (await turns(() => scratch.get(queueKey(tokenDigest)))) !== lastUpdate) return 'woken'
  }
}
