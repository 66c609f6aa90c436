import type { JobStateStore } from '@yardmaster/domain/ports'
import type { Database } from '../database.ts'
import { JOB_COLUMNS, type JobRow, jobView, toOneJob } from '../job-row.ts'
import { statusAfter, statusesBefore } from '../job-statuses.ts'

// The row in the queue is locked first, as everywhere. A concurrent claim of the job is therefore waited for, and the
// job no longer waits then. A transaction that is just queueing the job is waited for too: the job is pending then, but
// its row in the queue was not seen, so the caller has to try again.
const endWaiting = (move: 'cancelWaiting' | 'dropWaiting', status: string) => ({
  name: move === 'cancelWaiting' ? 'cancel-waiting-job' : 'drop-waiting-job',
  text: `
with dequeued as (
  delete from pending_jobs where job_id = $1 returning job_id
), ended as (
  update jobs
     set status = ${status}, failure_reason = $2, finished_at = now(), updated_at = now()
   where id = $1 and status in ${statusesBefore(move)}
     and (select count(*) from dequeued) >= case when status = 'pending' and kind = 'build' then 1 else 0 end
  returning *
)
select ${JOB_COLUMNS} from ${jobView('ended')}`,
})
const CANCEL_WAITING = endWaiting('cancelWaiting', statusAfter('cancelWaiting', 'canceled'))
const DROP_WAITING = endWaiting('dropWaiting', statusAfter('dropWaiting', 'failed'))

const BEGIN_CANCELING = {
  name: 'begin-canceling-job',
  text: `
with moved as (
  update jobs set status = ${statusAfter('cancelGracefully', 'canceling')}, updated_at = now()
   where id = $1 and status in ${statusesBefore('cancelGracefully')}
  returning *
)
select ${JOB_COLUMNS} from ${jobView('moved')}`,
}

/** Ends and cancels jobs on our side; the runner of an executing job reports its end itself. */
export function cancelStore(db: Database): Pick<JobStateStore, 'cancelWaiting' | 'dropWaiting' | 'beginCanceling'> {
  return {
    cancelWaiting: (id) => toOneJob(db.query<JobRow>(CANCEL_WAITING, [id, null])),
    dropWaiting: (id, reason) => toOneJob(db.query<JobRow>(DROP_WAITING, [id, reason])),
    beginCanceling: (id) => toOneJob(db.query<JobRow>(BEGIN_CANCELING, [id])),
  }
}
