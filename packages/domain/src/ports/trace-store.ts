import type { JobStatus } from '../jobs/job.ts'
import type { TracePiece } from '../traces/trace.ts'

export interface TraceAppend {
  readonly jobId: number
  /** Checked in the same statement, so that a job that ended or was erased meanwhile takes nothing. */
  readonly start: number
  readonly piece: TracePiece
}

export interface TraceStore {
  /** Moves the log's length from `start` to `piece.end` if it still stands at `start` and the job is executing; null otherwise. */
  advance(append: TraceAppend): Promise<{ storedBytes: number; status: JobStatus } | null>
  /** Pieces that hold bytes at or after `from`, in order, at most `limit`; with the log's length at the same moment. */
  pieces(
    jobId: number,
    from: number,
    limit: number,
  ): Promise<{ pieces: TracePiece[]; storedBytes: number; status: JobStatus } | null>
  /** Puts one piece in the place of those it covers, exactly; false (nothing changed) if they are no longer what is stored. */
  replace(jobId: number, covered: readonly TracePiece[], by: TracePiece): Promise<boolean>
  /** Marks a finished job's log, if it is still so long, as one durable object. */
  seal(jobId: number, storedBytes: number): Promise<void>
}
