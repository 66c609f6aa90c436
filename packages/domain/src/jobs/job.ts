export const JOB_STATUSES = [
  'created',
  'waiting_for_resource',
  'preparing',
  'manual',
  'scheduled',
  'pending',
  'running',
  'canceling',
  'success',
  'failed',
  'canceled',
  'skipped',
] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

export type JobEvent = 'enqueue' | 'run' | 'success' | 'drop' | 'cancel' | 'cancel_gracefully' | 'force_cancel' | 'skip'

const BEFORE_RUNNING = ['created', 'waiting_for_resource', 'preparing', 'pending'] as const

/** The permitted transitions, `docs/protocol/job-update.md 6`. All others are impossible. */
const NEXT: { readonly [Event in JobEvent]: { readonly [Status in JobStatus]?: JobStatus } } = {
  enqueue: {
    created: 'pending',
    manual: 'pending',
    skipped: 'pending',
    scheduled: 'pending',
    waiting_for_resource: 'pending',
    preparing: 'pending',
  },
  run: { pending: 'running' },
  success: { ...all(BEFORE_RUNNING, 'success'), running: 'success', canceling: 'canceled' },
  drop: {
    ...all(BEFORE_RUNNING, 'failed'),
    running: 'failed',
    manual: 'failed',
    scheduled: 'failed',
    canceling: 'canceled',
  },
  cancel: { ...all(BEFORE_RUNNING, 'canceled'), running: 'canceled', manual: 'canceled', scheduled: 'canceled' },
  cancel_gracefully: { running: 'canceling' },
  force_cancel: {
    ...all(BEFORE_RUNNING, 'canceled'),
    running: 'canceled',
    manual: 'canceled',
    scheduled: 'canceled',
    canceling: 'canceled',
  },
  skip: all(BEFORE_RUNNING, 'skipped'),
}

function all(from: readonly JobStatus[], to: JobStatus): { [Status in JobStatus]?: JobStatus } {
  return Object.fromEntries(from.map((status) => [status, to]))
}

/** Returns the status after an event, or null when the state machine has no such transition. */
export const statusAfter = (status: JobStatus, event: JobEvent): JobStatus | null => NEXT[event][status] ?? null

/** Returns whether a job is over for good; a retry is a new job. */
export const isFinished = (status: JobStatus): boolean =>
  status === 'success' || status === 'failed' || status === 'canceled' || status === 'skipped'

/** Returns whether a runner has the job, so that its job token is valid. */
export const isExecuting = (status: JobStatus): boolean => status === 'running' || status === 'canceling'

/** A job as people see it. Times are dates here; the API formats them. */
export interface Job {
  readonly id: number
  readonly name: string
  readonly stage: string
  readonly status: JobStatus
  readonly pipelineId: number
  readonly projectId: number
  readonly projectPath: string
  readonly ref: string
  /** Whether the ref is a tag. */
  readonly tag: boolean
  readonly sha: string | null
  readonly protected: boolean
  /** The tags that a runner must have. */
  readonly tags: readonly string[]
  readonly runnerId: number | null
  readonly managerId: number | null
  readonly failureReason: string | null
  readonly exitCode: number | null
  readonly allowFailure: boolean
  /** In seconds. The effective limit once it runs; before that the job's own limit, or null. */
  readonly timeout: number | null
  readonly timeoutSource: 'job' | 'project' | 'runner' | null
  readonly debugTrace: boolean
  readonly createdAt: Date
  /** When a delayed job is, or was, due to be queued automatically. */
  readonly scheduledAt: Date | null
  readonly queuedAt: Date | null
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly erasedAt: Date | null
  readonly updatedAt: Date
  readonly artifactsExpireAt: Date | null
  /** In bytes, as stored. */
  readonly traceSize: number
  /** `crc32:` and eight hex digits of the stored bytes, once finished. */
  readonly traceChecksum: string | null
  readonly traceInvalid: boolean
  readonly traceCorrupted: boolean
  readonly retriedBy: number | null
  readonly retryOf: number | null
  /** Ids of the jobs whose artifacts this one fetches. */
  readonly dependencies: readonly number[]
  /** Of the jobs of its project with the same resource group, only one is queued or executed at a time. */
  readonly resourceGroup: string | null
}
