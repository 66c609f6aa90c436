import { isExecuting, type Job } from '../jobs/job.ts'
import { followUp } from '../processing/follow-up.ts'
import type { RetryPorts } from '../processing/retry-job.ts'
import type { Services } from '../services.ts'
import { combineCrc, parseChecksum } from '../traces/checksum.ts'
import { sealTrace } from '../traces/seal-trace.ts'
import { encodeHint, jobTopic } from '../wakeups/job-events.ts'

export interface Ending {
  readonly event: 'success' | 'drop' | 'cancel'
  /**
   * Ends the job only if its runner has been silent since this time; null means always silent. Absent: no such
   * condition.
   */
  readonly ifSilentSince?: Date | null | undefined
  readonly failureReason?: string | null
  /** What the reason leaves open, in words. */
  readonly failureDetail?: string | null
  readonly exitCode?: number | null
  /**
   * The sender's figures for the whole log. A mismatch is recorded, never refused (`docs/protocol/job-update.md 4.3`).
   */
  readonly reported?: { readonly checksum: string | null; readonly bytesize: number | null }
}

export type EndPorts = RetryPorts & Pick<Services, 'traces' | 'objects' | 'pipelines' | 'artifacts' | 'background'>

/**
 * A patch may arrive between reading the pieces and ending the job. Runners send none by then, so a few tries suffice.
 */
const TRIES = 10
const MANY_PIECES = 100_000

/**
 * Ends an executing job exactly once, however many callers try: `canceling` becomes `canceled`, any other status what
 * the event says. Wakes the job's followers. After the response, the log is sealed and the job is retried if it may be.
 *
 * @returns the job as it is now, or null if it was not executing.
 */
export async function endJob(
  ports: EndPorts,
  id: number,
  { event, ifSilentSince, failureReason = null, failureDetail = null, exitCode = null, reported }: Ending,
): Promise<Job | null> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const stored = await ports.traces.pieces(id, 0, MANY_PIECES)
    if (!stored || !isExecuting(stored.status)) return null
    const size = stored.storedBytes
    const crc = stored.pieces.reduce((sum, piece) => combineCrc(sum, piece.crc, piece.end - piece.start), 0)
    const expected = reported?.checksum == null ? null : parseChecksum(reported.checksum)
    const invalid = size > 0 && expected !== null && expected !== crc
    const corrupted = invalid && reported?.bytesize != null && reported.bytesize !== size

    const job = await ports.jobs.finish(id, {
      event,
      ifSilentSince,
      failureReason,
      failureDetail,
      exitCode,
      trace: { size, crc, invalid, corrupted },
    })
    if (!job) {
      // Its runner was in contact.
      if (ifSilentSince !== undefined) return null
      continue
    }
    await ports.events.publish(jobTopic(id), encodeHint({ from: size, to: size, status: job.status }))
    await ports.events.publish('jobs')
    ports.background.run('seal trace', () => sealTrace(ports, id))
    ports.background.run('follow up a job', () => followUp(ports, job))
    return job
  }
  throw new Error(`log of job ${id} kept growing while the job was ending`)
}
