import type { Variable } from '@yardmaster/ci-config'
import type { Artifact, StoredArtifact } from '../artifacts/artifact.ts'

export interface NewArtifact extends Omit<StoredArtifact, 'browsable' | 'createdAt' | 'projectId'> {
  /** Of a dotenv report: variables of the jobs that depend on this one. */
  readonly dotenv?: readonly Variable[] | undefined
  /** Of an annotations report: list name → list. */
  readonly annotations?: Readonly<Record<string, unknown>> | undefined
}

/** What a job gets from one it depends on. */
export interface Dependency {
  readonly id: number
  readonly name: string
  readonly archive: Pick<Artifact, 'filename' | 'size'> | null
  readonly dotenv: readonly Variable[]
}

export interface ArtifactTotals {
  readonly projectId: number
  readonly artifactBytes: number
  readonly artifactCount: number
}

export interface ArtifactStore {
  find(jobId: number, type: string): Promise<StoredArtifact | null>
  /** In the order they came. */
  list(jobId: number): Promise<StoredArtifact[]>
  /** By job, for lists of jobs: one statement. */
  listOf(jobIds: readonly number[]): Promise<ReadonlyMap<number, readonly StoredArtifact[]>>
  /** Before an object is written: it is swept away after `removeAfter`, unless a record names it by then. */
  announce(keys: readonly string[], removeAfter: Date): Promise<void>
  /**
   * Artifact, report contents, the job's expiry, the project's usage; its keys are no strays any more. All of it or
   * nothing: `exists` when the job has one of that type, `not_executing` when the job is over, erased or its project
   * deleted, `swept` when its objects were not announced or their time has passed.
   */
  store(artifact: NewArtifact): Promise<'stored' | 'exists' | 'not_executing' | 'swept'>
  /** Variables of the job's dotenv report; empty without one. */
  dotenv(jobId: number): Promise<readonly Variable[]>
  /** Clears the expiry of the job and of all its artifacts. False: no such job. */
  keep(jobId: number): Promise<boolean>
  /** Deletes up to `limit` records whose time is past, their objects becoming strays that are due; how many. */
  expire(now: Date, limit: number): Promise<number>
  /** Deletes all records of one job, their objects becoming strays that are due; how many. */
  removeAll(jobId: number): Promise<number>
  /** Objects no record names whose time has come. */
  strays(now: Date, limit: number): Promise<string[]>
  /** Once they are gone. */
  forget(keys: readonly string[]): Promise<void>
  /** In the order of `ids`; jobs that are gone are left out. */
  dependencies(ids: readonly number[]): Promise<Dependency[]>
  /** Of these projects, or of all; those that store nothing are left out. */
  usage(projectIds?: readonly number[]): Promise<ArtifactTotals[]>
}
