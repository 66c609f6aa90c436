import type { JobStatus } from '../jobs/job.ts'
import type { Rule } from '../jobs/matching.ts'
import type { HoldingUp } from '../ports.ts'
import type { SkipExplanation } from './explain-skip.ts'

export interface RunnerExplanation {
  readonly runnerId: number
  readonly description: string | null
  readonly fits: boolean
  /** The rule that excludes the runner, or null. */
  readonly rule: Rule | null
  /** A sentence for people. */
  readonly detail: string
  readonly runningJobs: number
}

interface HoldUpExplanation extends HoldingUp {
  /** A sentence for people. */
  readonly detail: string
}

export interface Explanation {
  /** The instance assigns no jobs at present, whatever the runners are. */
  readonly maintenance: boolean
  readonly jobId: number
  readonly status: JobStatus
  /** All of it in a sentence for people, which ends with a colon when jobs follow. */
  readonly summary: string
  /**
   * How many waiting jobs are before it that the fitting runners may take as well; more than `MOST_AHEAD` are counted as
   * one more. Null for a job that is not in the queue, or that no runner fits.
   */
  readonly ahead: number | null
  /** When a delayed job is queued; null for other jobs. */
  readonly startsAt: Date | null
  /** Why a job that is not queued yet will be skipped; null when that is not decided. */
  readonly failedBefore: SkipExplanation | null
  /** The jobs that hold it up. */
  readonly waitsFor: readonly HoldUpExplanation[]
  /** Why it was skipped; null for a job that was not. */
  readonly skip: SkipExplanation | null
  /** The child pipeline whose end a trigger job waits for; null for other jobs, and when it is not there yet. */
  readonly waitsForPipelineId: number | null
  /** What the reason of a failed job leaves open, in words; null when nothing, and for other jobs. */
  readonly failureDetail: string | null
  /** None for a job that has been taken or is over, nor for a trigger job, which the server starts by itself. */
  readonly runners: readonly RunnerExplanation[]
}
