import {
  type Line,
  literalPattern,
  MOST_MATCHES_PER_LINE,
  plainText,
  type TextMatch,
  TraceParser,
} from '@yardmaster/trace-format'
import { regularPattern } from '@yardmaster/trace-format/regular-pattern'
import type { JobNotFound, PatternInvalid } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { err, ok, type Result } from '../result.ts'
import { checkpointFor } from './line-index.ts'
import { type TraceTotals, totalsOf } from './read-lines.ts'
import { readTrace, traceExtent } from './read-trace.ts'

const BUDGET_MS = 2_000
/** Other work gets its turn at least so often. */
const TURN_MS = 8
const STEP_BYTES = 65_536
const MOST_BUCKETS = 512
const SNIPPET_BEFORE = 60
const SNIPPET_LENGTH = 240

export interface TraceMatch extends TextMatch {
  readonly line: number
  /** The text around the match, from `snippetStart` on; `start` and `end` count in the whole line. */
  readonly snippet: string
  readonly snippetStart: number
}

export interface TraceSearch extends TraceTotals {
  /** In order; of a line all of them, up to 100, or none. */
  readonly matches: readonly TraceMatch[]
  /** How many lines from `fromLine` to `searchedTo` have a match, listed or not. */
  readonly count: number
  /** Where they are: of lines `line` … `line + bucketLines - 1`, how many have one. Empty buckets are left out. */
  readonly buckets: readonly { readonly line: number; readonly count: number }[]
  /** A power of two. */
  readonly bucketLines: number
  /** The last line that was searched. */
  readonly searchedTo: number
  /** Time was up before the log's end: `count` and `buckets` are of a part. */
  readonly timedOut: boolean
  /** There are matches up to `searchedTo` that are not listed. */
  readonly truncated: boolean
  /** `fromLine` to go on with; null when everything stored now is listed. */
  readonly nextLine: number | null
}

export interface SearchChoice {
  readonly jobId: number
  readonly query: string
  /** `query` is a regular expression. */
  readonly regex: boolean
  readonly caseSensitive: boolean
  readonly fromLine: number
  /** Most matches listed; the last line may bring a few more. */
  readonly limit: number
  /** Time for it, in milliseconds. Something is searched in any case, so that going on gets to the end. */
  readonly budgetMs?: number
}

/**
 * Searches a log's plain text, line by line, without colour codes and section markers.
 *
 * @returns `pattern_invalid` with what is wrong with a regular expression.
 */
export async function searchTrace(
  ports: Pick<Ports, 'traces' | 'objects' | 'lines'>,
  { jobId, query, regex, caseSensitive, fromLine, limit, budgetMs = BUDGET_MS }: SearchChoice,
  signal?: AbortSignal,
): Promise<Result<TraceSearch, JobNotFound | PatternInvalid>> {
  const until = performance.now() + budgetMs
  const pattern = regex ? regularPattern(query, caseSensitive) : literalPattern(query, caseSensitive)
  if ('problem' in pattern) return err({ kind: 'pattern_invalid', reason: pattern.problem })
  const extent = await traceExtent(ports, jobId)
  if (!extent) return err({ kind: 'job_not_found', id: jobId })
  const view = await ports.lines.view(jobId, extent, { waitMs: 0 })
  const size = extent.heldBytes

  const { offset, state } = checkpointFor(view.index, fromLine)
  const parser = new TraceParser(state)
  const found = new Findings(limit)
  let searchedTo = fromLine - 1
  let timedOut = false
  let turn = performance.now()

  const examine = (line: Line) => {
    if (line.number < fromLine) return
    const text = plainText(line)
    if (found.isFull) {
      if (pattern.test(text)) found.count(line.number)
    } else found.list(line.number, text, pattern.find(text, MOST_MATCHES_PER_LINE))
    searchedTo = line.number
  }

  reading: for await (const { bytes } of readTrace(ports, jobId, { from: offset, to: size })) {
    for (let at = 0; at < bytes.length; at += STEP_BYTES) {
      for (const line of parser.push(bytes.subarray(at, at + STEP_BYTES))) {
        examine(line)
        const now = performance.now()
        timedOut = searchedTo >= fromLine && (now > until || signal?.aborted === true)
        if (timedOut) break reading
        if (now - turn < TURN_MS) continue
        await new Promise((resolve) => setImmediate(resolve))
        turn = performance.now()
      }
    }
  }
  if (!timedOut) for (const line of parser.end()) examine(line)

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

/** What a search has found so far: a bounded list, and counts for the whole. */
class Findings {
  readonly matches: TraceMatch[] = []
  readonly #limit: number
  #counts = new Map<number, number>()
  bucketLines = 1
  /** How many lines have a match. */
  lines = 0
  /** The first line whose matches are not listed. */
  nextLine: number | null = null

  constructor(limit: number) {
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.matches.length >= this.#limit
  }

  list(line: number, text: string, matches: readonly TextMatch[]): void {
    if (matches.length === 0) return
    this.#countIn(line)
    for (const { start, end } of matches) {
      const snippetStart = Math.max(0, start - SNIPPET_BEFORE)
      const snippet = text.slice(snippetStart, snippetStart + SNIPPET_LENGTH)
      this.matches.push({ line, start, end, snippet, snippetStart })
    }
  }

  count(line: number): void {
    this.#countIn(line)
    this.nextLine ??= line
  }

  buckets(): { line: number; count: number }[] {
    return [...this.#counts].map(([bucket, count]) => ({ line: bucket * this.bucketLines + 1, count }))
  }

  #countIn(line: number): void {
    const bucket = Math.floor((line - 1) / this.bucketLines)
    this.lines += 1
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1)
    while (this.#counts.size > MOST_BUCKETS) {
      const wider = new Map<number, number>()
      for (const [at, counted] of this.#counts) {
        const half = Math.floor(at / 2)
        wider.set(half, (wider.get(half) ?? 0) + counted)
      }
      this.#counts = wider
      this.bucketLines *= 2
    }
  }
}
