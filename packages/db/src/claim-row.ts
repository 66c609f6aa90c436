import { NewerFormError } from '@yardmaster/common'
import type { Claim, ClaimOutcome, TakenJob } from '@yardmaster/domain/ports'
import type { Project } from '@yardmaster/domain/projects'
import { readOrDamaged } from './damage.ts'
import type { Database } from './database.ts'
import { decryptDefinition, decryptPipelineVariables } from './encrypted-values.ts'
import { SHOWN_COLUMNS } from './job-columns.ts'
import { type JobRow, toJob } from './job-row.ts'
import { PROJECT_COLUMNS, type ProjectRow, toProject } from './project-row.ts'
import type { SecretBox } from './secrets.ts'

/** Counting a project's running jobs stops here: the payload's count only feeds statistics of the runner. */
export const BUSY = 100

/** Columns that always have these values on a freshly claimed job. */
const FRESH = {
  status: 'running',
  failure_reason: null,
  exit_code: null,
  start_at: null,
  debug_trace: false,
  finished_at: null,
  erased_at: null,
  log_removed_at: null,
  artifacts_expire_at: null,
  trace_size: 0,
  trace_crc: null,
  trace_invalid: false,
  trace_corrupted: false,
  retried_by: null,
} as const satisfies Partial<JobRow>

/** Columns of a freshly claimed job whose values the claim itself determines. */
const CLAIMED = ['runner_id', 'manager_id', 'updated_at'] as const
/** Columns whose new values only the update knows. */
export const UPDATED_COLUMNS = ['timeout', 'timeout_source', 'started_at'] as const

/** The other columns of a job, which a claim leaves as they are. */
export const KEPT_COLUMNS: readonly string[] = SHOWN_COLUMNS.filter(
  (name) => !(name in FRESH) && ![...CLAIMED, ...UPDATED_COLUMNS].some((other) => other === name),
)

type KeptRow = Omit<JobRow, keyof typeof FRESH | (typeof CLAIMED)[number] | 'project_path'>

/** What the claim finds out about a job, and columns of its pipeline. */
interface FoundRow {
  /** The asker's number, from 1. */
  readonly number: number
  readonly refusal: string | null
  readonly own_timeout: number | null
  readonly seconds_in_queue: number
  readonly running_before: number
  readonly definition: Uint8Array
  readonly pipeline_iid: number
  readonly pipeline_source: string
  readonly pipeline_created_at: Date
  readonly pipeline_variables: Uint8Array | null
  readonly from_fork: boolean
  readonly ref: string
  readonly tag: boolean
  readonly sha: string | null
  readonly protected: boolean
}

const FOUND: { readonly [Column in keyof FoundRow]: true } = {
  number: true,
  refusal: true,
  own_timeout: true,
  seconds_in_queue: true,
  running_before: true,
  definition: true,
  pipeline_iid: true,
  pipeline_source: true,
  pipeline_created_at: true,
  pipeline_variables: true,
  from_fork: true,
  ref: true,
  tag: true,
  sha: true,
  protected: true,
}

export const PROJECT_PREFIX = 'project__'

/** The columns that the statement has to return of a job that was claimed. */
export const CLAIMED_COLUMNS: readonly string[] = [
  ...UPDATED_COLUMNS,
  ...Object.keys(FOUND),
  ...KEPT_COLUMNS,
  ...PROJECT_COLUMNS.map((name) => PROJECT_PREFIX + name),
]

/** How the queue looked, on each row. */
interface QueueRow {
  readonly candidates: number
  readonly locked: number
  readonly left_to_newer: boolean
}

type ClaimedRow = QueueRow &
  FoundRow &
  KeptRow & {
    readonly [Column in keyof ProjectRow as `${typeof PROJECT_PREFIX}${Column}`]: ProjectRow[Column]
  } & { readonly started_at: Date }

/** A row of the statement: a claimed job, or the only row when there is none. */
export type ClaimRow = ClaimedRow | (QueueRow & { readonly number: null })

/** The outcome of one of the claims that were made together; `again` when it should look again at once. */
export type OutcomeTogether = ClaimOutcome | { readonly kind: 'again' }

/**
 * Reads what claims that were made together got.
 *
 * @param rows - what their statement returned.
 * @returns their outcomes, in their order. One job that can't be read does not concern the others.
 */
export async function outcomesOf(
  db: Database,
  secrets: SecretBox,
  claims: readonly [Claim, ...Claim[]],
  rows: readonly ClaimRow[],
): Promise<readonly PromiseSettledResult<OutcomeTogether>[]> {
  const claimed = new Map<number, ClaimedRow>()
  for (const row of rows) if (row.number !== null) claimed.set(Number(row.number), row)
  const before = claims[0].runner.runnerType === 'instance_type' ? runningBefore(claimed) : null
  return await Promise.allSettled(
    claims.map(async (claim, index) => {
      const row = claimed.get(index + 1)
      if (!row) return outcomeWithoutJob(rows[0] ?? NOTHING, index)
      return await outcomeOf(db, secrets, claim, { ...row, running_before: before?.get(index + 1) ?? 0 })
    }),
  )
}

/** Counts the jobs that others of the group have just got as running, as if they had come one by one. */
function runningBefore(claimed: ReadonlyMap<number, ClaimedRow>): Map<number, number> {
  const earlier = new Map<number, number>()
  const before = new Map<number, number>()
  for (const [number, row] of [...claimed].sort(([a], [b]) => a - b)) {
    const count = earlier.get(row.project_id) ?? 0
    before.set(number, Math.min(BUSY, row.running_before + count))
    if (row.refusal === null) earlier.set(row.project_id, count + 1)
  }
  return before
}

const NOTHING: QueueRow = { candidates: 0, locked: 0, left_to_newer: false }

/** Decides what an asker gets for whom there was no job. */
function outcomeWithoutJob({ candidates, locked, left_to_newer }: QueueRow, index: number): OutcomeTogether {
  if (candidates === 0) return { kind: left_to_newer ? 'left' : 'none' }
  // Its job was no longer pending, or the others took all; either way the queue is shorter than before.
  if (index < locked || locked === candidates) return { kind: 'again' }
  return { kind: 'locked' }
}

async function outcomeOf(db: Database, secrets: SecretBox, claim: Claim, row: ClaimedRow): Promise<ClaimOutcome> {
  if (row.refusal === null) return await readTaken(db, secrets, claim, row)
  return { kind: 'rejected', jobId: row.id, reason: row.refusal, remaining: row.candidates - row.locked }
}

async function readTaken(db: Database, secrets: SecretBox, claim: Claim, row: ClaimedRow): Promise<ClaimOutcome> {
  let part: 'project' | 'job' = 'project'
  const read = () => {
    const project = toProject(secrets, projectPart(row))
    part = 'job'
    return toTaken(secrets, claim, row, project)
  }
  try {
    const taken = await readOrDamaged(db, secrets, read)
    return taken ? { kind: 'taken', taken } : { kind: 'damaged', jobId: row.id, remaining: row.candidates - row.locked }
  } catch (error) {
    if (!(error instanceof NewerFormError)) throw error
    return { kind: 'newer', jobId: row.id, part, version: error.version, timeout: row.own_timeout }
  }
}

function toTaken(secrets: SecretBox, { runner, managerId }: Claim, row: ClaimedRow, project: Project): TakenJob {
  return {
    job: toJob({
      ...row,
      ...FRESH,
      project_path: row.project__path,
      runner_id: runner.id,
      manager_id: managerId,
      updated_at: row.started_at,
    }),
    definition: decryptDefinition(secrets, row.definition, { pipelineId: row.pipeline_id, name: row.name }),
    project,
    pipeline: {
      id: row.pipeline_id,
      iid: row.pipeline_iid,
      source: row.pipeline_source,
      createdAt: row.pipeline_created_at,
      fromFork: row.from_fork,
      variables: decryptPipelineVariables(secrets, row.pipeline_variables, row.pipeline_id),
    },
    timeInQueueSeconds: row.seconds_in_queue,
    queueSize: row.candidates,
    runningOnInstanceRunners: row.running_before,
  }
}

const projectPart = (row: ClaimedRow): ProjectRow =>
  Object.fromEntries(PROJECT_COLUMNS.map((name) => [name, row[`${PROJECT_PREFIX}${name}`]])) as unknown as ProjectRow
