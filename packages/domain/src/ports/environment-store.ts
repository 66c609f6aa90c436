import type { Environment, EnvironmentState } from '../environments/environment.ts'

export interface EnvironmentFilter {
  readonly projectId?: number | undefined
  readonly state?: EnvironmentState | undefined
  /** Case-insensitive substring of the name. */
  readonly search?: string | undefined
  readonly before?: number | undefined
  readonly limit: number
}

/**
 * Environments. They come into being with the jobs that name them, and the end of a job changes its environment in the
 * same transaction: a deployment makes it available and decides when it is stopped, a job that stops it makes it
 * stopped. This store adds what no job does.
 */
export interface EnvironmentStore {
  /** Returns null when there is no such environment, or it or its project is removed. */
  find(id: number): Promise<Environment | null>
  /** Returns the newest first; no removed ones, and none of removed projects. */
  list(filter: EnvironmentFilter): Promise<Environment[]>
  /** Returns ids above `after` of environments that were to be stopped until the given time; none of removed projects. */
  dueToStop(given: { readonly after: number; readonly until: Date }, limit: number): Promise<number[]>
  /** Marks an environment as stopped, unless there was another successful deployment since it was read. */
  markStopped(environment: Pick<Environment, 'id' | 'lastSuccess'>): Promise<boolean>
  /** Removes an environment, if it is stopped. A later job that names it brings it back, without its deployments. */
  remove(id: number): Promise<boolean>
  /** Lets an environment not be stopped automatically, unless it was given another time since it was read. */
  forgetAutoStop(environment: Pick<Environment, 'id' | 'autoStopAt'>): Promise<boolean>
}
