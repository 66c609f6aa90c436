import type { JobStatus } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import type { TraceChunk, TracePiece } from './trace.ts'

/** Pieces listed at once; a reader of a long log lists again. */
const PIECES_AT_ONCE = 64
/** A missing piece was joined with others: the list is read again, but not for ever. */
const LOST_TRIES = 5

type ReadPorts = Pick<Ports, 'traces' | 'objects'>

/** The extent of a log when a read began. */
export interface TraceExtent {
  readonly storedBytes: number
  readonly status: JobStatus
}

/** Returns the log's length and its job's status now; null when there is no such job. */
export async function traceExtent({ traces }: Pick<Ports, 'traces'>, jobId: number): Promise<TraceExtent | null> {
  return await traces.pieces(jobId, 0, 0)
}

/**
 * Yields a job's stored bytes from `from` up to but not including `to`. Holds one chunk at a time. Ends early only if
 * the log was erased meanwhile.
 */
export async function* readTrace(
  ports: ReadPorts,
  jobId: number,
  { from, to }: { from: number; to: number },
): AsyncGenerator<TraceChunk> {
  let at = from
  let lost = 0
  while (at < to) {
    const stored = await ports.traces.pieces(jobId, at, PIECES_AT_ONCE)
    if (!stored || stored.pieces.length === 0) return
    for (const piece of stored.pieces) {
      if (at >= to) return
      const before = at
      for await (const bytes of pieceBytes(ports, piece, at, to)) {
        yield { start: at, bytes }
        at += bytes.length
      }
      if (at < Math.min(piece.end, to)) {
        lost = at > before ? 0 : lost + 1
        if (lost > LOST_TRIES) throw new Error(`log of job ${jobId} lacks bytes ${at} to ${piece.end}`)
        break
      }
    }
  }
}

async function* pieceBytes(
  { objects }: Pick<Ports, 'objects'>,
  piece: TracePiece,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  const before = (piece.segment?.offset ?? 0) - piece.start
  const range = { start: before + Math.max(piece.start, from), end: before + Math.min(piece.end, to) }
  const bytes = await objects.get(piece.key, range)
  if (bytes) yield* bytes
}

/** Reads a window in one buffer. Only for windows whose size the caller has bounded. */
export async function readWindow(
  ports: ReadPorts,
  jobId: number,
  window: { from: number; to: number },
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const { bytes } of readTrace(ports, jobId, window)) chunks.push(bytes)
  return Buffer.concat(chunks)
}
