import { isFinished } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import { growIndex, keepIndex, openIndex } from './kept-index.ts'
import { type LineIndex, LineIndexer } from './line-index.ts'
import type { TraceExtent } from './read-trace.ts'

const REMEMBERED_LOGS = 32

/** An index as it is now. */
export interface IndexView {
  readonly index: LineIndex
  /** It covers all that was stored when it was asked for. */
  readonly current: boolean
  /** Lines so far, with the unfinished last one; null unless `current`. */
  readonly totalLines: number | null
}

/**
 * Line indexes of the logs somebody looks at: made when asked for, grown from where they stood, kept here in a bounded
 * number and beside the log once it is over. They follow from the log's bytes alone, so that every process has the same.
 */
export interface LineIndexes {
  /**
   * Goes on making the index of a log, and returns it after `waitMs`, or as soon as it has all that `extent` names or
   * `line` lines; 0: at once, as it is.
   */
  view(jobId: number, extent: TraceExtent, want: { waitMs: number; line?: number }): Promise<IndexView>
}

interface Entry {
  index: LineIndex
  /** Null for one that was kept: it is complete. */
  indexer: LineIndexer | null
  finished: boolean
  growing: Promise<void> | null
}

/** The log is over and was read to its end. */
function finish(entry: Entry, size: number): boolean {
  if (entry.finished || entry.indexer?.bytes !== size) return false
  entry.indexer.finish()
  entry.finished = true
  return true
}

export function indexLines(ports: Pick<Ports, 'traces' | 'objects'>): LineIndexes {
  const entries = new Map<number, Entry>()

  function entryFor(jobId: number, size: number): Entry {
    const known = entries.get(jobId)
    entries.delete(jobId)
    // A log only becomes shorter by being erased.
    if (known && known.index.bytes <= size) {
      entries.set(jobId, known)
      return known
    }
    const indexer = new LineIndexer()
    const entry: Entry = { index: indexer, indexer, finished: false, growing: null }
    entries.set(jobId, entry)
    for (const [id, { growing }] of entries) {
      if (entries.size <= REMEMBERED_LOGS) break
      if (!growing) entries.delete(id)
    }
    return entry
  }

  async function grow(entry: Entry, jobId: number, { storedBytes: size, status }: TraceExtent): Promise<void> {
    const { indexer } = entry
    if (!indexer) return
    const over = isFinished(status)
    const fromStart = indexer.bytes === 0
    if (over && fromStart) {
      const kept = await openIndex(ports, jobId, size)
      if (kept) {
        Object.assign(entry, { index: kept, indexer: null, finished: true })
        return
      }
    }
    await growIndex(ports, jobId, indexer, size)
    // Whoever seals a log that somebody watched keeps its index as well.
    if (over && finish(entry, size) && fromStart) await keepIndex(ports, jobId, indexer)
  }

  return {
    async view(jobId, extent, { waitMs, line = Number.POSITIVE_INFINITY }) {
      const entry = entryFor(jobId, extent.storedBytes)
      const over = isFinished(extent.status)
      if (over && extent.storedBytes > 0 && !entry.growing) finish(entry, extent.storedBytes)
      const isCurrent = () => entry.index.bytes >= extent.storedBytes && (entry.finished || !over)
      const until = performance.now() + waitMs
      while (!isCurrent()) {
        entry.growing ??= grow(entry, jobId, extent).finally(() => {
          entry.growing = null
        })
        const growing = entry.growing
        const left = until - performance.now()
        if (left <= 0 || entry.index.lines >= line) {
          // Nobody waits for it here: whoever asks next hears of its failure.
          growing.catch(() => {})
          break
        }
        const before = entry.index.bytes
        await Promise.race([growing, pause(Math.min(left, 20))])
        // Nothing to be read: the log was erased meanwhile.
        if (!entry.growing && entry.index.bytes === before && !isCurrent()) break
      }
      const current = isCurrent()
      const unfinished = entry.finished ? 0 : (entry.indexer?.unfinishedLines() ?? 0)
      return { index: entry.index, current, totalLines: current ? entry.index.lines + unfinished : null }
    },
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
