import type { Database } from './database.ts'

/** Removed in one go: their rows are locked meanwhile. */
const MOST_AT_ONCE = 1_000

/**
 * Removes lanes in which nothing waits: every claim looks into each lane that its runner may take from, and a project
 * leaves two behind for each combination of tags it ever had. Whoever needs one again makes it again.
 *
 * Whoever is putting a job into a lane holds a share of its row (create-jobs.ts), so such a lane is left alone; whoever
 * comes while we hold the row waits, and then finds none. Looked at twice, because a job may have come in between the
 * first look and the lock.
 *
 * @returns how many there were.
 */
export function removeIdleLanes(db: Database): Promise<number> {
  return db.transaction(async (tx) => {
    const idle = await tx.query<{ id: number }>(
      `select id from lanes l
        where not exists (select from pending_jobs where lane_id = l.id)
        limit $1
          for update skip locked`,
      [MOST_AT_ONCE],
    )
    if (idle.length === 0) return 0
    const removed = await tx.query(
      `delete from lanes l
        where id = any ($1) and not exists (select from pending_jobs where lane_id = l.id)
        returning id`,
      [idle.map(({ id }) => id)],
    )
    return removed.length
  })
}
