export const JOB_STATUSES = [
  'created',
  'waiting_for_resource',
  'preparing',
  'manual',
  'scheduled',
  'pending',
  'running',
  'canceling',
  'success',
  'failed',
  'canceled',
  'skipped',
] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

export type JobEvent = 'enqueue' | 'run' | 'success' | 'drop' | 'cancel' | 'cancel_gracefully' | 'force_cancel' | 'skip'

const BEFORE_RUNNING = ['created', 'waiting_for_resource', 'preparing', 'pending'] as const

/** Which status may follow which, `docs/protocol/job-update.md 6`. What is not here is impossible. */
const NEXT: { readonly [Event in JobEvent]: { readonly [Status in JobStatus]?: JobStatus } } = {
  enqueue: {
    created: 'pending',
    manual: 'pending',
    skipped: 'pending',
    scheduled: 'pending',
    waiting_for_resource: 'pending',
    preparing: 'pending',
  },
  run: { pending: 'running' },
  success: { ...all(BEFORE_RUNNING, 'success'), running: 'success', canceling: 'canceled' },
  drop: {
    ...all(BEFORE_RUNNING, 'failed'),
    running: 'failed',
    manual: 'failed',
    scheduled: 'failed',
    canceling: 'canceled',
  },
  cancel: { ...all(BEFORE_RUNNING, 'canceled'), running: 'canceled', manual: 'canceled', scheduled: 'canceled' },
  cancel_gracefully: { running: 'canceling' },
  force_cancel: {
    ...all(BEFORE_RUNNING, 'canceled'),
    running: 'canceled',
    manual: 'canceled',
    scheduled: 'canceled',
    canceling: 'canceled',
  },
  skip: all(BEFORE_RUNNING, 'skipped'),
}

function all(from: readonly JobStatus[], to: JobStatus): { [Status in JobStatus]?: JobStatus } {
  return Object.fromEntries(from.map((status) => [status, to]))
}

/** The status after an event, or null where the state machine has no such step. */
export const statusAfter = (status: JobStatus, event: JobEvent): JobStatus | null => NEXT[event][status] ?? null

/** Over for good; a retry makes a new job. */
export const isFinished = (status: JobStatus): boolean =>
  status === 'success' || status === 'failed' || status === 'canceled' || status === 'skipped'

/** A runner holds it, so its job token works. */
export const isExecuting = (status: JobStatus): boolean => status === 'running' || status === 'canceling'

/** A job as people see it. Times are dates here; the edge spells them. */
export interface Job {
  readonly id: number
  readonly name: string
  readonly stage: string
  readonly status: JobStatus
  readonly pipelineId: number
  readonly projectId: number
  readonly projectPath: string
  readonly ref: string
  /** The ref is a tag. */
  readonly tag: boolean
  readonly sha: string | null
  readonly protected: boolean
  /** What a runner must offer. */
  readonly tags: readonly string[]
  readonly runnerId: number | null
  readonly managerId: number | null
  readonly failureReason: string | null
  readonly exitCode: number | null
  readonly allowFailure: boolean
  /** Effective limit once it runs, before that the job's own or null; seconds. */
  readonly timeout: number | null
  readonly timeoutSource: 'job' | 'project' | 'runner' | null
  readonly debugTrace: boolean
  readonly createdAt: Date
  /** When a delayed job is, or was to be, queued by itself. */
  readonly scheduledAt: Date | null
  readonly queuedAt: Date | null
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly erasedAt: Date | null
  readonly updatedAt: Date
  readonly artifactsExpireAt: Date | null
  /** Stored bytes. */
  readonly traceSize: number
  /** `crc32:` and eight hex digits of the stored bytes, once finished. */
  readonly traceChecksum: string | null
  readonly traceInvalid: boolean
  readonly traceCorrupted: boolean
  readonly retriedBy: number | null
  readonly retryOf: number | null
  /** Ids of the jobs whose artifacts this one fetches. */
  readonly dependencies: readonly number[]
  /** Of the jobs of its project that name the same one, one is queued or executed at a time. */
  readonly resourceGroup: string | null
}

/** Reasons a runner may give and we store as they are (`docs/protocol/job-update.md 5.1`). */
export const FAILURE_REASONS = [
  'unknown_failure',
  'script_failure',
  'api_failure',
  'stuck_or_timeout_failure',
  'runner_system_failure',
  'missing_dependency_failure',
  'runner_unsupported',
  'stale_schedule',
  'job_execution_timeout',
  'archived_failure',
  'unmet_prerequisites',
  'scheduler_failure',
  'data_integrity_failure',
  'forward_deployment_failure',
  'failed_outdated_deployment_job',
  'user_blocked',
  'project_deleted',
  'ci_quota_exceeded',
  'pipeline_loop_detected',
  'no_matching_runner',
  'trace_size_exceeded',
  'builds_disabled',
  'environment_creation_failure',
  'deployment_rejected',
  'job_execution_server_timeout',
  'stuck_pending_with_matching_runners',
  'stuck_pending_no_matching_runners',
  'no_updates_running',
  'no_updates_canceling',
  'server_timeout_running',
  'server_timeout_canceling',
  'runner_configuration_error',
  'runner_external_dependency_failure',
  'runner_interrupted',
  'runner_provisioning_timeout',
  'image_pull_failure',
  'protected_environment_failure',
  'insufficient_bridge_permissions',
  'downstream_bridge_project_not_found',
  'invalid_bridge_trigger',
  'upstream_bridge_project_not_found',
  'insufficient_upstream_permissions',
  'bridge_pipeline_is_child_pipeline',
  'downstream_pipeline_creation_failed',
  'reached_max_descendant_pipelines_depth',
  'reached_max_pipeline_hierarchy_size',
  'reached_downstream_pipeline_trigger_rate_limit',
  'downstream_project_trigger_resolved_to_empty',
  'secrets_provider_not_found',
  'secrets_manager_access_denied',
  'ip_restriction_failure',
  'duo_workflow_not_allowed',
  'duo_workflow_connection_failure',
  'job_router_failure',
  'job_token_expired',
  'id_token_burned_project_path',
] as const

const KNOWN_REASONS: ReadonlySet<string> = new Set(FAILURE_REASONS)

/** Unknown and missing reasons become `unknown_failure`; that is no error. */
export const failureReason = (reported: string | null | undefined): string =>
  reported != null && KNOWN_REASONS.has(reported) ? reported : 'unknown_failure'
