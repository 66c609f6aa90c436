import { err, ok, type Result } from '@yardmaster/common'
import type { JobNotFound } from '../errors.ts'
import type { Services } from '../services.ts'
import type { LogSection } from './line-index.ts'
import { type TraceTotals, totalsOf } from './read-lines.ts'
import { traceExtent } from './read-trace.ts'

/** A response is sent after this time at the latest, with what is known by then. */
const WAIT_MS = 1_000

/** The structure of a log. If `totalLines` is null, it covers only the part that is indexed so far. */
export interface TraceOutline extends TraceTotals {
  readonly sections: readonly LogSection[]
  /** The total number; the list has the first 5,000. */
  readonly sectionCount: number
  /** Numbers of error-coloured lines, ascending. */
  readonly errorLines: readonly number[]
  /** The total number; the list has the first 10,000. */
  readonly errorLineCount: number
}

/** Returns the sections and error-coloured lines of a log. */
export async function outlineTrace(
  ports: Pick<Services, 'traces' | 'lines'>,
  { jobId }: { jobId: number },
): Promise<Result<TraceOutline, JobNotFound>> {
  const extent = await traceExtent(ports, jobId)
  if (!extent) return err({ kind: 'job_not_found', id: jobId })
  const view = await ports.lines.view(jobId, extent, { waitMs: WAIT_MS })
  const { sections, sectionCount, errorLines, errorLineCount } = view.index
  return ok({ ...totalsOf(extent, view), sections, sectionCount, errorLines, errorLineCount })
}
