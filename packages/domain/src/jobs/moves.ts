import { EXECUTING, FINISHED, type Job, type JobStatus, WAITING } from './job.ts'

interface Move {
  /** The statuses from which it may start; null for a move that creates a job. */
  readonly from: readonly (JobStatus | null)[]
  /** The statuses to which it may lead. */
  readonly to: readonly JobStatus[]
  /** The use cases that make it: files of this package. */
  readonly by: readonly string[]
  /** The only kind of job that may make it; absent for all kinds. */
  readonly of?: Job['kind']
}

/**
 * All changes of a job's status; there are no others. The statements in `packages/db` take their statuses from this
 * table, and the databases of all tests refuse other moves. `docs/architecture.md` shows the table.
 *
 * @see `docs/protocol/job-update.md 6` for the moves of the reference
 */
export const MOVES = {
  create: {
    from: [null],
    to: ['created', 'manual', 'scheduled', 'pending', 'skipped'],
    by: ['pipelines/create-job.ts', 'pipelines/start-pipeline.ts'],
  },
  retry: {
    from: [null],
    to: ['pending', 'waiting_for_resource', 'created', 'manual'],
    by: ['processing/retry-job.ts', 'pipelines/retry-pipeline.ts'],
  },

  actionize: { from: ['created'], to: ['manual'], by: ['processing/advance-pipeline.ts'] },
  schedule: { from: ['created'], to: ['scheduled'], by: ['processing/advance-pipeline.ts'] },
  skip: { from: ['created'], to: ['skipped'], by: ['processing/advance-pipeline.ts'] },
  process: {
    from: ['skipped'],
    to: ['created'],
    by: ['processing/retry-job.ts', 'processing/play-job.ts', 'pipelines/retry-pipeline.ts'],
  },

  enqueue: {
    from: ['created', 'scheduled', 'waiting_for_resource'],
    to: ['pending', 'waiting_for_resource'],
    by: ['processing/advance-pipeline.ts'],
  },
  play: { from: ['manual', 'scheduled'], to: ['pending', 'waiting_for_resource'], by: ['processing/play-job.ts'] },

  run: { from: ['pending'], to: ['running'], by: ['queue/claim-job.ts'] },
  reject: { from: ['pending'], to: ['failed'], by: ['queue/claim-job.ts'] },
  putBack: { from: ['running'], to: ['pending'], by: ['queue/claim-job.ts', 'queue/give-back-job.ts'] },

  start: { from: ['pending'], to: ['running'], by: ['children/start-child.ts'], of: 'trigger' },
  mirror: {
    from: ['running', 'manual'],
    to: ['running', 'manual', 'success', 'failed', 'canceled', 'skipped'],
    by: ['children/follow-children.ts'],
    of: 'trigger',
  },
  reopen: {
    from: FINISHED,
    to: ['running'],
    by: ['pipelines/retry-pipeline.ts', 'processing/play-job.ts', 'processing/retry-job.ts'],
    of: 'trigger',
  },

  succeed: { from: ['running'], to: ['success'], by: ['execution/end-job.ts'] },
  drop: { from: ['running'], to: ['failed'], by: ['children/start-child.ts', 'execution/end-job.ts'] },
  cancel: { from: EXECUTING, to: ['canceled'], by: ['execution/end-job.ts'] },
  cancelGracefully: { from: ['running'], to: ['canceling'], by: ['execution/cancel-job.ts'] },

  cancelWaiting: { from: WAITING, to: ['canceled'], by: ['execution/cancel-job.ts'] },
  dropWaiting: {
    from: WAITING,
    to: ['failed'],
    by: [
      'execution/time-out-jobs.ts',
      'execution/end-removed-jobs.ts',
      'processing/advance-pipeline.ts',
      'processing/play-job.ts',
    ],
  },
} as const satisfies Readonly<Record<string, Move>>

export type MoveName = keyof typeof MOVES
/** The statuses from which a move may start. */
export type Before<Name extends MoveName> = Exclude<(typeof MOVES)[Name]['from'][number], null>
/** The statuses to which it may lead. */
export type After<Name extends MoveName> = (typeof MOVES)[Name]['to'][number]

/** Returns whether a move may start from this status. */
export const canMove = <Name extends MoveName>(status: JobStatus, name: Name): status is JobStatus & Before<Name> =>
  (MOVES[name] as Move).from.includes(status)

/** Returns whether any move of a kind of job leads from one status to another; null for a job that is being created. */
export const isMove = (before: JobStatus | null, after: JobStatus, kind: Job['kind'] = 'build'): boolean =>
  Object.values<Move>(MOVES).some(
    ({ from, to, of = kind }) => of === kind && from.includes(before) && to.includes(after),
  )
