import { isFinished } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import { growIndex, keepIndex, openIndex } from './kept-index.ts'
import { type LineIndex, LineIndexer } from './line-index.ts'
import type { TraceExtent } from './read-trace.ts'

const REMEMBERED_LOGS = 32

/** An index in its present state. */
export interface IndexView {
  readonly index: LineIndex
  /** Whether it covers everything that was stored at the time of the request. */
  readonly current: boolean
  /** The number of lines so far, including the unfinished last one; null unless `current`. */
  readonly totalLines: number | null
}

/**
 * Line indexes of logs that are being read: built on request, continued from where they stopped, kept in memory in a
 * bounded number, and stored beside the log once it is over. They depend on the log's bytes alone, so every process
 * gets the same.
 */
export interface LineIndexes {
  /**
   * Continues building the index of a log. Returns it after `waitMs`, or as soon as it covers all of `extent` or has
   * `line` lines. With 0 it returns the index at once, as it is.
   */
  view(jobId: number, extent: TraceExtent, want: { waitMs: number; line?: number }): Promise<IndexView>
}

interface Entry {
  index: LineIndex
  /** Null for a kept index, which is complete. */
  indexer: LineIndexer | null
  finished: boolean
  growing: Promise<void> | null
}

/** Finishes the index when the log is over and was read to its end. */
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
    // A log becomes shorter only when it is erased.
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
    // After the first complete reading of a finished log, its index is kept.
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
          // No caller waits for it here: the next one gets its failure.
          growing.catch(() => {})
          break
        }
        const before = entry.index.bytes
        await Promise.race([growing, pause(Math.min(left, 20))])
        // Nothing was read: the log was erased meanwhile.
        if (!entry.growing && entry.index.bytes === before && !isCurrent()) break
      }
      const current = isCurrent()
      const unfinished = entry.finished ? 0 : (entry.indexer?.unfinishedLines() ?? 0)
      return { index: entry.index, current, totalLines: current ? entry.index.lines + unfinished : null }
    },
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
