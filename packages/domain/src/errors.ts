import type { DefinitionInvalid, Fault } from '@yardmaster/ci-config'
import type { EnvironmentState } from './environments/environment.ts'
import type { JobStatus } from './jobs/job.ts'
import type { ProjectSecret } from './projects/project.ts'

/** Attribute → sentences, in the words of the runner protocol (`docs/protocol/runners.md 1.1`). */
export type Violations = Readonly<Record<string, readonly string[]>>

// Runners
export interface RunnerRefused {
  /** Token unknown, removed or expired; the caller does not learn which. */
  readonly kind: 'runner_refused'
}
export interface RegistrationRefused {
  readonly kind: 'registration_refused'
}
export interface RegistrationDisabled {
  readonly kind: 'registration_disabled'
}
export interface RunnerInvalid {
  readonly kind: 'runner_invalid'
  readonly violations: Violations
}
export interface RunnerNotFound {
  readonly kind: 'runner_not_found'
  readonly id: number
}
export interface ManagerNotFound {
  readonly kind: 'manager_not_found'
}
export interface RunnerLocked {
  readonly kind: 'runner_locked'
  readonly id: number
}
export interface RunnerNotAssignable {
  /** Only project runners are assigned to projects, and the last project can't be removed. */
  readonly kind: 'runner_not_assignable'
  readonly id: number
  readonly reason: string
}
export interface ChangedSince {
  /** `If-Unmodified-Since` names a time before the last change. */
  readonly kind: 'changed_since'
}

// Projects and groups
export interface ProjectDamaged {
  /** Its stored data can't be read. */
  readonly kind: 'project_damaged'
  readonly id: number
  readonly parts: readonly ProjectSecret[]
}
export interface ProjectNotFound {
  readonly kind: 'project_not_found'
  readonly id: number
}
export interface GroupNotFound {
  readonly kind: 'group_not_found'
  readonly id: number
}
export interface PathTaken {
  readonly kind: 'path_taken'
  readonly path: string
}
export interface ProjectInvalid {
  readonly kind: 'project_invalid'
  /** The field, spelled as in the input. */
  readonly field: string
  readonly reason: string
}
export interface ProjectIndispensable {
  readonly kind: 'project_indispensable'
  readonly path: string
}

// Tokens of projects
export interface ProjectTokenNotFound {
  readonly kind: 'project_token_not_found'
  readonly id: number
}
export interface ProjectTokenInvalid {
  readonly kind: 'project_token_invalid'
  readonly field: string
  readonly reason: string
}

// Jobs
export interface JobNotFound {
  readonly kind: 'job_not_found'
  readonly id: number
}
export interface JobNewer {
  /** A newer release stored it: it is not damaged, but this release does not understand all of it. */
  readonly kind: 'job_newer'
  readonly id: number
}
export interface JobDamaged {
  /** Its stored data can't be read. */
  readonly kind: 'job_damaged'
  readonly id: number
}
export interface JobRefused {
  /** Unknown job, or a token of another job. */
  readonly kind: 'job_refused'
}
export interface JobProjectDeleted {
  readonly kind: 'job_project_deleted'
}
export interface JobErased {
  readonly kind: 'job_erased'
}
interface LogRemoved {
  /** It had become older than logs are kept. */
  readonly kind: 'log_removed'
  readonly at: Date
}
export interface JobNotExecuting {
  readonly kind: 'job_not_executing'
  readonly status: JobStatus
}
export interface StateUnknown {
  /** A runner reported a state that it must not set. */
  readonly kind: 'state_unknown'
  readonly status: JobStatus
}
export interface SearchIncomplete {
  /** A job that might have matched was being claimed by another request: ask again. */
  readonly kind: 'search_incomplete'
}
export interface TransitionImpossible {
  readonly kind: 'transition_impossible'
  readonly id: number
  readonly status: JobStatus
  /** The reason, when the status alone does not say it; a sentence. */
  readonly reason?: string
}

// Configurations
export interface ConfigMissing {
  /** The request has no configuration, and the project no repository with one. */
  readonly kind: 'config_missing'
  /** The file that the commit lacks; both are null when there is no repository. */
  readonly path: string | null
  readonly sha: string | null
}
export interface CompilerBusy {
  /** Too many configurations are waiting to be compiled. */
  readonly kind: 'compiler_busy'
}

// Repositories
export interface RepositoryMissing {
  /** The project has neither an address nor anything that was pushed to its own repository. */
  readonly kind: 'repository_missing'
  readonly projectId: number
}
export interface RepositoryUnavailable {
  /** It is away, too large, too slow or damaged; another attempt may succeed. */
  readonly kind: 'repository_unavailable'
  readonly projectId: number
  /** A sentence without secrets. */
  readonly reason: string
}
export interface RefNotFound {
  readonly kind: 'ref_not_found'
  readonly ref: string
}
export interface CommitNotFound {
  readonly kind: 'commit_not_found'
  readonly sha: string
}

// Pipelines
export interface PipelineNotFound {
  readonly kind: 'pipeline_not_found'
  readonly id: number
}
export interface PipelineOver {
  /** All its jobs are over, so there is nothing to cancel. */
  readonly kind: 'pipeline_over'
  readonly id: number
  readonly status: JobStatus
}
export interface PipelineUnderWay {
  /** A job of it is not over. */
  readonly kind: 'pipeline_under_way'
  readonly id: number
  readonly status: JobStatus
}
export interface PipelineNotRetryable {
  readonly kind: 'pipeline_not_retryable'
  readonly id: number
  /** A sentence. */
  readonly reason: string
}
export interface ConfigInvalid {
  readonly kind: 'config_invalid'
  readonly errors: readonly Fault[]
}
export interface PipelineFiltered {
  /** The rules of the workflow refuse it. */
  readonly kind: 'pipeline_filtered'
}
export interface PipelineEmpty {
  /** No job is in it, or none outside of the first and the last stage. */
  readonly kind: 'pipeline_empty'
}

// Schedules
export interface ScheduleNotFound {
  readonly kind: 'schedule_not_found'
  readonly id: number
}
export interface ScheduleInvalid {
  readonly kind: 'schedule_invalid'
  /** The field, spelled as in the input. */
  readonly field: string
  readonly reason: string
}
export interface ScheduleUnreadable {
  /** Its stored configuration or variables can't be read. */
  readonly kind: 'schedule_unreadable'
  readonly id: number
  /** `newer` when a newer release stored them. */
  readonly because: 'damaged' | 'newer'
}

// Environments
export interface EnvironmentNotFound {
  readonly kind: 'environment_not_found'
  readonly id: number
}
export interface EnvironmentNotStoppable {
  readonly kind: 'environment_not_stoppable'
  readonly id: number
  readonly state: EnvironmentState
  /** A sentence. */
  readonly reason: string
}
/** Only a stopped one can be removed. */
export interface EnvironmentNotStopped {
  readonly kind: 'environment_not_stopped'
  readonly id: number
  readonly state: EnvironmentState
}

// Resource groups
export interface ResourceGroupNotFound {
  /** No job of the project has named it. */
  readonly kind: 'resource_group_not_found'
  readonly projectId: number
  readonly name: string
}

// Traces
export interface TraceGap {
  readonly kind: 'trace_gap'
  /** The offset to resume from, in bytes from the start. */
  readonly storedBytes: number
}
export interface TraceTooLarge {
  readonly kind: 'trace_too_large'
}
export interface PatternInvalid {
  /** An invalid or oversized regular expression. */
  readonly kind: 'pattern_invalid'
  readonly reason: string
}

// Artifacts
export interface ArtifactsDisabled {
  readonly kind: 'artifacts_disabled'
}
export interface ArtifactInvalid {
  readonly kind: 'artifact_invalid'
  /** A sentence in the words of `docs/protocol/artifacts.md 3.4, 9 and 10`. */
  readonly reason: string
}
export interface ArtifactTooLarge {
  readonly kind: 'artifact_too_large'
}
export interface QuotaExceeded {
  /** The project's storage has reached its limit. */
  readonly kind: 'quota_exceeded'
}
export interface ArtifactNotFound {
  readonly kind: 'artifact_not_found'
}
export interface DownloadUnauthorized {
  /** The token is not that of a job being executed. */
  readonly kind: 'download_unauthorized'
}
export interface DownloadRefused {
  /** The job does not exist, or its project does not admit the requesting project. */
  readonly kind: 'download_refused'
}
export interface StorageFailed {
  /** The object store failed to write or read the bytes. */
  readonly kind: 'storage_failed'
  /** Shown to readers of the job's log: must not reveal how bytes are stored. */
  readonly reason: string
  /** For the operator's log. */
  readonly cause?: unknown
}

// Commit statuses
export interface CommitStatusNotFound {
  readonly kind: 'commit_status_not_found'
  readonly id: number
}
/** Its project sends no statuses any more. */
export interface CommitStatusNotSendable {
  readonly kind: 'commit_status_not_sendable'
  readonly id: number
}

// Webhooks
export interface WebhookNotFound {
  readonly kind: 'webhook_not_found'
  readonly id: number
}
export interface DeliveryNotFound {
  readonly kind: 'delivery_not_found'
  readonly id: number
}
export interface DeliveryNotSendable {
  readonly kind: 'delivery_not_sendable'
  readonly id: number
  readonly because: 'test' | 'switched_off' | 'under_way'
}
export interface WebhookInvalid {
  readonly kind: 'webhook_invalid'
  readonly field: string
  readonly reason: string
}

// Incoming hooks
export interface HookRefused {
  /** The project is unknown or has no secret, or the request does not prove that its sender knows it. */
  readonly kind: 'hook_refused'
}
export interface HookMalformed {
  readonly kind: 'hook_malformed'
  /** A sentence. */
  readonly reason: string
}
export interface HookDeliveryNotFound {
  readonly kind: 'hook_delivery_not_found'
  readonly id: number
}
export interface HookDeliveryUnderWay {
  /** A process works on it. */
  readonly kind: 'hook_delivery_under_way'
  readonly id: number
}
export interface HookDeliveryNotWaiting {
  /** It does not wait to be approved. */
  readonly kind: 'hook_delivery_not_waiting'
  readonly id: number
}

/**
 * Every refusal that a use case may return. The gateway's table of answers has a row for each, checked by the compiler.
 */
export type DomainError =
  | RunnerRefused
  | RegistrationRefused
  | RegistrationDisabled
  | RunnerInvalid
  | RunnerNotFound
  | ManagerNotFound
  | RunnerLocked
  | RunnerNotAssignable
  | ChangedSince
  | ProjectDamaged
  | ProjectNotFound
  | GroupNotFound
  | PathTaken
  | ProjectInvalid
  | ProjectIndispensable
  | ProjectTokenNotFound
  | ProjectTokenInvalid
  | JobNotFound
  | JobDamaged
  | JobNewer
  | JobRefused
  | JobProjectDeleted
  | JobErased
  | LogRemoved
  | JobNotExecuting
  | StateUnknown
  | SearchIncomplete
  | DefinitionInvalid
  | TransitionImpossible
  | PipelineNotFound
  | PipelineOver
  | PipelineUnderWay
  | PipelineNotRetryable
  | ConfigInvalid
  | PipelineFiltered
  | PipelineEmpty
  | ConfigMissing
  | CompilerBusy
  | RepositoryMissing
  | RepositoryUnavailable
  | RefNotFound
  | CommitNotFound
  | ScheduleNotFound
  | ScheduleInvalid
  | ScheduleUnreadable
  | EnvironmentNotFound
  | EnvironmentNotStoppable
  | EnvironmentNotStopped
  | ResourceGroupNotFound
  | TraceGap
  | TraceTooLarge
  | PatternInvalid
  | ArtifactsDisabled
  | ArtifactInvalid
  | ArtifactTooLarge
  | QuotaExceeded
  | ArtifactNotFound
  | DownloadUnauthorized
  | DownloadRefused
  | StorageFailed
  | CommitStatusNotFound
  | CommitStatusNotSendable
  | WebhookNotFound
  | DeliveryNotFound
  | DeliveryNotSendable
  | WebhookInvalid
  | HookRefused
  | HookMalformed
  | HookDeliveryNotFound
  | HookDeliveryUnderWay
  | HookDeliveryNotWaiting
