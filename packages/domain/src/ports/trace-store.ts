import type { JobStatus } from '../jobs/job.ts'
import type { OwnPiece, SegmentPiece, TracePiece, TraceSegment } from '../traces/trace.ts'

interface TraceAppend {
  readonly jobId: number
  /** Compared in the same statement, so that nothing is added to a job that ended or was erased meanwhile. */
  readonly start: number
  readonly piece: OwnPiece & Partial<Pick<TracePiece, 'segment'>>
}

/** The bytes that a patch adds to a log, in an object shared with others. Empty for a heartbeat. */
interface SharedAppend {
  readonly jobId: number
  readonly start: number
  readonly end: number
  /** Where the bytes begin in the object. */
  readonly offset: number
  readonly crc: number
}

interface Advanced {
  readonly storedBytes: number
  readonly status: JobStatus
}

/** What became of patches whose bytes are in one object. */
interface TogetherAdvanced {
  /** The segment that the object has become; null when no log refers to it. */
  readonly segmentId: number | null
  /**
   * In the order of the patches; null when the log is not at the patch's start, or the job is not executing. `locked`
   * when its row was not available: the piece may be added to the segment on its own.
   */
  readonly outcomes: readonly (Advanced | 'locked' | null)[]
}

/** Successive pieces of a log, and the one that takes their place. */
export interface PieceMove {
  readonly jobId: number
  readonly covered: readonly TracePiece[]
  readonly start: number
  readonly end: number
  readonly crc: number
  /** Where it begins in the new segment; null for an object of its own. */
  readonly offset: number | null
  readonly key: string
}

export interface TraceStore {
  /**
   * Moves the log's length from `start` to `piece.end`; null if it is not at `start`, the job is not executing, or the
   * piece's segment is gone. Waits for the job's row.
   */
  advance(append: TraceAppend): Promise<Advanced | null>
  /**
   * Moves the lengths of several logs, of different jobs, whose new bytes are in one announced object: it becomes a
   * segment, and no longer a stray. Waits for no row.
   *
   * @param object - null when no patch has bytes.
   * @returns `swept`, with nothing changed, when the object was not announced or its time has passed.
   */
  advanceTogether(
    object: { readonly key: string; readonly bytes: number } | null,
    appends: readonly SharedAppend[],
  ): Promise<TogetherAdvanced | 'swept'>
  /** Returns up to `limit` pieces with bytes at or after `from`, in order, and the log's length at the same moment. */
  pieces(
    jobId: number,
    from: number,
    limit: number,
  ): Promise<{ pieces: TracePiece[]; storedBytes: number; status: JobStatus } | null>
  /** Replaces exactly these pieces by one; false, with nothing changed, if they are no longer what is stored. */
  replace(jobId: number, covered: readonly TracePiece[], by: OwnPiece): Promise<boolean>
  /**
   * Does so for several logs at once, each for itself. All new objects were announced, and those that are used are no
   * longer strays. Nothing is changed when the time of one of them has passed.
   *
   * @param segment - the object of moves with an `offset`, or its id once an earlier call made it a segment. `level`
   * null: it is not to be joined again.
   * @returns the segment's id; null while no piece is in it.
   */
  movePieces(
    moves: readonly PieceMove[],
    segment: {
      readonly key: string
      readonly bytes: number
      readonly level: number | null
      readonly id: number | null
    },
  ): Promise<number | null>
  /**
   * Takes the oldest small segments of one level when there are many, so that no other process joins them too.
   *
   * @returns null when there are not enough.
   */
  takeSmallSegments(count: number): Promise<{ level: number; segments: TraceSegment[] } | null>
  /**
   * Takes segments that were not looked at for five minutes, each of them for the next five minutes.
   *
   * @returns with each how many of its bytes are of pieces.
   */
  takeDueSegments(now: Date, limit: number): Promise<(TraceSegment & { used: number })[]>
  /** Returns the pieces in a segment, by job and in order. */
  piecesIn(segmentId: number): Promise<SegmentPiece[]>
  /** Removes those of these segments that have no piece. Their objects become strays that are due: returns the keys. */
  removeUnusedSegments(ids: readonly number[]): Promise<string[]>
  /** Notes the coverage of a finished job, in percent. */
  noteCoverage(jobId: number, coverage: number): Promise<void>
  /** Marks the log of a finished job as one durable object, if its length is still the same. */
  seal(jobId: number, storedBytes: number): Promise<void>
}
