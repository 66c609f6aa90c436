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

/** Which status may follow which, `docs/protocol/job-update.md 6`. What is not here is impossible. */
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

/** The status after an event, or null where the state machine has no such step. */
export const statusAfter = (status: JobStatus, event: JobEvent): JobStatus | null => NEXT[event][status] ?? null

/** Over for good; a retry makes a new job. */
export const isFinished = (status: JobStatus): boolean =>
  status === 'success' || status === 'failed' || status === 'canceled' || status === 'skipped'

/** A runner holds it, so its job token works. */
export const isExecuting = (status: JobStatus): boolean => status === 'running' || status === 'canceling'

/** A job as people see it. Times are dates here; the edge spells them. */
export interface Job {
  readonly id: number
  readonly name: string
  readonly stage: string
  readonly status: JobStatus
  readonly pipelineId: number
  readonly projectId: number
  readonly projectPath: string
  readonly ref: string
  /** The ref is a tag. */
  readonly tag: boolean
  readonly sha: string | null
  readonly protected: boolean
  /** What a runner must offer. */
  readonly tags: readonly string[]
  readonly runnerId: number | null
  readonly managerId: number | null
  readonly failureReason: string | null
  readonly exitCode: number | null
  readonly allowFailure: boolean
  /** Effective limit once it runs, before that the job's own or null; seconds. */
  readonly timeout: number | null
  readonly timeoutSource: 'job' | 'project' | 'runner' | null
  readonly debugTrace: boolean
  readonly createdAt: Date
  /** When a delayed job is, or was to be, queued by itself. */
  readonly scheduledAt: Date | null
  readonly queuedAt: Date | null
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly erasedAt: Date | null
  readonly updatedAt: Date
  readonly artifactsExpireAt: Date | null
  /** Stored bytes. */
  readonly traceSize: number
  /** `crc32:` and eight hex digits of the stored bytes, once finished. */
  readonly traceChecksum: string | null
  readonly traceInvalid: boolean
  readonly traceCorrupted: boolean
  readonly retriedBy: number | null
  readonly retryOf: number | null
  /** Ids of the jobs whose artifacts this one fetches. */
  readonly dependencies: readonly number[]
  /** Of the jobs of its project that name the same one, one is queued or executed at a time. */
  readonly resourceGroup: string | null
}
