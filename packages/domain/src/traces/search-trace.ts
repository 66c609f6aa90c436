import { err, ok, type Result } from '@yardmaster/common'
import { literalPattern, MOST_MATCHES_PER_LINE } from '@yardmaster/trace-format'
import { regularPattern } from '@yardmaster/trace-format/regular-pattern'
import type { JobNotFound, PatternInvalid } from '../errors.ts'
import type { Services } from '../services.ts'
import { Slices } from '../slices.ts'
import { countBreaks } from './changed-text.ts'
import { Findings, type TraceMatch } from './findings.ts'
import type { IndexView } from './line-indexes.ts'
import { type TraceTotals, totalsOf } from './read-lines.ts'
import { type TraceExtent, traceExtent } from './read-trace.ts'
import { textFrom } from './searched-text.ts'

const BUDGET_MS = 2_000
/**
 * The least time to wait for the index, however small the budget: it grows meanwhile, so repeated calls reach the end.
 */
const LEAST_WAIT_MS = 200

export interface TraceSearch extends TraceTotals {
  /** In order; all matches of a line, up to 100, or none of them. */
  readonly matches: readonly TraceMatch[]
  /** The number of lines from `fromLine` to `searchedTo` that have a match, listed or not. */
  readonly count: number
  /** Counts of the lines with a match among lines `line` … `line + bucketLines - 1`. Empty buckets are left out. */
  readonly buckets: readonly { readonly line: number; readonly count: number }[]
  /** A power of two. */
  readonly bucketLines: number
  /** The last line that was searched. */
  readonly searchedTo: number
  /** The time was up before the end: `count` and `buckets` cover only a part. */
  readonly timedOut: boolean
  /** There are matches up to `searchedTo` that are not listed. */
  readonly truncated: boolean
  /** The `fromLine` to continue with; null when all matches stored now, or up to `toLine`, are listed. */
  readonly nextLine: number | null
}

export interface SearchChoice {
  readonly jobId: number
  readonly query: string
  /** Whether `query` is a regular expression. */
  readonly regex: boolean
  readonly caseSensitive: boolean
  readonly fromLine: number
  /** The last line to search; by default the log's last one, even while it is unfinished. */
  readonly toLine?: number | undefined
  /** False: the search ends where the list does and counts nothing after it. */
  readonly countAll?: boolean
  /** Most matches listed; the last line may add a few more. */
  readonly limit: number
  /**
   * Time for the search, in milliseconds. Some lines are searched in any case, so that repeated calls reach the end;
   * but with time stamps only once the whole log is indexed.
   */
  readonly budgetMs?: number
}

/**
 * Searches a log's plain text, line by line, without colour codes and section markers.
 *
 * @returns `pattern_invalid` with the problem of a regular expression.
 */
export async function searchTrace(
  ports: Pick<Services, 'traces' | 'objects' | 'lines'>,
  { jobId, fromLine, toLine, limit, countAll = true, budgetMs = BUDGET_MS, ...query }: SearchChoice,
  signal?: AbortSignal,
): Promise<Result<TraceSearch, JobNotFound | PatternInvalid>> {
  const until = performance.now() + budgetMs
  const pattern = compile(query)
  if ('problem' in pattern) return err({ kind: 'pattern_invalid', reason: pattern.problem })
  const extent = await traceExtent(ports, jobId)
  if (!extent) return err({ kind: 'job_not_found', id: jobId })
  const view = await searchedIndex(ports, jobId, extent, until)
  // A line may change anywhere further down, so its text is known only once everything is indexed.
  const isKnown = neverChanges(view) || view.current
  const size = isKnown ? extent.storedBytes : 0
  const slices = new Slices()

  const found = new Findings(limit)
  const last = toLine ?? Number.POSITIVE_INFINITY
  let searchedTo = fromLine - 1
  let timedOut = false
  const contains = async (text: string): Promise<boolean> =>
    text.length <= pattern.stepLength ? pattern.test(text) : (await slices.run(pattern.findInSteps(text, 1))).length > 0

  reading: for await (const { firstLine, text } of textFrom(ports, jobId, {
    index: view.index,
    fromLine,
    size,
    slices,
  })) {
    if (firstLine > last) break
    // Most stretches have no match, which is found out at once.
    const lines = pattern.spansLines && !(await contains(text)) ? [] : text.split('\n')
    if (lines.length === 0) searchedTo = Math.max(searchedTo, Math.min(last, firstLine + countBreaks(text)))
    for (let index = Math.max(0, fromLine - firstLine); index < lines.length && firstLine + index <= last; index++) {
      const number = firstLine + index
      const line = lines[index] ?? ''
      if (found.isFull) {
        if (line.length > pattern.stepLength ? await contains(line) : pattern.test(line)) found.count(number)
        if (!countAll && found.nextLine !== null) break reading
      } else {
        const isShort = line.length <= pattern.stepLength
        const finding = isShort ? null : pattern.findInSteps(line, MOST_MATCHES_PER_LINE)
        const matches = finding ? await slices.run(finding) : pattern.find(line, MOST_MATCHES_PER_LINE)
        found.list(number, line, matches)
      }
      searchedTo = number
      timedOut = performance.now() > until || signal?.aborted === true
      if (timedOut) break reading
      if (slices.due) await slices.next()
    }
    timedOut = searchedTo >= fromLine && (performance.now() > until || signal?.aborted === true)
    if (timedOut) break
  }
  if (!isKnown) timedOut = true

  const { matches, lines, nextLine } = found
  return ok({
    ...totalsOf(extent, view),
    matches,
    count: lines,
    buckets: found.buckets(),
    bucketLines: found.bucketLines,
    searchedTo,
    timedOut,
    truncated: nextLine !== null,
    nextLine: nextLine ?? (timedOut ? searchedTo + 1 : null),
  })
}

/** `spansLines`: a text of several lines without a match has none in any of its lines. */
function compile({ query, regex, caseSensitive }: Pick<SearchChoice, 'query' | 'regex' | 'caseSensitive'>) {
  if (!regex) return { ...literalPattern(query, caseSensitive), spansLines: true }
  const pattern = regularPattern(query, caseSensitive)
  return 'problem' in pattern ? pattern : { ...pattern, spansLines: false }
}

/** Returns the index as it is; when lines may change, all of it if there is time for that. */
async function searchedIndex(
  ports: Pick<Services, 'lines'>,
  jobId: number,
  extent: TraceExtent,
  until: number,
): Promise<IndexView> {
  const waitMs = Math.max(LEAST_WAIT_MS, until - performance.now())
  const view = await ports.lines.view(jobId, extent, { waitMs, line: 1 })
  return neverChanges(view) ? view : await ports.lines.view(jobId, extent, { waitMs })
}

/** Returns whether no line of what is indexed changed, and none can without moves of the cursor. */
const neverChanges = ({ index }: IndexView): boolean => index.stamped === false && !index.redrawn
