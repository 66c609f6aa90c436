import type { Job, JobStatus } from '../jobs/job.ts'

/** An address that is told of every change of a job's status. */
export interface Webhook {
  readonly id: number
  /** Null: jobs of all projects. */
  readonly projectId: number | null
  /** May carry a user and a password, which are sent as basic authentication. */
  readonly url: string
  /** Statuses it is told of; none: all. */
  readonly statuses: readonly JobStatus[]
  readonly enabled: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface NewWebhook extends Pick<Webhook, 'projectId' | 'url' | 'statuses' | 'enabled'> {
  readonly secret: string
}

export type WebhookChanges = Partial<Omit<NewWebhook, 'secret'>>

/** What became of one request. */
export interface Attempt {
  readonly at: Date
  /** Null: there was no answer. */
  readonly status: number | null
  /** A sentence, if it did not arrive. */
  readonly error: string | null
  readonly durationMs: number
  /** The first KiB of the answer. */
  readonly response: string | null
}

export interface Delivery {
  readonly id: number
  /** What the receiver knows it by, the same at every attempt. */
  readonly key: string
  readonly webhookId: number
  readonly event: 'job' | 'test'
  readonly jobId: number | null
  /** Null: the job was just made. */
  readonly previousStatus: JobStatus | null
  readonly status: JobStatus | null
  readonly createdAt: Date
  readonly state: 'waiting' | 'delivered' | 'failed'
  /** When it is tried next; null: never. */
  readonly dueAt: Date | null
  readonly attempts: readonly Attempt[]
}

/** A delivery in the hands of whoever took it. */
export interface TakenDelivery extends Delivery {
  /** Null: the webhook's record is damaged. */
  readonly target: { readonly url: string; readonly secret: string } | null
  /** As the change left it; null if its project's or pipeline's row is gone. `damaged`: what is stored of the event cannot be read. */
  readonly job: Job | 'damaged' | null
}
