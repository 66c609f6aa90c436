import type { JobTimes, Month, RunTime } from '../usage/usage.ts'

/** What one project stores, in bytes. */
export interface ProjectStorage {
  readonly projectId: number
  readonly path: string
  readonly artifactBytes: number
  readonly logBytes: number
  /** Null when there is no limit. */
  readonly maxStoredBytes: number | null
}

/** Computes usage from the jobs that have ended; each counts in the month of its end. The largest first. */
export interface UsageStore {
  /** Returns what each project stores now, also for projects with a quota that store nothing. The largest first. */
  storage(): Promise<readonly ProjectStorage[]>
  /** Returns a project's limit and what it stores; the latter is only computed when there is a limit. */
  storageOf(projectId: number): Promise<{ readonly limit: number | null; readonly stored: number }>
  projects(month: Month): Promise<readonly (RunTime & { readonly projectId: number; readonly path: string })[]>
  /** For a removed runner, description and factor are null. */
  runners(month: Month): Promise<
    readonly (RunTime & {
      readonly runnerId: number
      readonly description: string | null
      readonly costFactor: number | null
    })[]
  >
  /** Covers jobs that ended in the last `hours`. With a tag, only those that have it; `all` is null then. */
  times(asked: {
    readonly hours: number
    readonly tag?: string | undefined
  }): Promise<{ readonly all: JobTimes | null; readonly tags: readonly JobTimes[] }>
}
