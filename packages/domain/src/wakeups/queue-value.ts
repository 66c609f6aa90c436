import type { Ports } from '../ports.ts'
import { newOpaqueValue } from '../tokens.ts'

/** How long a queue value lives from its creation, not prolonged by reads (`docs/protocol/job-request.md 3`). */
const QUEUE_VALUE_MS = 3_600_000

/** Where the queue value of a runner token is kept. */
export const queueValueKey = (tokenDigest: string): string => `queue:${tokenDigest}`

/** What wakes the requests that wait with this token. */
export const queueValueTopic = queueValueKey

/** A queue value doesn't outlive its token: a poll with an expired one must reach authentication. Milliseconds. */
export const queueValueMs = (tokenExpiresAt: Date | null, now: Date): number =>
  tokenExpiresAt === null ? QUEUE_VALUE_MS : Math.min(QUEUE_VALUE_MS, tokenExpiresAt.getTime() - now.getTime())

/**
 * The value a runner has to know to be told "nothing new"; made now if there is none.
 *
 * @param ttlMs - life of a value made now, in milliseconds: `queueValueMs`.
 */
export function currentQueueValue(
  { scratch }: Pick<Ports, 'scratch'>,
  tokenDigest: string,
  ttlMs = QUEUE_VALUE_MS,
): Promise<string> {
  return scratch.setIfAbsent(queueValueKey(tokenDigest), newOpaqueValue(), Math.max(1, ttlMs))
}

/**
 * Makes what these tokens know out of date, and wakes those that wait. The old value is removed, not replaced: whoever
 * asks next makes the new one, and runners that never ask cost nothing.
 */
export async function tickQueueValues(
  { scratch, events }: Pick<Ports, 'scratch' | 'events'>,
  tokenDigests: readonly string[],
): Promise<void> {
  await Promise.all(
    tokenDigests.map(async (digest) => {
      // Removed first, woken second: the woken one looks whether its value still stands.
      await scratch.delete(queueValueKey(digest))
      await events.publish(queueValueTopic(digest))
    }),
  )
}
