import { err, ok, type Result } from '@yardmaster/common'
import type { JobNotFound } from '../errors.ts'
import type { Services } from '../services.ts'
import type { LogSection } from './line-index.ts'
import { type TraceTotals, totalsOf } from './read-lines.ts'
import { traceExtent } from './read-trace.ts'

/** An answer comes after this time, with as much as is known. */
const WAIT_MS = 1_000

/** The shape of a log: of what is indexed so far, if `totalLines` is null. */
export interface TraceOutline extends TraceTotals {
  readonly sections: readonly LogSection[]
  /** Of which the list has the first 5,000. */
  readonly sectionCount: number
  /** Numbers of error-coloured lines, ascending. */
  readonly errorLines: readonly number[]
  /** Of which the list has the first 10,000. */
  readonly errorLineCount: number
}

/** Sections and error-coloured lines of a log. */
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
