import type { Attempt } from '../deliveries/attempt.ts'
import type { Job, JobStatus } from '../jobs/job.ts'

/** An address that receives every change of a job's status. */
export interface Webhook {
  readonly id: number
  /** Null for jobs of all projects. */
  readonly projectId: number | null
  /** May contain a user and a password, which are sent as basic authentication. */
  readonly url: string
  /** The statuses to send; empty for all. */
  readonly statuses: readonly JobStatus[]
  readonly enabled: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface NewWebhook extends Pick<Webhook, 'projectId' | 'url' | 'statuses' | 'enabled'> {
  readonly secret: string
}

export type WebhookChanges = Partial<Omit<NewWebhook, 'secret'>>

export interface Delivery {
  readonly id: number
  /** Identifies the delivery to the receiver; the same in every attempt. */
  readonly key: string
  readonly webhookId: number
  readonly event: 'job' | 'test'
  readonly jobId: number | null
  /** Null when the job was just created. */
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
}
