import type { Ports } from '../ports.ts'
import { newOpaqueValue } from '../tokens.ts'

/** How long a queue value lives from its creation; reads do not extend it (`docs/protocol/job-request.md 3`). */
const QUEUE_VALUE_MS = 3_600_000

/** Returns the key under which the queue value of a runner token is stored. */
export const queueValueKey = (tokenDigest: string): string => `queue:${tokenDigest}`

/** Returns the topic that wakes the requests held with this token. */
export const queueValueTopic = (tokenDigest: string): string => `queue:${tokenDigest}`

/** A queue value does not outlive its token: a poll with an expired one must reach authentication. In milliseconds. */
export const queueValueMs = (tokenExpiresAt: Date | null, now: Date): number =>
  tokenExpiresAt === null ? QUEUE_VALUE_MS : Math.min(QUEUE_VALUE_MS, tokenExpiresAt.getTime() - now.getTime())

/**
 * Returns the value with which a runner is told that nothing is new; creates it if there is none.
 *
 * @param ttlMs - life of a value created now, in milliseconds: `queueValueMs`.
 */
export function currentQueueValue(
  { scratch }: Pick<Ports, 'scratch'>,
  tokenDigest: string,
  ttlMs = QUEUE_VALUE_MS,
): Promise<string> {
  return scratch.setIfAbsent(queueValueKey(tokenDigest), newOpaqueValue(), Math.max(1, ttlMs))
}

/**
 * Makes the queue values of these tokens out of date, and wakes the requests held with them. The old value is deleted,
 * not replaced: the next poll creates the new one, and runners that never poll cost nothing.
 *
 * @param hint - for which jobs, when these are all that has changed.
 */
export async function tickQueueValues(
  { scratch, events }: Pick<Ports, 'scratch' | 'events'>,
  tokenDigests: readonly string[],
  hint?: string,
): Promise<void> {
  await Promise.all(
    tokenDigests.map(async (digest) => {
      // Deletes first, wakes second: a woken request checks whether its value still exists.
      await scratch.delete(queueValueKey(digest))
      await events.publish(queueValueTopic(digest), hint)
    }),
  )
}
