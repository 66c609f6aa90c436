import type { Pipeline } from '../pipelines/pipeline.ts'
import type { NewPipeline } from '../ports/new-pipeline.ts'

/** Failures in a row after which a schedule is paused. */
export const MOST_FAILURES = 5

/** Creates pipelines of a project at the times that a cron expression says. */
export interface Schedule {
  readonly id: number
  readonly projectId: number
  readonly projectPath: string
  readonly description: string
  /** Five fields. */
  readonly cron: string
  /** The IANA name of the zone in which they are read. */
  readonly timeZone: string
  /** Null for the project's default branch at the time of the run. */
  readonly ref: string | null
  readonly tag: boolean
  readonly sha: string | null
  readonly active: boolean
  /** Who created it, in words for people. */
  readonly createdBy: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  /** Null when the expression matches no time of the next decades. */
  readonly nextRunAt: Date | null
  readonly lastRunAt: Date | null
  /** The newest pipeline; null when there is none, or it was removed. */
  readonly lastPipeline: Pick<Pipeline, 'id' | 'status' | 'hasAllowedFailures'> | null
  /** Failures in a row. */
  readonly failures: number
  /** Why the last run created no pipeline, as a sentence; null when it did. */
  readonly lastFailure: string | null
}

/** What its pipelines are made of; encrypted at rest. */
export interface ScheduleConfiguration {
  /** The text of the configuration; null when it is read from the project's repository at each run. */
  readonly content: string | null
  /** The texts of files by path, which it may include; null when none were given. */
  readonly files: Readonly<Record<string, string>> | null
  /** Null when none were given. */
  readonly inputs: Readonly<Record<string, unknown>> | null
}

/** The encrypted parts. */
export interface ScheduleContents {
  readonly configuration: ScheduleConfiguration
  readonly variables: NewPipeline['variables']
}

export interface NewSchedule
  extends Pick<
      Schedule,
      'projectId' | 'description' | 'cron' | 'timeZone' | 'ref' | 'tag' | 'sha' | 'active' | 'createdBy' | 'nextRunAt'
    >,
    ScheduleContents {}

export type StoredScheduleChanges = Partial<
  Omit<NewSchedule, 'projectId' | 'createdBy'> & Pick<Schedule, 'failures' | 'lastFailure'>
>

/** A schedule that is due, taken by a process. */
export interface TakenSchedule extends Schedule {
  readonly nextRunAt: Date
  /** False when the project runs no jobs. */
  readonly ciEnabled: boolean
}

/** Returns whether it was paused because its last runs failed. */
export const isPausedByFailures = ({ active, failures }: Pick<Schedule, 'active' | 'failures'>): boolean =>
  !active && failures >= MOST_FAILURES
