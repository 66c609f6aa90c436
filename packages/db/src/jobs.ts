import { toStorable } from '@yardmaster/common'
import type { JobStatus } from '@yardmaster/domain/jobs'
import type { JobCredentials, JobStore } from '@yardmaster/domain/ports'
import { claimTogether } from './claim-together.ts'
import { createJobs } from './create-jobs.ts'
import { readOrNewer } from './damage.ts'
import type { Database } from './database.ts'
import { decryptDefinition, decryptPipelineVariables } from './encrypted-values.ts'
import { JOB_COLUMNS, type JobRow, jobView, toJob } from './job-row.ts'
import { jobStateStore } from './job-state.ts'
import { IS, statusAfter, statusesBefore } from './job-statuses.ts'
import { countQueued, removeIdleLanes } from './lanes.ts'
import { listJobIds, listJobs } from './list-jobs.ts'
import { countLeftToNewer, leaveToNewer, putBack } from './put-back.ts'
import { countAhead, queueLength } from './queue-length.ts'
import type { SecretBox } from './secrets.ts'
import { successfulRuns } from './successful-runs.ts'

/**
 * A heartbeat changes `updated_at` only if that is older than this: `docs/protocol/job-update.md 3`,
 * `docs/protocol/trace.md 5.2`.
 */
export const TOUCHED = `last_signal_at = now(),
  updated_at = case when updated_at < now() - interval '15 minutes' then now() else updated_at end`

const FIND = {
  name: 'find-job',
  text: `select ${JOB_COLUMNS} from ${jobView()} where j.id = $1 and pl.deleted_at is null`,
}

const CREDENTIALS = `select ${JOB_COLUMNS}, j.token_digest, p.deleted_at is not null as project_deleted,
       coalesce(pl.root_id, pl.id) as of_family, pl.from_fork
    from ${jobView()}`
const CREDENTIALS_OF_ID = { name: 'job-credentials', text: `${CREDENTIALS} where j.id = $1` }
const CREDENTIALS_OF_TOKEN = { name: 'job-of-token', text: `${CREDENTIALS} where j.token_digest = $1` }

interface CredentialsRow extends JobRow {
  token_digest: string | null
  project_deleted: boolean
  of_family: number
  from_fork: boolean
}

const toCredentials = (row: CredentialsRow): JobCredentials => ({
  job: toJob(row),
  tokenDigest: row.token_digest,
  projectDeleted: row.project_deleted,
  familyId: row.of_family,
  fromFork: row.from_fork,
})

const TOUCH = {
  name: 'touch-job',
  text: `update jobs set ${TOUCHED} where id = $1 and status in ${IS.executing} returning status`,
}

const DROPPED = `$2 = 'drop' and status in ${statusesBefore('drop')}`

// The condition on the log's size makes the checksum and the end one step: after a piece in between, the caller tries
// again.
const FINISH = {
  name: 'finish-job',
  text: `
with ended as (
  update jobs
     set status = case when $2 = 'success' and status in ${statusesBefore('succeed')} then ${statusAfter('succeed', 'success')}
                       when ${DROPPED} then ${statusAfter('drop', 'failed')}
                       else ${statusAfter('cancel', 'canceled')} end,
         failure_reason = case when ${DROPPED} then coalesce($3, 'unknown_failure') end,
         failure_detail = case when ${DROPPED} then $11::text end,
         exit_code = case when ${DROPPED} then $4::bigint end,
         allow_failure = allow_failure or ${DROPPED} and $4 is not null and $4 = any (allow_failure_exit_codes),
         cost_factor = coalesce((select r.cost_factor from runners r where r.id = runner_id), 1),
         trace_crc = $6,
         trace_invalid = $7,
         trace_corrupted = $8,
         finished_at = now(),
         last_signal_at = now(),
         updated_at = now()
   where id = $1 and status in ${statusesBefore('cancel')} and trace_size = $5
     and (not $9 or last_signal_at is not distinct from $10)
  returning *
), session_forgotten as (
  update job_secrets s set session = null from ended where s.job_id = ended.id and s.session is not null
)
select ${JOB_COLUMNS} from ${jobView('ended')}`,
}

export function jobStore(db: Database, secrets: SecretBox): JobStore {
  return {
    create: (pipeline) => createJobs(db, secrets, pipeline),
    claim: claimTogether(db, secrets),
    putBack: (claimed) => putBack(db, claimed),
    leaveToNewer: (left) => leaveToNewer(db, left),
    countLeftToNewer: () => countLeftToNewer(db),
    countQueued: (scope, limit) => countQueued(db, scope, limit),
    queueLength: (limit) => queueLength(db, limit),
    countAhead: (id, runnerIds, limit) => countAhead(db, id, runnerIds, limit),
    removeIdleLanes: () => removeIdleLanes(db),
    ...jobStateStore(db),

    async find(id) {
      const [row] = await db.query<JobRow>(FIND, [id])
      return row ? toJob(row) : null
    },

    async definition(id) {
      const [row] = await db.query<{ definition: Uint8Array; pipeline_id: number; name: string }>(
        `select s.definition, j.pipeline_id, j.name from job_secrets s join jobs j on j.id = s.job_id
          where s.job_id = $1`,
        [id],
      )
      if (!row) return null
      const job = { pipelineId: row.pipeline_id, name: row.name }
      return await readOrNewer(db, secrets, () => decryptDefinition(secrets, row.definition, job))
    },

    async pipelineVariables(id) {
      const [row] = await db.query<{ id: number; variables: Uint8Array | null }>(
        'select pl.id, pl.variables from jobs j join pipelines pl on pl.id = j.pipeline_id where j.id = $1',
        [id],
      )
      if (!row) return []
      return await readOrNewer(db, secrets, () => decryptPipelineVariables(secrets, row.variables, row.id))
    },

    list: (filter) => listJobs(db, filter),
    listIds: (filter) => listJobIds(db, filter),
    successfulRuns: (id, limit) => successfulRuns(db, id, limit),

    async credentials(id) {
      const [row] = await db.query<CredentialsRow>(CREDENTIALS_OF_ID, [id])
      return row ? toCredentials(row) : null
    },

    async byToken(tokenDigest) {
      const [row] = await db.query<CredentialsRow>(CREDENTIALS_OF_TOKEN, [tokenDigest])
      return row ? toCredentials(row) : null
    },

    async touch(id) {
      const [row] = await db.query<{ status: JobStatus }>(TOUCH, [id])
      return row?.status ?? null
    },

    async finish(id, { event, ifSilentSince, failureReason, failureDetail = null, exitCode, trace }) {
      const [row] = await db.query<JobRow>(FINISH, [
        id,
        event,
        failureReason,
        exitCode === null ? null : within64Bits(exitCode),
        trace.size,
        trace.crc,
        trace.invalid,
        trace.corrupted,
        ifSilentSince !== undefined,
        ifSilentSince ?? null,
        failureDetail && toStorable(failureDetail),
      ])
      return row ? toJob(row) : null
    },

    async markDebug(id) {
      await db.query('update jobs set debug_trace = true where id = $1 and not debug_trace', [id])
    },

    async unsealed(limit) {
      const rows = await db.query<{ id: number }>(
        `select id from jobs where started_at is not null and finished_at is not null and not trace_sealed
          order by id limit $1`,
        [limit],
      )
      return rows.map(({ id }) => id)
    },

    async countByStatus() {
      const rows = await db.query<{ status: JobStatus; jobs: number }>(
        "select status, count(*)::int as jobs from jobs where kind = 'build' group by status",
      )
      return Object.fromEntries(rows.map(({ status, jobs }) => [status, jobs]))
    },

    latestAttempts: (projectId, ids) =>
      db.query<{ of: number; id: number; status: JobStatus }>(
        `select named.id as of, latest.id, latest.status
           from jobs named
           join jobs latest on latest.pipeline_id = named.pipeline_id and latest.name = named.name
          where named.project_id = $1 and named.id = any ($2::integer[]) and latest.retried_by is null`,
        [projectId, ids],
      ),

    named: (projectId, ids) =>
      db.query<{ id: number; name: string }>(
        'select id, name from jobs where project_id = $1 and id = any ($2::integer[]) order by id',
        [projectId, ids],
      ),
  }
}

const LARGEST = 2n ** 63n - 1n

/** As text: a number beyond 2^53 is not exact, and its rounding must not exceed the column's range. */
function within64Bits(exitCode: number): string {
  const whole = BigInt(Math.trunc(exitCode))
  return String(whole > LARGEST ? LARGEST : whole < -LARGEST - 1n ? -LARGEST - 1n : whole)
}
