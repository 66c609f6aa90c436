import { MOVES } from '@yardmaster/domain/jobs'
import type { JobStateStore } from '@yardmaster/domain/ports'
import type { Database } from '../database.ts'
import { type JobRow, toOneJob } from '../job-row.ts'
import { statusesBefore } from '../job-statuses.ts'
import { laneParameters } from '../lanes.ts'
import { HOLD_FOLLOWERS, REVIVE_SKIPPED } from './followers.ts'
import { ENQUEUE } from './queue.ts'
import { holdFamily, reopenTriggers } from './triggers.ts'

// Conclusions made while the job waited to be played become invalid, as after a retry.
const BEGIN_PLAY = {
  name: 'begin-play',
  text: `
update pipelines
   set retries = retries + 1
 where id = (select pipeline_id from jobs where id = $1 and status in ${statusesBefore('play')})
   and deleted_at is null
returning id`,
}

/** Queues manual and delayed jobs for people. */
export function playStore(db: Database): Pick<JobStateStore, 'play'> {
  return {
    play(id, tags) {
      return db.transaction(async (tx) => {
        await holdFamily(tx, { jobId: id })
        const [pipeline] = await tx.query<{ id: number }>(BEGIN_PLAY, [id])
        if (!pipeline) return null
        await tx.query(HOLD_FOLLOWERS, [id])
        const played = await toOneJob(tx.query<JobRow>(ENQUEUE, [id, ...laneParameters(tags), MOVES.play.from, null]))
        if (!played) return null
        await tx.query(REVIVE_SKIPPED, [id])
        await reopenTriggers(tx, pipeline.id)
        return played
      })
    },
  }
}
