import type { JobStateStore } from '@yardmaster/domain'
import type { Database } from '../database.ts'
import { JOB_COLUMNS, type JobRow, jobView, toOneJob } from '../job-row.ts'

const WAITING = "('created', 'waiting_for_resource', 'preparing', 'pending', 'manual', 'scheduled')"

// The row in the queue is locked first, like everywhere: whoever takes the job at the same moment is waited for, and then
// the job waits no more. Whoever has just put it there is waited for too: then it is pending, but its row was not seen, and
// has to be asked for again.
const END_WAITING = {
  name: 'end-waiting-job',
  text: `
with dequeued as (
  delete from pending_jobs where job_id = $1 returning job_id
), ended as (
  update jobs
     set status = $2, failure_reason = $3, finished_at = now(), updated_at = now()
   where id = $1 and status in ${WAITING}
     and (select count(*) from dequeued) >= case when status = 'pending' then 1 else 0 end
  returning *
)
select ${JOB_COLUMNS} from ${jobView('ended')}`,
}

const BEGIN_CANCELING = {
  name: 'begin-canceling-job',
  text: `
with moved as (
  update jobs set status = 'canceling', updated_at = now() where id = $1 and status = 'running' returning *
)
select ${JOB_COLUMNS} from ${jobView('moved')}`,
}

/** Ends and cancels of jobs by us; a runner that has one reports its end itself. */
export function cancelStore(db: Database): Pick<JobStateStore, 'cancelWaiting' | 'dropWaiting' | 'beginCanceling'> {
  return {
    cancelWaiting: (id) => toOneJob(db.query<JobRow>(END_WAITING, [id, 'canceled', null])),
    dropWaiting: (id, reason) => toOneJob(db.query<JobRow>(END_WAITING, [id, 'failed', reason])),
    beginCanceling: (id) => toOneJob(db.query<JobRow>(BEGIN_CANCELING, [id])),
  }
}
