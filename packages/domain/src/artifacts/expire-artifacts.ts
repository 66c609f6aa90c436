import type { Ports } from '../ports.ts'

const BATCH = 100
/** Bounds one run; the next continues where it stopped. */
const BATCHES = 100
const RETRY_MS = 600_000

/**
 * Deletes expired artifacts, then the objects that no record names. Every step can be repeated, also by several
 * processes at once and after a crash between any two: deleting a record notes its objects, and the note is deleted
 * once they are gone.
 *
 * @returns how many records and how many objects were deleted.
 * @see `docs/protocol/artifacts.md 8.2`
 */
export async function expireArtifacts({
  artifacts,
  objects,
  clock,
}: Pick<Ports, 'artifacts' | 'objects' | 'clock'>): Promise<{ artifacts: number; objects: number }> {
  const removed = await inBatches(() => artifacts.expire(clock.now(), BATCH))
  const swept = await inBatches(async () => {
    const keys = await artifacts.strays(clock.now(), BATCH)
    if (keys.length === 0) return 0
    try {
      await objects.delete(keys)
    } catch (error) {
      // Retried later, so that objects that can't be deleted do not block all others.
      await artifacts.announce(keys, new Date(clock.now().getTime() + RETRY_MS))
      throw error
    }
    await artifacts.forget(keys)
    return keys.length
  })
  return { artifacts: removed, objects: swept }
}

async function inBatches(step: () => Promise<number>): Promise<number> {
  let total = 0
  for (let batch = 0; batch < BATCHES; batch++) {
    const count = await step()
    total += count
    if (count < BATCH) break
  }
  return total
}
