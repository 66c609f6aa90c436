import { createHash } from 'node:crypto'
import type { JobScope } from '@yardmaster/domain/ports'
import type { Database } from './database.ts'

/** Returns the digest of sorted tags, which identifies a lane. */
const laneDigest = (tags: readonly string[]): string => createHash('sha256').update(JSON.stringify(tags)).digest('hex')

/** Returns a lane's tags and their digest from a job's tags: `$2` and `$3` of a statement with `laneOf`. */
export const laneParameters = (tags: readonly string[]): [string[], string] => {
  const sorted = [...new Set(tags)].sort()
  return [sorted, laneDigest(sorted)]
}

/** Returns the lane of the one job that `job` selects, and creates it if necessary. */
export const laneOf = (job: string): string => `
  insert into lanes (project_id, tags, tags_digest, protected)
  select project_id, $2, $3, protected from ${job}
  on conflict (project_id, tags_digest, protected) do update set tags = excluded.tags
  returning id`

const COUNT_QUEUED = {
  name: 'count-queued',
  text: `
select count(*) as queued
  from (select
          from lanes l
          join pending_jobs q on q.lane_id = l.id
         where l.project_id = $1 and l.protected = $3 and l.tags_digest = $2
         limit $4) found`,
}

/** Returns how many jobs wait in the lane of a job; counts up to `limit`. */
export async function countQueued(db: Database, scope: JobScope, limit: number): Promise<number> {
  const { projectId, tags, protected: isProtected } = scope
  const [, digest] = laneParameters(tags)
  const [row] = await db.query<{ queued: number }>(COUNT_QUEUED, [projectId, digest, isProtected, limit])
  return row?.queued ?? 0
}

/** Most lanes removed in one statement: their rows are locked meanwhile. */
const MOST_AT_ONCE = 1_000

/**
 * Removes lanes without pending jobs. Every claim looks into each lane from which its runner may take jobs, and a
 * project leaves two lanes behind for each combination of tags it ever used. A lane that is needed again is created
 * again.
 *
 * A transaction that puts a job into a lane holds a share lock on its row (create-jobs.ts), so that lane is kept; one
 * that comes while we hold the row waits, and then finds no lane. The check is repeated after locking, because a job
 * may have come in between.
 *
 * @returns the number of removed lanes.
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
