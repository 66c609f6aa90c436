import type { JobStatus } from '../jobs/job.ts'
import type { TracePiece } from '../traces/trace.ts'

interface TraceAppend {
  readonly jobId: number
  /** Compared in the same statement, so that nothing is added to a job that ended or was erased meanwhile. */
  readonly start: number
  readonly piece: TracePiece
}

export interface TraceStore {
  /** Moves the log's length from `start` to `piece.end`; null if it is not at `start` or the job is not executing. */
  advance(append: TraceAppend): Promise<{ storedBytes: number; status: JobStatus } | null>
  /** Returns up to `limit` pieces with bytes at or after `from`, in order, and the log's length at the same moment. */
  pieces(
    jobId: number,
    from: number,
    limit: number,
  ): Promise<{ pieces: TracePiece[]; storedBytes: number; status: JobStatus } | null>
  /** Replaces exactly these pieces by one; false, with nothing changed, if they are no longer what is stored. */
  replace(jobId: number, covered: readonly TracePiece[], by: TracePiece): Promise<boolean>
  /** Notes the coverage of a finished job, in percent. */
  noteCoverage(jobId: number, coverage: number): Promise<void>
  /** Marks the log of a finished job as one durable object, if its length is still the same. */
  seal(jobId: number, storedBytes: number): Promise<void>
}
