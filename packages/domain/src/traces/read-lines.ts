import { err, ok, type Result } from '@yardmaster/common'
import { byLine, type LineChange, TraceParser, type TraceState } from '@yardmaster/trace-format'
import type { JobNotFound } from '../errors.ts'
import { isFinished, type JobStatus } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import type { Services } from '../services.ts'
import { Slices } from '../slices.ts'
import { unfinishedTail } from './characters.ts'
import { utf8 } from './latin1.ts'
import { type Checkpoint, checkpointFor, type LineIndex, nearEnd } from './line-index.ts'
import { readTrace, type TraceExtent, traceExtent } from './read-trace.ts'

/** A window ends with the line that reaches this many bytes. */
const WINDOW_BYTES = 1_048_576
/** A single longer line is cut here; the parser would not show more of it either. */
const LONGEST_LINE_BYTES = 2_097_152
/** The first lines need no index. They wait this long for the totals, which are known by then for short logs. */
const TOTALS_WAIT_MS = 150
/** A line far down waits this long for the index to get there; then the response says how far the index is. */
const LINE_WAIT_MS = 250
const FIRST_STRETCH_BYTES = 131_072
const PART_BYTES = 65_536
/** When section markers cut a stored line into more lines than this, reading starts further up. */
const SOFT_LINES = 64
const LF = 0x0a

/** Selects lines: from one on, around one (which may be past the end), or the last ones. */
export type WindowPlace = { readonly from: number } | { readonly around: number } | { readonly last: true }

/** Whole lines of a log, as stored text and the state to parse it from. */
export interface LineWindow {
  /** The number of the first line: the requested one, or one just before it, separated from it by a section marker. */
  readonly firstLine: number
  /** The number of lines, including the unfinished last one. */
  readonly lines: number
  /** In bytes of the log. `traces.watch` continues at `to`, if the window reaches the log's end. */
  readonly from: number
  readonly to: number
  readonly text: string
  readonly state: TraceState
  /**
   * How lines of the window continued after it (`docs/protocol/trace.md 10, 11`), as one change for each line: it covers
   * everything that the line's stream wrote from the stored line `stored` on, in the window and after it.
   */
  readonly changes: readonly LineChange[]
  /** `text` and `changes` include all continuations before this byte and none after it. */
  readonly changedTo: number
  /** The rest of the (single) line was left out. */
  readonly cut: boolean
}

/** Facts about a whole log. */
export interface TraceTotals {
  readonly status: JobStatus
  /** The job is over and its log is complete. */
  readonly complete: boolean
  /** Bytes stored now. */
  readonly size: number
  /** How many bytes are indexed, and how many finished lines these have. */
  readonly indexedBytes: number
  readonly indexedLines: number
  /** For everything stored now; null until the index gets there. */
  readonly totalLines: number | null
  /** Whether the cursor went back to lines, so that lines without time stamps changed. */
  readonly redrawn: boolean
  /** The first time stamp, by the runner's clock; null without stamps, and before anything is indexed. */
  readonly firstStamp: string | null
}

export interface TraceLines extends TraceTotals {
  /** Null when there is no such line, or the index has not reached it yet: ask again. */
  readonly window: LineWindow | null
}

type ReadPorts = Pick<Ports, 'traces' | 'objects'>

/**
 * Reads up to `limit` lines of a log. The first lines need no index; any other line is found from the nearest
 * checkpoint before it.
 */
export async function readLines(
  ports: Pick<Services, 'traces' | 'objects' | 'lines'>,
  { jobId, limit, ...place }: { jobId: number; limit: number } & WindowPlace,
): Promise<Result<TraceLines, JobNotFound>> {
  const stored = await traceExtent(ports, jobId)
  if (!stored) return err({ kind: 'job_not_found', id: jobId })

  const wanted = 'from' in place ? place.from : 'around' in place ? place.around + Math.ceil(limit / 2) : null
  const waitMs = wanted !== null && wanted <= limit ? TOTALS_WAIT_MS : LINE_WAIT_MS
  const line = wanted === null || wanted <= limit ? undefined : wanted
  const view = await ports.lines.view(jobId, stored, line === undefined ? { waitMs } : { waitMs, line })
  const { totalLines } = view
  // The index may grow while this reads, and may have grown already.
  const index = knownPart(view.index)
  const extent = { ...stored, storedBytes: Math.max(stored.storedBytes, index.bytes) }

  const first = firstLine(place, limit, totalLines ?? index.lines)
  const window = isReached(place, limit, { lines: index.lines, totalLines })
    ? await cutWindow(ports, jobId, extent, { index, first, limit })
    : null
  return ok({ ...totalsOf(extent, view), window })
}

/** The present contents of an index. */
type KnownPart = Pick<LineIndex, 'bytes' | 'lines' | 'redrawn' | 'checkpoints' | 'changes'>

const knownPart = ({ bytes, lines, redrawn, checkpoints, changes }: LineIndex): KnownPart => ({
  ...{ bytes, lines, redrawn },
  checkpoints: checkpoints.slice(),
  changes: new Map(changes),
})

export function totalsOf(
  { storedBytes: size, status }: TraceExtent,
  { index, totalLines }: { index: LineIndex; totalLines: number | null },
): TraceTotals {
  const indexedBytes = Math.min(index.bytes, size)
  const { lines: indexedLines, redrawn, firstStamp } = index
  return { status, complete: isFinished(status), size, indexedBytes, indexedLines, totalLines, redrawn, firstStamp }
}

/** Until all lines are counted, the last lines of an index that has just begun are not those of the log. */
function isReached(
  place: WindowPlace,
  limit: number,
  { lines, totalLines }: { lines: number; totalLines: number | null },
): boolean {
  if ('from' in place) return place.from === 1 || place.from <= (totalLines ?? lines)
  if (totalLines !== null) return true
  if ('last' in place) return false
  return place.around - Math.floor(limit / 2) <= 1 || place.around + Math.ceil(limit / 2) <= lines
}

function firstLine(place: WindowPlace, limit: number, lines: number): number {
  if ('from' in place) return place.from
  const lastStart = Math.max(1, lines - limit + 1)
  if ('last' in place) return lastStart
  return Math.min(Math.max(1, place.around - Math.floor(limit / 2)), lastStart)
}

/** Finds the start of a line, or of one before it if that ended softly at a section marker. */
async function findLine(
  ports: ReadPorts,
  jobId: number,
  checkpoint: Checkpoint,
  { line, size }: { line: number; size: number },
): Promise<Checkpoint> {
  const parser = new TraceParser(checkpoint.state, { bytes: true })
  let found = checkpoint
  if (found.state.line >= line) return found
  for await (const stored of storedLines(ports, jobId, checkpoint.offset, size)) {
    parser.push(stored.toString('latin1'))
    const { line: reached } = parser.place
    if (reached > line) return found
    if (reached < line - SOFT_LINES || reached === found.state.line) continue
    const { state, offset } = parser.save()
    found = { state, offset: checkpoint.offset + offset }
    if (reached === line) return found
  }
  return found
}

async function cutWindow(
  ports: ReadPorts,
  jobId: number,
  { storedBytes: size, status }: TraceExtent,
  { index, first, limit }: { index: KnownPart; first: number; limit: number },
): Promise<LineWindow> {
  const { state, offset: from } = await findLine(ports, jobId, checkpointFor(index, first), { line: first, size })
  const parser = new TraceParser(state, { bytes: true })
  const parts: Buffer[] = []
  let read = 0
  let end = parser.place
  let full = false
  let cut = false
  for await (const stored of storedLines(ports, jobId, from, size)) {
    parser.push(stored.toString('latin1'))
    parts.push(stored)
    read += stored.length
    end = parser.place
    full = end.line >= first + limit || (end.line > state.line && end.offset >= WINDOW_BYTES)
    cut = end.line === state.line && read >= LONGEST_LINE_BYTES
    if (full || cut) break
  }

  const over = isFinished(status)
  const bytes = Buffer.concat(parts)
  // At the very end of a log a character may stay incomplete; anywhere else the rest is still to come.
  const atEnd = over && from + read === size
  const length = full ? end.offset : read - (atEnd ? 0 : unfinishedTail(bytes))
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, length))
  const lines = (full ? end.line - 1 : parser.returned + parser.unfinished().lines.length) - state.line + 1
  const to = from + length
  const window = { firstLine: state.line, lines, from, to, text, state, cut }
  const mayChange = parser.stamped === true || index.redrawn
  if (index.bytes < to || !mayChange || lines === 0) return { ...window, changes: [], changedTo: to }
  const behind = parser.changes.filter(({ offset }) => offset > length)
  if (full) {
    const until = Math.min(index.bytes, nearEnd(index.checkpoints, state.line + lines - 1))
    for await (const stored of storedLines(ports, jobId, from + read, until)) {
      parser.push(stored.toString('latin1'))
      behind.push(...parser.changes)
    }
    if (over && until >= size) {
      parser.end()
      behind.push(...parser.changes)
    }
  }
  return { ...window, changes: changesOf(window, behind, index), changedTo: index.bytes }
}

/**
 * Returns how the lines of a window continued after it: what was read there, and what the index has from further
 * behind.
 */
function changesOf(
  { firstLine, lines }: Pick<LineWindow, 'firstLine' | 'lines'>,
  behind: readonly LineChange[],
  { changes: far }: KnownPart,
): LineChange[] {
  const isNear = ({ number, stored }: LineChange) =>
    number >= firstLine && number < firstLine + lines && stored < (far.get(number)?.stored ?? Number.POSITIVE_INFINITY)
  const near = behind.filter(isNear).map(decoded)
  const known = Array.from({ length: lines }, (_, index) => far.get(firstLine + index)).filter((change) => !!change)
  return [...byLine([...near, ...known]).values()]
}

const decoded = ({ spans, ...change }: LineChange): LineChange => ({
  ...change,
  spans: spans.map(({ text, style }) => ({ text: utf8(text), style })),
})

/**
 * Yields a log's bytes from `from` on, in small parts, each ending with its first line feed. Bytes are requested in
 * growing stretches, so that a reader that stops early has not requested the rest of a hundred megabytes.
 */
async function* storedLines(ports: ReadPorts, jobId: number, from: number, size: number): AsyncGenerator<Buffer> {
  const slices = new Slices()
  let start = from
  for (let stretch = FIRST_STRETCH_BYTES; start < size; stretch *= 2) {
    const to = Math.min(size, start + stretch)
    for await (const { bytes } of readTrace(ports, jobId, { from: start, to })) {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at < view.length; ) {
        if (slices.due) await slices.next()
        const part = view.subarray(at, at + PART_BYTES)
        const end = at + (part.indexOf(LF) + 1 || part.length)
        yield view.subarray(at, end)
        at = end
      }
    }
    start = to
  }
}
