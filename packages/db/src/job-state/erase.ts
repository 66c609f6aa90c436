import type { JobStateStore } from '@yardmaster/domain/ports'
import { removeArtifacts } from '../artifacts.ts'
import type { Database, Queryable } from '../database.ts'
import { JOB_COLUMNS, type JobRow, jobView, toJob } from '../job-row.ts'
import { IS } from '../job-statuses.ts'

// The mark, the log and the artifacts are changed in one transaction. The log's own objects are then unused, and are
// removed when the empty log is sealed.
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

const REMOVE_PIECES = `
with held as materialized (
  select job_id, start_byte from trace_pieces where job_id = any ($1) order by job_id, start_byte for update
)
delete from trace_pieces t using held h where t.job_id = h.job_id and t.start_byte = h.start_byte
returning t.segment_id`
const ARE_LEFT = 'select from trace_pieces where job_id = any ($1) limit 1'

// So that the next sweep removes the log's bytes from the segments.
const CHECK_SOON = `
with used as materialized (select id from trace_segments where id = any ($1) order by id for no key update)
update trace_segments s set check_at = least(check_at, now()) from used where s.id = used.id`

/** Deletes the pieces of logs. A statement that waited for pieces being joined does not see the new one. */
export async function removePieces(tx: Queryable, jobIds: readonly number[]): Promise<void> {
  const segments = new Set<number>()
  do {
    const removed = await tx.query<{ segment_id: number | null }>(REMOVE_PIECES, [jobIds])
    for (const { segment_id } of removed) if (segment_id !== null) segments.add(segment_id)
  } while ((await tx.query(ARE_LEFT, [jobIds])).length > 0)
  if (segments.size > 0) await tx.query(CHECK_SOON, [[...segments]])
}

export function eraseStore(db: Database): Pick<JobStateStore, 'erase'> {
  return {
    erase(id) {
      return db.transaction(async (tx) => {
        const [row] = await tx.query<JobRow>(ERASE, [id])
        if (!row) return null
        await removePieces(tx, [id])
        await removeArtifacts(tx, [id])
        return toJob(row)
      })
    },
  }
}
