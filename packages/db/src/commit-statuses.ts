import { openObject, type StoredForm, storeObject } from '@yardmaster/common'
import type {
  CommitStatus,
  JobSubject,
  PipelineSubject,
  ShownStatus,
  StatusTarget,
  TakenStatus,
} from '@yardmaster/domain/commit-statuses'
import type { CommitStatusStore } from '@yardmaster/domain/ports'
import { readOrNewer } from './damage.ts'
import type { Database } from './database.ts'
import { placeOf, type SecretBox } from './secrets.ts'
import { readAttempt, storedAttempt } from './stored-attempt.ts'

interface StatusRow {
  id: number
  project_id: number
  sha: string
  context: string
  pipeline_id: number
  job_id: number | null
  state: CommitStatus['state']
  changed_at: Date
  due_at: Date | null
  sent: unknown
  sent_at: Date | null
  attempts: unknown[]
}

interface TakenRow extends StatusRow {
  takes: number
  revision: number
  failures: number
  forge: StatusTarget['forge']
  address: string
  token: Uint8Array
  ref: string | null
  /** Null when the pipeline or the job is gone. */
  status: PipelineSubject['status'] | null
  duration: number | null
  jobs: number | null
  failed: number | null
  warnings: number | null
  allow_failure: boolean | null
  failure_reason: JobSubject['failureReason']
}

const COLUMNS = ['id', 'project_id', 'sha', 'context', 'pipeline_id', 'job_id', 'state', 'changed_at', 'due_at', 'sent']
  .concat('sent_at', 'attempts')
  .map((column) => `s.${column}`)
  .join(', ')

/** The stored form of what a forge accepted. */
const SENT: StoredForm<ShownStatus> = {
  state: {
    since: 1,
    words: { pending: 1, running: 1, success: 1, failure: 1, canceled: 1, skipped: 1 },
  },
  description: { since: 1 },
  url: { since: 1 },
}

/** What can't be read is not known to be what the forge has, so the state is sent again. */
function readSent(stored: unknown): ShownStatus | null {
  if (stored === null) return null
  try {
    return openObject(SENT, stored)
  } catch {
    return null
  }
}

const toStatus = (row: StatusRow): CommitStatus => ({
  id: row.id,
  projectId: row.project_id,
  sha: row.sha,
  context: row.context,
  pipelineId: row.pipeline_id,
  jobId: row.job_id,
  state: row.state,
  changedAt: row.changed_at,
  dueAt: row.due_at,
  sent: readSent(row.sent),
  sentAt: row.sent_at,
  attempts: row.attempts.map(readAttempt),
})

const CHANGES_AT_ONCE = 1_000

// Of changes to one status only the newest pipeline counts, and of its jobs the newest attempt. Rows are written in one
// order, so that processes that gather at once wait for each other. Returns how many changes there were.
const GATHER = {
  name: 'gather-commit-status-changes',
  text: `
with chosen as materialized (
  select id from commit_status_changes order by id limit ${CHANGES_AT_ONCE} for update skip locked
), gone as (
  delete from commit_status_changes c using chosen where c.id = chosen.id
  returning c.project_id, c.sha, c.context, c.pipeline_id, c.job_id
), newest as materialized (
  select distinct on (project_id, sha, context) project_id, sha, context, pipeline_id, job_id
    from gone
   order by project_id, sha, context, pipeline_id desc, job_id desc nulls last
), gathered as (
  insert into commit_statuses as s (project_id, sha, context, pipeline_id, job_id)
  select project_id, sha, context, pipeline_id, job_id from newest order by project_id, sha, context
  on conflict (project_id, sha, context) do update
     set pipeline_id = excluded.pipeline_id, job_id = excluded.job_id, revision = s.revision + 1, changed_at = now(),
         state = 'waiting', due_at = now(), failures = 0
   where (excluded.pipeline_id, coalesce(excluded.job_id, 0)) >= (s.pipeline_id, coalesce(s.job_id, 0))
)
select count(*)::int as changes from gone`,
}

// Limited per project, so that a forge that never answers takes only its share. What a status says is read by the same
// statement: whatever changes after it is noted after it.
const TAKE_DUE = {
  name: 'take-due-commit-statuses',
  text: `
with due as materialized (
  select waiting.id
    from commit_status_targets t
    join projects p on p.id = t.project_id and p.deleted_at is null
   cross join lateral (
     select id, due_at from commit_statuses
      where project_id = t.project_id and due_at <= now() and (taken_until is null or taken_until <= now())
      order by due_at, id
      limit $2
        for update skip locked
   ) waiting
   where (t.paused_until is null or t.paused_until <= now()) and t.project_id <> all ($3::integer[])
   order by waiting.due_at, waiting.id
   limit $1
), s as (
  update commit_statuses
     set takes = takes + 1, taken_until = now() + $4 * interval '1 millisecond'
    from due
   where commit_statuses.id = due.id
  returning commit_statuses.*
)
select ${COLUMNS}, s.takes, s.revision, s.failures, t.forge, t.address, t.token,
       case when pl.source <> 'merge_request_event' then pl.ref end as ref,
       case when s.job_id is null then pl.status else j.status end as status,
       case when s.job_id is null then pl.duration
            else extract(epoch from j.finished_at - j.started_at)::float8 end as duration,
       whole.jobs, whole.failed, whole.warnings, j.allow_failure, j.failure_reason
  from s
  join commit_status_targets t on t.project_id = s.project_id
  left join pipelines pl on pl.id = s.pipeline_id
  left join jobs j on j.id = s.job_id
  left join lateral (
    select count(*)::int as jobs,
           count(*) filter (where every.status = 'failed' and not every.allow_failure)::int as failed,
           count(*) filter (where every.status = 'failed' and every.allow_failure)::int as warnings
      from jobs every
     where s.job_id is null and every.pipeline_id = s.pipeline_id and every.retried_by is null
  ) whole on true
 order by s.id`,
}

/** Attempts that are kept. */
const MOST_ATTEMPTS = 8

const SETTLE = {
  name: 'settle-commit-status',
  text: `
update commit_statuses s
   set taken_until = null,
       attempts = case when $4::jsonb is null then attempts
                       else case when jsonb_array_length(attempts) >= ${MOST_ATTEMPTS} then attempts - 0 else attempts end
                            || $4::jsonb end,
       sent = case when disturbed then null else coalesce($5::jsonb, sent) end,
       sent_at = case when $5::jsonb is null then sent_at else now() end,
       disturbed = false,
       state = case when revision = $3 then $6 else 'waiting' end,
       due_at = case when revision = $3 then now() + $7::float8 * interval '1 millisecond' else now() end,
       failures = case when revision <> $3 then 0 when $8 then failures + 1 else failures end
 where id = $1 and takes = $2
returning id`,
}

// The late request may have arrived after the one of the process that has it now, or had it since.
const DISTURB = `
update commit_statuses
   set disturbed = taken_until is not null, sent = null, revision = revision + 1, state = 'waiting', due_at = now()
 where id = $1`

/** Stores statuses of commits, and where they go. */
export function commitStatusStore(db: Database, secrets: SecretBox): CommitStatusStore {
  async function taken(row: TakenRow): Promise<TakenStatus[]> {
    const token = await readOrNewer(db, secrets, () => secrets.decrypt(row.token, tokenPlace(row.project_id)))
    // If a newer release encrypted the token, its processes take the status when our lease is over.
    if (token === 'newer') return []
    const { takes, revision, failures, forge, address, ref } = row
    return [
      { ...toStatus(row), takes, revision, failures, ref, subject: subjectOf(row), target: { forge, address, token } },
    ]
  }

  return {
    async targets(projectIds) {
      const rows = await db.query<StatusTarget>(
        `select project_id as "projectId", forge, address, context, jobs,
                case when paused_until > now() then paused_until end as "pausedUntil"
           from commit_status_targets where project_id = any ($1::integer[])`,
        [projectIds],
      )
      return rows
    },

    async list({ projectId, pipelineId, jobs = true, before, limit }) {
      const rows = await db.query<StatusRow>(
        `select ${COLUMNS} from commit_statuses s
          where project_id = $1 and ($2::integer is null or pipeline_id = $2) and ($3::bigint is null or id < $3)
            and ($5 or job_id is null)
          order by id desc limit $4`,
        [projectId, pipelineId ?? null, before ?? null, limit, jobs],
      )
      return rows.map(toStatus)
    },

    async takeDue({ limit, perTarget, except, leaseMs }) {
      for (;;) {
        const [row] = await db.query<{ changes: number }>(GATHER)
        if ((row?.changes ?? 0) < CHANGES_AT_ONCE) break
      }
      const rows = await db.query<TakenRow>(TAKE_DUE, [limit, perTarget, except, leaseMs])
      return (await Promise.all(rows.map(taken))).flat()
    },

    async settle({ id, takes, revision }, { attempt, sent, state, againInMs, failed }) {
      const settled = await db.query(SETTLE, [
        id,
        takes,
        revision,
        attempt && JSON.stringify([storedAttempt(attempt)]),
        sent && JSON.stringify(storeObject(SENT, sent)),
        state,
        againInMs,
        failed,
      ])
      if (settled.length > 0) return true
      await db.query(DISTURB, [id])
      return false
    },

    async pause(projectId, forMs) {
      await db.query(
        `update commit_status_targets
            set paused_until = greatest(paused_until, now() + $2::float8 * interval '1 millisecond')
          where project_id = $1`,
        [projectId, forMs],
      )
    },

    async makeDue(id) {
      const [row] = await db.query<StatusRow & { has_target: boolean }>(
        `with asked as materialized (
           select s.id, t.project_id is not null as has_target
             from commit_statuses s left join commit_status_targets t using (project_id)
            where s.id = $1
              for update of s
         ), due as (
           update commit_statuses s
              set sent = null, revision = revision + 1, state = 'waiting', due_at = now(), failures = 0
             from asked
            where s.id = asked.id and asked.has_target
           returning s.*
         )
         select asked.has_target, ${COLUMNS} from asked left join due s on true`,
        [id],
      )
      if (!row) return null
      return row.has_target ? toStatus(row) : 'no_target'
    },

    async countWaiting(most) {
      const [row] = await db.query<{ count: number }>(
        `select count(*)::int as count
           from (select from commit_statuses s join commit_status_targets t using (project_id)
                  where s.due_at is not null limit $1) waiting`,
        [most],
      )
      return row?.count ?? 0
    },

    async removeBefore(before, limit) {
      const removed = await db.query(
        `delete from commit_statuses
          where id in (select id from commit_statuses where changed_at < $1 order by changed_at limit $2)
         returning id`,
        [before, limit],
      )
      return removed.length
    },
  }
}

function subjectOf(row: TakenRow): TakenStatus['subject'] {
  const { status, duration } = row
  if (status === null) return null
  return row.job_id === null
    ? { kind: 'pipeline', status, duration, jobs: row.jobs ?? 0, failed: row.failed ?? 0, warnings: row.warnings ?? 0 }
    : { kind: 'job', status, duration, allowFailure: row.allow_failure ?? false, failureReason: row.failure_reason }
}

const tokenPlace = (projectId: number) => placeOf('commit_status_targets.token', projectId)
