import type { CommitStatus, SettledStatus, TakenStatus } from '../commit-statuses/commit-status.ts'
import type { StatusTarget } from '../commit-statuses/status-target.ts'
import type { DueQuery } from '../deliveries/send-due.ts'

/**
 * Statuses of commits. Changes are noted in the transaction that changes a pipeline or a job; `ProjectStore` writes
 * targets.
 */
export interface CommitStatusStore {
  /** Returns the targets of those projects that have one. */
  targets(projectIds: readonly number[]): Promise<StatusTarget[]>
  /** Returns the newest first. */
  list(filter: {
    projectId: number
    pipelineId?: number | undefined
    /** False leaves out those of jobs. */
    jobs?: boolean | undefined
    before?: number | undefined
    limit: number
  }): Promise<CommitStatus[]>
  /**
   * Gathers changes, and takes statuses that are due and whose forge takes requests, the longest waiting first. Each is
   * taken exactly once until `leaseMs` have passed.
   */
  takeDue(query: DueQuery): Promise<TakenStatus[]>
  /**
   * Records the outcome of a taken status. If it changed meanwhile, it is due again. Returns false when another process
   * has taken it since: then what the forge has is not known, and the present state is sent once more.
   */
  settle(of: Pick<TakenStatus, 'id' | 'takes' | 'revision'>, settled: SettledStatus): Promise<boolean>
  /** Sends nothing to the target of a project for this long. */
  pause(projectId: number, forMs: number): Promise<void>
  /** Makes a status due now. Returns null if there is none, `no_target` when the project has no target any more. */
  makeDue(id: number): Promise<CommitStatus | 'no_target' | null>
  /** Counts statuses that are still to be sent, up to `most`. */
  countWaiting(most: number): Promise<number>
  /** Deletes up to `limit` statuses that have not changed since. Returns how many. */
  removeBefore(before: Date, limit: number): Promise<number>
}
