import type { DefinitionInvalid } from '@yardmaster/ci-config'
import type { JobStatus } from './jobs/job.ts'
import type { ProjectSecret } from './projects/project.ts'

/** Attribute → sentences, in the words of the runner protocol (`docs/protocol/runners.md 1.1`). */
export type Violations = Readonly<Record<string, readonly string[]>>

// Runners
export interface RunnerRefused {
  /** Token unknown, removed or expired: nobody is told which. */
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
  /** Only project runners serve single projects; the last one can't be taken away. */
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
  /** What is stored of it cannot be read. */
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
  /** The field, spelled as the caller spelled it. */
  readonly field: string
  readonly reason: string
}
export interface ProjectIndispensable {
  readonly kind: 'project_indispensable'
  readonly path: string
}

// Jobs
export interface JobNotFound {
  readonly kind: 'job_not_found'
  readonly id: number
}
export interface JobNewer {
  /** A newer release stored it: nothing is wrong with it, but this release does not know what all of it means. */
  readonly kind: 'job_newer'
  readonly id: number
}
export interface JobDamaged {
  /** What is stored of it cannot be read. */
  readonly kind: 'job_damaged'
  readonly id: number
}
export interface JobRefused {
  /** Unknown job, or a token that isn't this job's. */
  readonly kind: 'job_refused'
}
export interface JobProjectDeleted {
  readonly kind: 'job_project_deleted'
}
export interface JobErased {
  readonly kind: 'job_erased'
}
export interface JobNotExecuting {
  readonly kind: 'job_not_executing'
  readonly status: JobStatus
}
export interface StateUnknown {
  /** A runner reported a state that it can't set. */
  readonly kind: 'state_unknown'
  readonly status: JobStatus
}
export interface SearchIncomplete {
  /** Something that might have matched was being taken by someone else: ask again. */
  readonly kind: 'search_incomplete'
}
export interface TransitionImpossible {
  readonly kind: 'transition_impossible'
  readonly id: number
  readonly status: JobStatus
  /** Why, where the status alone does not say; a sentence. */
  readonly reason?: string
}

// Traces
export interface TraceGap {
  readonly kind: 'trace_gap'
  /** Where the sender has to resume, in bytes from the start. */
  readonly storedBytes: number
}
export interface TraceTooLarge {
  readonly kind: 'trace_too_large'
}
export interface PatternInvalid {
  /** A regular expression to search by that is none, or is too large. */
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
  /** The project stores as much as it may. */
  readonly kind: 'quota_exceeded'
}
export interface ArtifactNotFound {
  readonly kind: 'artifact_not_found'
}
export interface DownloadUnauthorized {
  /** No token of a job that is being executed. */
  readonly kind: 'download_unauthorized'
}
export interface DownloadRefused {
  /** No such job, or its project lets nobody of the asking project in. */
  readonly kind: 'download_refused'
}
export interface StorageFailed {
  /** The object store could not take or give the bytes. */
  readonly kind: 'storage_failed'
  /** For the person who reads the job's log: nothing of how the store is made. */
  readonly reason: string
  /** For the operator's log. */
  readonly cause?: unknown
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

/** Every refusal a use case may return. The gateway's answer table has a row for each, checked by the compiler. */
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
  | JobNotFound
  | JobDamaged
  | JobNewer
  | JobRefused
  | JobProjectDeleted
  | JobErased
  | JobNotExecuting
  | StateUnknown
  | SearchIncomplete
  | DefinitionInvalid
  | TransitionImpossible
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
  | WebhookNotFound
  | DeliveryNotFound
  | DeliveryNotSendable
  | WebhookInvalid
