import { createHash } from 'node:crypto'
import type { Database } from './database.ts'

/** Of sorted tags: what a lane is known by. */
const laneDigest = (tags: readonly string[]): string => createHash('sha256').update(JSON.stringify(tags)).digest('hex')

/** A lane's tags and their digest, for a job's tags: `$2` and `$3` of a statement that has `laneOf`. */
export const laneParameters = (tags: readonly string[]): [string[], string] => {
  const sorted = [...new Set(tags)].sort()
  return [sorted, laneDigest(sorted)]
}

/** The lane of the one job that `job` selects, made if there is none. */
export const laneOf = (job: string): string => `
  insert into lanes (project_id, tags, tags_digest, protected)
  select project_id, $2, $3, protected from ${job}
  on conflict (project_id, tags_digest, protected) do update set tags = excluded.tags
  returning id`

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
