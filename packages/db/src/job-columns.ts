import type { Job } from '@yardmaster/domain/jobs'
import type { NewJob } from '@yardmaster/domain/ports'

/** The types in this program of values of each column type. */
interface SqlValues {
  readonly integer: number
  readonly bigint: number
  readonly float8: number
  readonly boolean: boolean
  readonly text: string
  readonly timestamptz: Date
  readonly 'integer[]': readonly number[]
  readonly 'bigint[]': readonly number[]
  readonly 'text[]': readonly string[]
}
type SqlType = keyof SqlValues

/** The SQL types that can store a value. */
type TypesFor<Value> = { [Type in SqlType]: [Value] extends [SqlValues[Type]] ? Type : never }[SqlType]

interface Rules {
  /**
   * The value in a new job: `default` uses the table's default, `stated` the expression in `create-jobs.ts`. A function
   * receives the ids that were drawn for the jobs of the pipeline, in their order.
   */
  readonly created: 'default' | 'stated' | ((job: NewJob, ids: readonly number[]) => unknown)
  /** The value in a retry: `stated` uses the expression in `job-state/retry.ts`. */
  readonly retried: 'kept' | 'default' | 'stated'
}

/** A column whose stored value is a field of `Job`. */
type ShownAs<Field extends keyof Job> = {
  readonly field: Field
  readonly type: TypesFor<NonNullable<Job[Field]>>
} & (null extends Job[Field] ? { readonly nullable: true } : { readonly nullable?: undefined })

interface Internal {
  readonly field?: undefined
  readonly type: SqlType
  readonly nullable?: true
}

type JobColumn = Rules & ({ [Field in keyof Job]: ShownAs<Field> }[keyof Job] | Internal)

/** Characters of the name of an environment; a job with a longer one fails, and shows the beginning. */
const MAX_ENVIRONMENT = 255

/**
 * All columns of the table `jobs`, as the migrations define it. The insert of new jobs, the copy for a retry and the
 * mapping of rows to `Job` are derived from this table.
 */
export const COLUMNS = {
  id: { type: 'integer', field: 'id', created: 'stated', retried: 'stated' },
  pipeline_id: { type: 'integer', field: 'pipelineId', created: 'stated', retried: 'kept' },
  family_id: { type: 'integer', nullable: true, created: 'stated', retried: 'kept' },
  project_id: { type: 'integer', field: 'projectId', created: 'stated', retried: 'kept' },
  name: { type: 'text', field: 'name', created: ({ name }) => name, retried: 'kept' },
  stage: { type: 'text', field: 'stage', created: ({ stage }) => stage, retried: 'kept' },
  stage_index: { type: 'integer', field: 'stageIndex', created: ({ stageIndex = 0 }) => stageIndex, retried: 'kept' },
  status: { type: 'text', field: 'status', created: ({ status }) => status, retried: 'stated' },
  tags: { type: 'text[]', field: 'tags', created: ({ definition }) => definition.tags, retried: 'kept' },
  /** Its name and tags, for lists. A trigger sets it. */
  profile_id: { type: 'integer', created: 'default', retried: 'kept' },
  required_features: { type: 'text[]', created: (job) => job.requiredFeatures, retried: 'kept' },
  dependencies: {
    type: 'integer[]',
    field: 'dependencies',
    created: ({ fetchesFrom, definition }, ids) => fetchesFrom?.map((at) => ids[at]) ?? definition.dependencies,
    retried: 'stated',
  },
  waits_for: {
    type: 'integer[]',
    created: ({ waitsFor = [] }, ids) => waitsFor.map((at) => ids[at]),
    retried: 'stated',
  },
  by_stage: { type: 'boolean', field: 'byStage', created: ({ byStage = true }) => byStage, retried: 'kept' },
  needs: { type: 'text[]', nullable: true, field: 'needs', created: ({ needs = null }) => needs, retried: 'kept' },
  starts_when: {
    type: 'text',
    nullable: true,
    field: 'when',
    created: ({ definition }) => definition.when,
    retried: 'kept',
  },
  interruptible: {
    type: 'boolean',
    field: 'interruptible',
    created: ({ definition }) => definition.interruptible,
    retried: 'kept',
  },
  coverage: { type: 'float8', nullable: true, field: 'coverage', created: 'default', retried: 'default' },
  environment: {
    type: 'text',
    nullable: true,
    field: 'environment',
    created: ({ environment }) => environment?.name.slice(0, MAX_ENVIRONMENT) ?? null,
    retried: 'kept',
  },
  environment_action: {
    type: 'text',
    nullable: true,
    created: ({ environment }) => environment?.action ?? null,
    retried: 'kept',
  },
  environment_tier: {
    type: 'text',
    nullable: true,
    created: ({ environment }) => environment?.tier ?? null,
    retried: 'kept',
  },
  environment_url: {
    type: 'text',
    nullable: true,
    created: ({ environment }) => environment?.url ?? null,
    retried: 'kept',
  },
  on_stop: { type: 'text', nullable: true, created: ({ environment }) => environment?.onStop ?? null, retried: 'kept' },
  auto_stop_in: {
    type: 'float8',
    nullable: true,
    created: ({ environment }) => environment?.autoStopIn ?? null,
    retried: 'kept',
  },
  environment_refusal: {
    type: 'text',
    nullable: true,
    created: ({ environmentRefusal = null }) => environmentRefusal,
    retried: 'kept',
  },
  parallel_index: {
    type: 'integer',
    nullable: true,
    field: 'parallelIndex',
    created: ({ parallel }) => parallel?.index ?? null,
    retried: 'kept',
  },
  parallel_total: {
    type: 'integer',
    nullable: true,
    field: 'parallelTotal',
    created: ({ parallel }) => parallel?.total ?? null,
    retried: 'kept',
  },
  kind: {
    type: 'text',
    field: 'kind',
    created: ({ definition }) => (definition.trigger ? 'trigger' : 'build'),
    retried: 'kept',
  },
  strategy: {
    type: 'text',
    nullable: true,
    field: 'strategy',
    created: ({ definition }) => definition.trigger?.strategy ?? null,
    retried: 'kept',
  },
  downstream_pipeline_id: {
    type: 'integer',
    nullable: true,
    field: 'downstreamPipelineId',
    created: 'default',
    retried: 'default',
  },
  failure_detail: { type: 'text', nullable: true, field: 'failureDetail', created: 'default', retried: 'default' },
  resource_group: {
    type: 'text',
    nullable: true,
    field: 'resourceGroup',
    created: ({ definition }) => definition.resourceGroup,
    retried: 'kept',
  },
  allow_failure: {
    type: 'boolean',
    field: 'allowFailure',
    created: ({ definition }) => definition.allowFailure,
    // A failure that was allowed because of its exit code does not affect the next attempt.
    retried: 'stated',
  },
  allow_failure_exit_codes: {
    type: 'bigint[]',
    created: ({ definition }) => definition.allowFailureExitCodes,
    retried: 'kept',
  },
  timeout: {
    type: 'integer',
    nullable: true,
    field: 'timeout',
    created: ({ definition }) => definition.timeout,
    // The old attempt has the limit that was in effect.
    retried: 'stated',
  },
  timeout_source: { type: 'text', nullable: true, field: 'timeoutSource', created: 'default', retried: 'default' },
  start_at: { type: 'timestamptz', nullable: true, field: 'scheduledAt', created: 'stated', retried: 'default' },
  created_at: { type: 'timestamptz', field: 'createdAt', created: 'default', retried: 'default' },
  queued_at: { type: 'timestamptz', nullable: true, field: 'queuedAt', created: 'stated', retried: 'stated' },
  started_at: { type: 'timestamptz', nullable: true, field: 'startedAt', created: 'default', retried: 'default' },
  finished_at: { type: 'timestamptz', nullable: true, field: 'finishedAt', created: 'default', retried: 'default' },
  erased_at: { type: 'timestamptz', nullable: true, field: 'erasedAt', created: 'default', retried: 'default' },
  log_removed_at: {
    type: 'timestamptz',
    nullable: true,
    field: 'logRemovedAt',
    created: 'default',
    retried: 'default',
  },
  updated_at: { type: 'timestamptz', field: 'updatedAt', created: 'default', retried: 'default' },
  last_signal_at: { type: 'timestamptz', nullable: true, created: 'default', retried: 'default' },
  runner_id: { type: 'integer', nullable: true, field: 'runnerId', created: 'default', retried: 'default' },
  manager_id: { type: 'integer', nullable: true, field: 'managerId', created: 'default', retried: 'default' },
  on_instance_runner: { type: 'boolean', created: 'default', retried: 'default' },
  answered_hold: { type: 'boolean', created: 'default', retried: 'default' },
  token_digest: { type: 'text', nullable: true, created: 'default', retried: 'default' },
  failure_reason: { type: 'text', nullable: true, field: 'failureReason', created: 'default', retried: 'default' },
  exit_code: { type: 'bigint', nullable: true, field: 'exitCode', created: 'default', retried: 'default' },
  cost_factor: { type: 'float8', created: 'default', retried: 'default' },
  debug_trace: { type: 'boolean', field: 'debugTrace', created: 'default', retried: 'default' },
  trace_size: { type: 'bigint', field: 'traceSize', created: 'default', retried: 'default' },
  trace_crc: { type: 'bigint', nullable: true, created: 'default', retried: 'default' },
  trace_invalid: { type: 'boolean', field: 'traceInvalid', created: 'default', retried: 'default' },
  trace_corrupted: { type: 'boolean', field: 'traceCorrupted', created: 'default', retried: 'default' },
  trace_sealed: { type: 'boolean', created: 'default', retried: 'default' },
  artifacts_expire_at: {
    type: 'timestamptz',
    nullable: true,
    field: 'artifactsExpireAt',
    created: 'default',
    retried: 'default',
  },
  retry_of: { type: 'integer', nullable: true, field: 'retryOf', created: 'default', retried: 'stated' },
  retry_decided: { type: 'boolean', created: 'default', retried: 'default' },
  retried_by: { type: 'integer', nullable: true, field: 'retriedBy', created: 'default', retried: 'default' },
} as const satisfies Readonly<Record<string, JobColumn>>

type Columns = typeof COLUMNS
type ColumnName = keyof Columns

/** Columns whose value is an expression of the statement, for a new job or a retry. */
export type Stated<Rule extends keyof Rules> = {
  [Name in ColumnName]: Columns[Name][Rule] extends 'stated' ? Name : never
}[ColumnName]

/** Columns that are a field of `Job`. */
export type ShownColumn = {
  [Name in ColumnName]: Columns[Name] extends { readonly field: keyof Job } ? Name : never
}[ColumnName]

/** The columns of a row that are fields of `Job`. */
export type ShownRow = { [Name in ShownColumn]: Job[Columns[Name]['field']] }
/** The fields of a job with these columns. */
export type ShownFields = Pick<Job, Columns[ShownColumn]['field']>

const ENTRIES: readonly (readonly [name: ColumnName, column: JobColumn])[] = Object.entries(COLUMNS) as (readonly [
  ColumnName,
  JobColumn,
])[]

const SHOWN = ENTRIES.flatMap(([name, { field }]) =>
  field === undefined ? [] : [{ name: name as ShownColumn, field }],
)

export const SHOWN_COLUMNS: readonly ShownColumn[] = SHOWN.map(({ name }) => name)

export const shownFields = (row: ShownRow): ShownFields =>
  Object.fromEntries(SHOWN.map(({ name, field }) => [field, row[name]])) as unknown as ShownFields

const isGiven = ({ created }: JobColumn) => typeof created === 'function'

/** The columns given with a new job, with their types, as a list for `json_to_recordset`. */
export const GIVEN_COLUMNS: string = ENTRIES.filter(([, column]) => isGiven(column))
  .map(([name, { type }]) => `${name} ${type}`)
  .join(', ')

/** Returns the values of the given columns. */
export const givenValues = (job: NewJob, ids: readonly number[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    ENTRIES.flatMap(([name, { created }]) => (typeof created === 'function' ? [[name, created(job, ids)]] : [])),
  )

/** Returns `(columns) overriding system value select values` of an insert of new jobs, which come from `given`. */
export const insertNew = (stated: Readonly<Record<Stated<'created'>, string>>): string =>
  insert(({ created }, name) => (typeof created === 'function' ? `given.${name}` : created), stated)

/** The same for a retry, which comes from the row of the previous attempt. */
export const insertRetry = (stated: Readonly<Record<Stated<'retried'>, string>>): string =>
  insert(({ retried }, name) => (retried === 'kept' ? name : retried), stated)

function insert(
  valueFor: (column: JobColumn, name: ColumnName) => string,
  stated: Readonly<Partial<Record<ColumnName, string>>>,
): string {
  const filled = ENTRIES.map(([name, column]) => [name, valueFor(column, name)] as const)
    .filter(([, value]) => value !== 'default')
    .map(([name, value]) => [name, value === 'stated' ? stated[name] : value])
  const names = filled.map(([name]) => name).join(', ')
  const values = filled.map(([, value]) => value).join(', ')
  return `(${names})\n  overriding system value\n  select ${values}`
}
