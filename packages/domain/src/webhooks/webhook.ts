import type { Attempt } from '../deliveries/attempt.ts'
import type { Job, JobStatus } from '../jobs/job.ts'
import type { Pipeline } from '../pipelines/pipeline.ts'

/** What webhooks may be told of. */
export const WEBHOOK_EVENTS = ['job', 'pipeline'] as const
type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

/** An address that receives every change of the status of jobs or pipelines. */
export interface Webhook {
  readonly id: number
  /** Null for all projects. */
  readonly projectId: number | null
  /** May contain a user and a password, which are sent as basic authentication. */
  readonly url: string
  /** At least one. */
  readonly events: readonly WebhookEvent[]
  /** The statuses to send; empty for all. */
  readonly statuses: readonly JobStatus[]
  readonly enabled: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface NewWebhook extends Pick<Webhook, 'projectId' | 'url' | 'events' | 'statuses' | 'enabled'> {
  readonly secret: string
}

export type WebhookChanges = Partial<Omit<NewWebhook, 'secret'>>

export interface Delivery {
  readonly id: number
  /** Identifies the delivery to the receiver; the same in every attempt. */
  readonly key: string
  readonly webhookId: number
  readonly event: WebhookEvent | 'test'
  readonly jobId: number | null
  readonly pipelineId: number | null
  /** Null when the job or the pipeline was just created. */
  readonly previousStatus: JobStatus | null
  readonly status: JobStatus | null
  readonly createdAt: Date
  readonly state: 'waiting' | 'delivered' | 'failed'
  /** When the next attempt is due; null for never. */
  readonly dueAt: Date | null
  readonly attempts: readonly Attempt[]
}

/** A delivery that its sender has taken. */
export interface TakenDelivery extends Delivery {
  /** Null when the webhook's record is damaged. */
  readonly target: { readonly url: string; readonly secret: string } | null
  /**
   * The job right after the change; null when the row of its project or pipeline is gone; `damaged` when the stored
   * event can't be read.
   */
  readonly job: Job | 'damaged' | null
  /** The same of a pipeline. */
  readonly pipeline: PipelineInEvent | 'damaged' | null
}

/** A pipeline as events tell of it. */
export type PipelineInEvent = Pick<
  Pipeline,
  | 'id'
  | 'iid'
  | 'projectId'
  | 'projectPath'
  | 'status'
  | 'ref'
  | 'tag'
  | 'sha'
  | 'beforeSha'
  | 'source'
  | 'name'
  | 'commitTitle'
  | 'createdBy'
  | 'createdAt'
  | 'startedAt'
  | 'finishedAt'
  | 'duration'
  | 'coverage'
  | 'parentId'
  | 'run'
>
