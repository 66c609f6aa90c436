import { crc32 } from 'node:zlib'
import { type JobEvent, type JobStatus, readWindow, statusAfter } from '@yardmaster/domain'
import { logText } from './log-text.ts'
import type { HeldJob, World } from './world.ts'

const FINISHED = "('success', 'failed', 'canceled', 'skipped')"
const QUEUED = "('pending', 'running', 'canceling')"

/**
 * What holds at every moment: each selects what breaks it as `found`.
 */
const LAWS: Readonly<Record<string, string>> = {
  'a pending job has its place in the queue, and nothing else has one': `
    select coalesce(q.job_id, j.id) || ' is ' || coalesce(j.status, 'no job') as found
      from (select id, status from jobs where status = 'pending') p
      full join pending_jobs q on q.job_id = p.id
      left join jobs j on j.id = coalesce(p.id, q.job_id)
     where p.id is null or q.job_id is null`,
  'a job that is executed has a runner and a token': `
    select id || ' is ' || status as found from jobs
     where status in ('running', 'canceling') and (runner_id is null or token_digest is null or started_at is null)`,
  'a job that nobody took has no token': `
    select id || ' is ' || status as found from jobs
     where status in ('created', 'waiting_for_resource', 'pending', 'manual', 'scheduled', 'skipped')
       and token_digest is not null`,
  'a job has an end when it is over, and none before': `
    select id || ' is ' || status as found from jobs
     where status in ('success', 'failed', 'canceled') and finished_at is null
        or status not in ${FINISHED} and finished_at is not null`,
  'who is queued or executed with a resource group has the resource': `
    select j.id || ' is ' || j.status || ', ' || coalesce('has it: ' || r.job_id, 'nobody has it') as found
      from jobs j
      left join resources r on r.project_id = j.project_id and r.name = j.resource_group
     where j.resource_group is not null and j.status in ${QUEUED} and r.job_id is distinct from j.id`,
  'a resource is in the hands of who was queued with it': `
    select j.id || ' is ' || j.status as found from resources r join jobs j on j.id = r.job_id
     where j.status not in ${QUEUED} and j.status not in ${FINISHED}`,
  'usage is what the artifacts add up to': `
    select 'project ' || coalesce(u.project_id, a.project_id) as found
      from (select * from project_usage where artifact_count <> 0 or artifact_bytes <> 0) u
      full join (select project_id, sum(size) as bytes, count(*) as artifacts from artifacts group by 1) a
        on a.project_id = u.project_id
     where u.artifact_bytes is distinct from a.bytes or u.artifact_count is distinct from a.artifacts`,
  'an attempt and its successor name each other': `
    select 'job ' || coalesce(old.id, new.id) as found
      from (select id, retried_by from jobs where retried_by is not null) old
      full join (select id, retry_of from jobs where retry_of is not null) new on new.id = old.retried_by
     where old.retried_by is null or new.retry_of is null or new.retry_of <> old.id`,
  'a job waits for latest attempts': `
    select j.id || ' waits for ' || old.id as found
      from jobs j join jobs old on old.id = any (j.waits_for)
     where j.status = 'created' and old.retried_by is not null`,
  'the pieces of a log follow each other up to its length': `
    select j.id || ' has ' || j.trace_size as found
      from jobs j
      left join (
        select job_id, sum(end_byte - start_byte) as bytes, max(end_byte) as last, bool_and(follows) as follow
          from (select *, start_byte = coalesce(lag(end_byte) over (partition by job_id order by start_byte), 0)
                          as follows from trace_pieces) p
         group by job_id
      ) t on t.job_id = j.id
     where j.trace_size <> coalesce(t.bytes, 0) or j.trace_size <> coalesce(t.last, 0) or not coalesce(t.follow, true)`,
  'an erased job has nothing': `
    select id || '' as found from jobs j
     where erased_at is not null
       and (trace_size > 0 or exists (select from artifacts a where a.job_id = j.id)
            or exists (select from trace_pieces t where t.job_id = j.id))`,
  'no stray is named by a record': `
    select s.object_key as found
      from stray_objects s join artifacts a on s.object_key in (a.object_key, a.listing_key)`,
}

/** Steps that no event of `statusAfter` makes: what a job is when it is made, and what the queue makes of it. */
const MORE_STEPS: ReadonlySet<string> = new Set([
  'null created',
  'null pending',
  'null manual',
  'null scheduled',
  'null skipped',
  'null waiting_for_resource',
  'created waiting_for_resource',
  'created manual',
  'created scheduled',
  'manual waiting_for_resource',
  'scheduled waiting_for_resource',
  // What it waited for is tried again.
  'skipped created',
])

const EVENTS: readonly JobEvent[] = [
  'enqueue',
  'run',
  'success',
  'drop',
  'cancel',
  'cancel_gracefully',
  'force_cancel',
  'skip',
]

const isLegal = (before: JobStatus | null, after: JobStatus): boolean =>
  MORE_STEPS.has(`${before} ${after}`) ||
  (before !== null && EVENTS.some((event) => statusAfter(before, event) === after))

/** One statement, so that all of it sees the same moment. */
const BREACHES = {
  name: 'breaches',
  text: Object.entries(LAWS)
    .map(([law, statement]) => `select '${law}' as law, found from (${statement}) breach`)
    .join(' union all '),
}

/** What is broken now, in sentences. */
export async function brokenLaws({ database: { db } }: World): Promise<string[]> {
  const rows = await db.query<{ law: string; found: string }>(BREACHES)
  const broken = rows.map(({ law, found }) => `${law}: ${found}`)
  const steps = await db.query<{ job_id: number; before: JobStatus | null; after: JobStatus }>(
    'select distinct on (before, after) job_id, before, after from job_history',
  )
  for (const { job_id, before, after } of steps) {
    if (!isLegal(before, after)) broken.push(`job ${job_id} went from ${before} to ${after}`)
  }
  return broken
}

/** Whether a log is what was accepted, byte for byte. */
export async function brokenLog({ database, objects }: World, held: HeldJob): Promise<string | null> {
  const { id } = held
  const { accepted } = held
  const ports = { traces: database.stores.traces, objects }
  const bytes = await readWindow(ports, id, { from: 0, to: Number.MAX_SAFE_INTEGER })
  const job = await database.stores.jobs.find(id)
  if (!job || job.erasedAt) return null
  if (bytes.length < accepted || bytes.length > held.sent) {
    return `the log of job ${id} has ${bytes.length} bytes of ${accepted} accepted and ${held.sent} sent`
  }
  if (!bytes.equals(logText(id, 0, bytes.length))) return `the log of job ${id} is not what was sent`
  const checksum = `crc32:${crc32(bytes).toString(16).padStart(8, '0')}`
  const wrong = job.traceChecksum !== null && job.traceChecksum !== checksum && job.traceSize === bytes.length
  return wrong ? `job ${id} says ${job.traceChecksum} of a log that adds up to ${checksum}` : null
}
