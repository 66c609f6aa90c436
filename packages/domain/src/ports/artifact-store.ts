import type { Variable } from '@yardmaster/ci-config'
import type { Artifact, StoredArtifact } from '../artifacts/artifact.ts'

export interface NewArtifact extends Omit<StoredArtifact, 'browsable' | 'createdAt' | 'projectId'> {
  /** From a dotenv report: variables for the jobs that depend on this one. */
  readonly dotenv?: readonly Variable[] | undefined
  /** From an annotations report: list name → list. */
  readonly annotations?: Readonly<Record<string, unknown>> | undefined
}

/** What a job gets from a job that it depends on. */
export interface Dependency {
  readonly id: number
  readonly name: string
  readonly archive: Pick<Artifact, 'filename' | 'size'> | null
  readonly dotenv: readonly Variable[]
}

/** A report of a job, as an artifact. */
export interface JobReport {
  readonly jobId: number
  readonly jobName: string
  /** Whether the job is the newest attempt. */
  readonly isLatest: boolean
  readonly artifact: StoredArtifact
}

export interface ArtifactTotals {
  readonly projectId: number
  readonly artifactBytes: number
  readonly artifactCount: number
}

export interface ArtifactStore {
  find(jobId: number, type: string): Promise<StoredArtifact | null>
  /** In the order in which they were uploaded. */
  list(jobId: number): Promise<StoredArtifact[]>
  /** Returns the artifacts of many jobs, by job, with one statement. */
  listOf(jobIds: readonly number[]): Promise<ReadonlyMap<number, readonly StoredArtifact[]>>
  /** Returns the artifacts of a type of a pipeline's jobs and their earlier attempts, by stage and in the order of creation. */
  reports(pipelineId: number, type: string): Promise<JobReport[]>
  /** Call before an object is written: it is deleted after `removeAfter` unless a record names it by then. */
  announce(keys: readonly string[], removeAfter: Date): Promise<void>
  /**
   * Stores the artifact, its report's content, the job's expiry and the project's storage; its objects are no longer
   * strays. All or nothing: `exists` when the job has an artifact of that type; `not_executing` when the job is over or
   * erased or its project is removed; `swept` when its objects were not announced or their time has passed.
   */
  store(artifact: NewArtifact): Promise<'stored' | 'exists' | 'not_executing' | 'swept'>
  /** Returns the variables of the job's dotenv report; empty when there is no report. */
  dotenv(jobId: number): Promise<readonly Variable[]>
  /** Clears the expiry of the job and of all its artifacts. Returns false when there is no such job. */
  keep(jobId: number): Promise<boolean>
  /** Deletes up to `limit` expired records and turns their objects into strays that are due. Returns how many. */
  expire(now: Date, limit: number): Promise<number>
  /** Deletes all records of a job and turns their objects into strays that are due. Returns how many. */
  removeAll(jobId: number): Promise<number>
  /** Returns the keys of strays that are due. */
  strays(now: Date, limit: number): Promise<string[]>
  /** Removes the notes of strays. Call once their objects are deleted. */
  forget(keys: readonly string[]): Promise<void>
  /** In the order of `ids`; jobs that no longer exist are left out. */
  dependencies(ids: readonly number[]): Promise<Dependency[]>
  /** Returns the storage of these projects, or of all; projects that store nothing are left out. */
  usage(projectIds?: readonly number[]): Promise<ArtifactTotals[]>
}
