import type { JobStateStore } from '@yardmaster/domain/ports'
import { removeArtifacts } from '../artifacts.ts'
import type { Database } from '../database.ts'
import { JOB_COLUMNS, type JobRow, jobView, toJob } from '../job-row.ts'
import { IS } from '../job-statuses.ts'

// The mark, the log and the artifacts are changed in one transaction. The mark comes first, so that no pieces are
// joined any more when the log's pieces are deleted. The log's objects are then unused, and are removed when the empty
// log is sealed.
const ERASE = {
  name: 'erase-job',
  text: `
with erased as (
  update jobs j
     set erased_at = now(), artifacts_expire_at = null, trace_size = 0, trace_crc = null, trace_sealed = false,
         updated_at = now()
   where id = $1 and status in ${IS.retryable} and erased_at is null
     and (trace_size > 0 or exists (select from artifacts a where a.job_id = j.id))
  returning *
)
select ${JOB_COLUMNS} from ${jobView('erased')}`,
}

export function eraseStore(db: Database): Pick<JobStateStore, 'erase'> {
  return {
    erase(id) {
      return db.transaction(async (tx) => {
        const [row] = await tx.query<JobRow>(ERASE, [id])
        if (!row) return null
        await tx.query('delete from trace_pieces where job_id = $1', [id])
        await removeArtifacts(tx, id)
        return toJob(row)
      })
    },
  }
}
