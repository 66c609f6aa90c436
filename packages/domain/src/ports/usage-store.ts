import type { JobTimes, Month, RunTime } from '../usage/usage.ts'

/** What was used, added up from the jobs that have ended: each counts in the month of its end. The largest first. */
export interface ProjectStorage {
  readonly projectId: number
  readonly path: string
  readonly artifactBytes: number
  readonly logBytes: number
  /** Null: without limit. */
  readonly maxStoredBytes: number | null
}

export interface UsageStore {
  /** What each project stores now, with those that may store only so much. The largest first. */
  storage(): Promise<readonly ProjectStorage[]>
  /** What one may store, and stores; what it stores is only added up where there is a limit. */
  storageOf(projectId: number): Promise<{ readonly limit: number | null; readonly stored: number }>
  projects(month: Month): Promise<readonly (RunTime & { readonly projectId: number; readonly path: string })[]>
  /** Of a runner that was removed the description and the factor are null. */
  runners(month: Month): Promise<
    readonly (RunTime & {
      readonly runnerId: number
      readonly description: string | null
      readonly costFactor: number | null
    })[]
  >
  /** Of jobs that ended in the last `hours`; with a tag, of those that have it, and `all` is null then. */
  times(asked: {
    readonly hours: number
    readonly tag?: string | undefined
  }): Promise<{ readonly all: JobTimes | null; readonly tags: readonly JobTimes[] }>
}
