import { err, ok, type Result } from '@yardmaster/common'
import type { JobNotFound } from '../errors.ts'
import { isFinished } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import { bytesIntoCharacter, LONGEST_TAIL, unfinishedTail } from './characters.ts'
import { readWindow, traceExtent } from './read-trace.ts'

/** A stretch of a log as text. Offsets count stored bytes. */
export interface TraceText {
  readonly from: number
  /** Where the next read starts. */
  readonly to: number
  /** The size of the whole stored log. */
  readonly size: number
  readonly text: string
  /** The job is over and `to` is its log's end. */
  readonly complete: boolean
}

/**
 * Reads up to `limit` bytes of a log from byte `from`, cut between characters: a start inside a character moves back to
 * its first byte, an end inside one leaves it for the next read. A `limit` smaller than a character still returns one.
 */
export async function readTraceText(
  ports: Pick<Ports, 'traces' | 'objects'>,
  { jobId, from, limit }: { jobId: number; from: number; limit: number },
): Promise<Result<TraceText, JobNotFound>> {
  const extent = await traceExtent(ports, jobId)
  if (!extent) return err({ kind: 'job_not_found', id: jobId })
  const size = extent.storedBytes
  const over = isFinished(extent.status)
  const wanted = Math.min(from, size)

  const around = Math.max(0, wanted - LONGEST_TAIL)
  const to = Math.min(size, wanted + limit)
  const bytes = await readWindow(ports, jobId, { from: around, to })
  const start = wanted - bytesIntoCharacter(bytes, wanted - around)
  const window = bytes.subarray(start - around)

  const atEnd = over && start + window.length === size
  const length = window.length - (atEnd ? 0 : unfinishedTail(window))
  const end = start + length
  if (length === 0 && to < size) return readTraceText(ports, { jobId, from, limit: LONGEST_TAIL + 1 })
  return ok({
    from: start,
    to: end,
    size,
    text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(window.subarray(0, length)),
    complete: over && end === size,
  })
}
