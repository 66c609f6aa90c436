import type { Job, JobStatus } from '../jobs/job.ts'

export const ENVIRONMENT_STATES = ['available', 'stopping', 'stopped'] as const
/** `stopping` while a job that stops it is queued or executed. */
export type EnvironmentState = (typeof ENVIRONMENT_STATES)[number]

/** A job that began to deploy. */
export interface Deployment extends Pick<Job, 'ref' | 'tag' | 'sha' | 'status' | 'startedAt' | 'finishedAt'> {
  readonly jobId: number
  readonly jobName: string
  readonly pipelineId: number
}

/** The latest attempt of the job that stops an environment. */
export interface StopJob {
  readonly id: number
  readonly name: string
  readonly status: JobStatus
}

/** Where the jobs of a project deploy to. It comes into being with the first job that names it. */
export interface Environment {
  readonly id: number
  readonly projectId: number
  readonly projectPath: string
  readonly name: string
  readonly slug: string
  /** `production`, `staging`, `testing`, `development` or `other`. */
  readonly tier: string
  readonly state: EnvironmentState
  /** The web address that the last successful deployment named. */
  readonly url: string | null
  readonly createdAt: Date
  /** Null unless it is stopped. */
  readonly stoppedAt: Date | null
  /** When it is stopped automatically. */
  readonly autoStopAt: Date | null
  /** The one that began last, whatever became of it. */
  readonly lastDeployment: Deployment | null
  /** The last that succeeded: what is there. */
  readonly lastSuccess: Deployment | null
  /** The job that the last successful deployment named in `on_stop`; null when there is none. */
  readonly stopJob: StopJob | null
}
