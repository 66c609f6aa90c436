import type { Ports } from '../ports.ts'
import { noteEntry } from '../runners/entries.ts'
import type { Caller } from '../runners/record-contact.ts'
import type { Turns } from '../take-turns.ts'
import { queueKey, queueTopic } from './queue-value.ts'

/**
 * How a wait ended: `changed` before it began (process the request as usual), `woken` by a new queue value, `timeout`,
 * or `gone` with the client or the server.
 */
export type Waited = 'changed' | 'woken' | 'timeout' | 'gone'

/**
 * The holds of all entries of one runner process, together, when it has several. Below the default `check_interval` of a
 * runner (3 s): a worker is free again before the next entry is due, so that none waits longer than without holds.
 */
const SHARED_HOLDS_MS = 2_000

/**
 * How long a job request may be held, in milliseconds. A process with several entries asks for one after the other and may
 * have a single worker, which a held request occupies.
 *
 * @see `client.md` 15
 */
export const holdMs = (longPollMs: number, entries: number): number =>
  entries <= 1 ? longPollMs : Math.min(longPollMs, SHARED_HOLDS_MS / entries)

/**
 * Holds a job request whose caller was seen to know the current queue value, until there may be work. Costs a socket, a
 * timer and a subscription; no SQL. An unknown token has no value, so it can't be held.
 *
 * @param turns - in which those that are woken look what is new: one job may wake thousands.
 * @param signal - aborts when the client hangs up or the server stops.
 * @see `job-request.md` 4
 */
export async function awaitWork(
  { scratch, events, contacts, policy }: Pick<Ports, 'scratch' | 'events' | 'contacts' | 'policy'>,
  caller: Caller & { lastUpdate: string; ipAddress: string | null },
  turns: Turns,
  signal: AbortSignal,
): Promise<Waited> {
  const { tokenDigest, lastUpdate } = caller
  if (policy.longPollMs <= 0) return 'changed'
  const [subscription, entries] = await Promise.all([
    events.subscribe(queueTopic(tokenDigest)).catch(() => null),
    noteEntry({ scratch }, caller),
  ])
  if (!subscription) return 'changed'
  await using wakeups = subscription
  // Subscribed first, read second: a change in between is seen by the read.
  if ((await scratch.get(queueKey(tokenDigest))) !== lastUpdate) return 'changed'

  using _held = contacts.hold(caller, caller.ipAddress)
  const until = performance.now() + holdMs(policy.longPollMs, entries)
  for (;;) {
    const left = until - performance.now()
    if (signal.aborted) return 'gone'
    if (left <= 0) return 'timeout'
    const { events: woken } = await wakeups.wait(left, signal)
    if (signal.aborted) return 'gone'
    if (woken && (await turns(() => scratch.get(queueKey(tokenDigest)))) !== lastUpdate) return 'woken'
  }
}
