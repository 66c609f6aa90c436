import type { ClaimedJob, LeftJob } from '@yardmaster/domain/ports'
import type { Database } from './database.ts'
import { KNOWN_VERSION } from './encrypted-values.ts'
import { statusAfter, statusesBefore } from './job-statuses.ts'
import { laneOf, laneParameters } from './lanes.ts'

// Restores the job as it was before the claim. It keeps its place in the queue, which depends on its id, and the time
// at which it was queued.
const PUT_BACK = {
  name: 'put-job-back',
  text: `
with back as (
  update jobs
     set status = ${statusAfter('putBack', 'pending')}, runner_id = null, manager_id = null,
         on_instance_runner = false, answered_hold = false, token_digest = null, timeout = $5, timeout_source = null,
         started_at = null, debug_trace = false, updated_at = now()
   where id = $1 and status in ${statusesBefore('putBack')} and token_digest = $4 and last_signal_at is null
  returning id, project_id, queued_at, (select protected from pipelines pl where pl.id = jobs.pipeline_id) as protected
), marked as (
  update job_secrets s
     set session = null, version = case when $7 = 'job' then greatest(s.version, $6) else s.version end
    from back
   where s.job_id = back.id
  returning s.version
), project_marked as (
  update projects p set variables_version = greatest(p.variables_version, $6)
    from back
   where p.id = back.project_id and $7 = 'project'
), lane as (${laneOf('back')}
), queued as (
  insert into pending_jobs (job_id, lane_id, queued_at, version)
  select back.id, lane.id, back.queued_at, marked.version from back, lane, marked
)
select id from back`,
}

/** @see {@link import('@yardmaster/domain').JobStore.putBack} */
export const putBack = (db: Database, claimed: ClaimedJob): Promise<boolean> =>
  putBackMarked(db, claimed, { part: null, version: 0 })

/** @see {@link import('@yardmaster/domain').JobStore.leaveToNewer} */
export const leaveToNewer = (db: Database, { part, version, ...claimed }: LeftJob): Promise<boolean> =>
  // This release has just failed to read the value, whatever version it names.
  putBackMarked(db, claimed, { part, version: Math.max(version, KNOWN_VERSION + 1) })

/** Notes the version with the part that a claim must be able to read; null for neither. */
async function putBackMarked(
  db: Database,
  { id, tokenDigest, timeout }: ClaimedJob,
  { part, version }: { readonly part: LeftJob['part'] | null; readonly version: number },
): Promise<boolean> {
  const [job] = await db.query<{ tags: string[] }>('select tags from jobs where id = $1', [id])
  if (!job) return false
  const back = await db.query(PUT_BACK, [id, ...laneParameters(job.tags), tokenDigest, timeout, version, part])
  return back.length > 0
}

/** @see {@link import('@yardmaster/domain').JobStore.countLeftToNewer} */
export async function countLeftToNewer(db: Database): Promise<number> {
  const [row] = await db.query<{ jobs: number }>(
    `select count(*)::int as jobs
       from (select job_id from pending_jobs where version > ${KNOWN_VERSION}
              union
             select q.job_id
               from projects p join lanes l on l.project_id = p.id join pending_jobs q on q.lane_id = l.id
              where p.variables_version > ${KNOWN_VERSION}) waiting`,
  )
  return row?.jobs ?? 0
}
