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
  /** Numbers of lines whose words report an error, ascending. */
  readonly errorLines: readonly number[]
  /** The total number; the list has the first 10,000. */
  readonly errorLineCount: number
  /** The same for warnings. */
  readonly warningLines: readonly number[]
  readonly warningLineCount: number
  /** The same for lines that are red, and whose words report neither. */
  readonly redLines: readonly number[]
  readonly redLineCount: number
}

/** Returns the sections of a log, and the lines that report errors or warnings. */
export async function outlineTrace(
  ports: Pick<Services, 'traces' | 'lines'>,
  { jobId }: { jobId: number },
): Promise<Result<TraceOutline, JobNotFound>> {
  const extent = await traceExtent(ports, jobId)
  if (!extent) return err({ kind: 'job_not_found', id: jobId })
  const view = await ports.lines.view(jobId, extent, { waitMs: WAIT_MS })
  const { sections, sectionCount, errorLines, errorLineCount } = view.index
  const { warningLines, warningLineCount, redLines, redLineCount } = view.index
  return ok({
    ...totalsOf(extent, view),
    ...{ sections, sectionCount, errorLines, errorLineCount },
    ...{ warningLines, warningLineCount, redLines, redLineCount },
  })
}
