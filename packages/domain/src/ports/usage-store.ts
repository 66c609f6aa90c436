import type { JobTimes, Month, RunUsage } from '../usage/usage.ts'

/** What was used, added up from the jobs that have ended: each counts in the month of its end. The largest first. */
export interface UsageStore {
  projects(month: Month): Promise<readonly (RunUsage & { readonly projectId: number; readonly path: string })[]>
  /** Of a runner that was removed the description and the factor are null. */
  runners(month: Month): Promise<
    readonly (RunUsage & {
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
