import { err, ok, type Result } from '@yardmaster/common'
import { type Line, linesOf, plainText } from '@yardmaster/trace-format'
import type { JobNotFound } from '../errors.ts'
import type { Services } from '../services.ts'
import type { LogSection } from './line-index.ts'
import { readLines } from './read-lines.ts'
import { traceExtent } from './read-trace.ts'

/** A response is sent after this time at the latest. */
const WAIT_MS = 1_000
const MOST_QUOTED = 3
/** Lines looked at, from the end of the failed part. */
const LOOKED_AT = 100
const LONGEST = 500

/** What a failed job printed last. */
export interface FailureQuote {
  /** In order; empty when the job has not failed, or printed nothing. */
  readonly lines: readonly { readonly number: number; readonly text: string }[]
  /** False while the log is being indexed: ask again. */
  readonly indexed: boolean
}

/** Sections that a runner runs after a failure; what failed is in the one before them. */
const AFTERWARDS: ReadonlySet<string> = new Set([
  'after-script',
  'archive-cache-on-failure',
  'upload-artifacts-on-failure',
  'cleanup-file-variables',
])
const RUNNERS_VERDICT = /^ERROR: Job failed/

/** Returns the last lines of the section in which a job failed, without those of the runner about the failure. */
export async function quoteFailure(
  ports: Pick<Services, 'traces' | 'objects' | 'lines'>,
  { jobId }: { jobId: number },
): Promise<Result<FailureQuote, JobNotFound>> {
  const extent = await traceExtent(ports, jobId)
  if (!extent) return err({ kind: 'job_not_found', id: jobId })
  if (extent.status !== 'failed') return ok({ lines: [], indexed: true })
  const { index, totalLines } = await ports.lines.view(jobId, extent, { waitMs: WAIT_MS })
  if (totalLines === null) return ok({ lines: [], indexed: false })
  const { first, last } = failedPart(index.sections, totalLines)
  const part = await linesBetween(ports, jobId, Math.max(first, last - LOOKED_AT + 1), last)
  const verdict = part.findLastIndex((line) => RUNNERS_VERDICT.test(plainText(line)))
  const said = (verdict === -1 ? part : part.slice(0, verdict)).filter((line) => plainText(line).trim() !== '')
  const lines = said.slice(-MOST_QUOTED).map((line) => ({ number: line.number, text: beginning(plainText(line)) }))
  return ok({ lines, indexed: true })
}

/** Returns the lines between the header of the failed section and its end; without sections, the whole log. */
function failedPart(sections: readonly LogSection[], totalLines: number): { first: number; last: number } {
  const failed = sections.findLast(({ depth, name }) => depth === 0 && !AFTERWARDS.has(name))
  if (!failed) return { first: 1, last: totalLines }
  return { first: failed.startLine + 1, last: failed.endLine ?? totalLines }
}

async function linesBetween(
  ports: Pick<Services, 'traces' | 'objects' | 'lines'>,
  jobId: number,
  first: number,
  last: number,
): Promise<Line[]> {
  if (last < first) return []
  const read = await readLines(ports, { jobId, from: first, limit: last - first + 1 })
  const window = read.ok ? read.value.window : null
  if (!read.ok || !window) return []
  const isEnd = window.to >= read.value.size
  return linesOf(window, isEnd).filter(({ number }) => number >= first && number <= last)
}

function beginning(text: string): string {
  const shown = text.trim()
  return shown.length > LONGEST ? `${[...shown.slice(0, LONGEST)].slice(0, -1).join('')}…` : shown
}
