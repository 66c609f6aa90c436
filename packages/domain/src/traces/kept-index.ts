import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { LineChange } from '@yardmaster/trace-format'
import type { Ports } from '../ports.ts'
import { Slices } from '../slices.ts'
import { type LineIndex, LineIndexer } from './line-index.ts'
import { readTrace } from './read-trace.ts'

/** Shorter logs are indexed on request, in a few milliseconds. */
export const KEPT_FROM_BYTES = 1_048_576
/** Increase it whenever the parser or the index gives different results: indexes of other versions are rebuilt. */
const VERSION = 9
/** Most items in one line of the stored form, which is written and read in one piece. */
const MOST_ITEMS = 8

/**
 * Returns the key of the index kept with a finished log. It lies among the log's own objects and is deleted with them.
 */
export const lineIndexKey = (jobId: number): string => `traces/${jobId}/line-index`

interface Kept extends Omit<LineIndex, 'changes'> {
  readonly changes: readonly LineChange[]
}

const LISTS = ['checkpoints', 'changes', 'sections', 'errorLines', 'warningLines', 'redLines'] as const

type IndexPorts = Pick<Ports, 'traces' | 'objects'>

/** Continues reading from where `indexer` is, up to `to`, and lets other work run in between. */
export async function growIndex(ports: IndexPorts, jobId: number, indexer: LineIndexer, to: number): Promise<void> {
  const slices = new Slices()
  for await (const { bytes } of readTrace(ports, jobId, { from: indexer.bytes, to })) {
    await slices.run(indexer.push(bytes))
  }
}

/** Builds and keeps the index of a finished log of `size` bytes, so that its first reader need not wait. */
export async function keepIndexOf(ports: IndexPorts, jobId: number, size: number): Promise<void> {
  if (size < KEPT_FROM_BYTES) return
  const indexer = new LineIndexer()
  await growIndex(ports, jobId, indexer, size)
  indexer.finish()
  if (indexer.bytes === size) await keepIndex(ports, jobId, indexer)
}

/** Keeps the index of a finished log, if the log is long enough and still exists. */
export async function keepIndex({ objects, traces }: IndexPorts, jobId: number, index: LineIndex): Promise<void> {
  if (index.bytes < KEPT_FROM_BYTES) return
  const { bytes, lines, stamped, redrawn, firstStamp, checkpoints, sections, sectionCount } = index
  const { errorLines, errorLineCount, warningLines, warningLineCount, redLines, redLineCount } = index
  const kept: Kept = {
    ...{ bytes, lines, stamped, redrawn, firstStamp, checkpoints, changes: [...index.changes.values()] },
    ...{ sections, sectionCount },
    ...{ errorLines, errorLineCount, warningLines, warningLineCount, redLines, redLineCount },
  }
  await objects.put(lineIndexKey(jobId), await promisify(gzip)(await written(kept)))
  // An erasure looks for objects only once, so an object stored after that has to be deleted here.
  const stored = await traces.pieces(jobId, 0, 0)
  if (stored?.storedBytes !== bytes) await objects.delete([lineIndexKey(jobId)])
}

/** Opens the kept index of a finished log of `size` bytes; null if there is none that fits. */
export async function openIndex(
  { objects }: Pick<Ports, 'objects'>,
  jobId: number,
  size: number,
): Promise<LineIndex | null> {
  if (size < KEPT_FROM_BYTES) return null
  const stored = await objects.get(lineIndexKey(jobId))
  if (!stored) return null
  const chunks: Uint8Array[] = []
  for await (const chunk of stored) chunks.push(chunk)
  const text = await promisify(gunzip)(Buffer.concat(chunks)).then(String, () => 'null')
  // An unreadable index is rebuilt, like one of another version.
  const kept = await read(text).catch(() => null)
  if (kept?.bytes !== size) return null
  return { ...kept, changes: new Map(kept.changes.map((change) => [change.number, change])) }
}

/**
 * Writes JSON: one line for the single values, then lines with a few items of one list each. In slices, like reading.
 */
async function written(kept: Kept): Promise<string> {
  const slices = new Slices()
  const { checkpoints, changes, sections, errorLines, warningLines, redLines, ...rest } = kept
  const lines = [JSON.stringify({ version: VERSION, ...rest })]
  for (const name of LISTS) {
    for (let at = 0; at < kept[name].length; at += MOST_ITEMS) {
      if (slices.due) await slices.next()
      lines.push(JSON.stringify([name, kept[name].slice(at, at + MOST_ITEMS)]))
    }
  }
  return lines.join('\n')
}

/** Returns null for another version. */
async function read(text: string): Promise<Kept | null> {
  const slices = new Slices()
  const [head, ...lines] = text.split('\n')
  const { version, ...rest } = (JSON.parse(head || 'null') ?? {}) as Kept & { version?: number }
  if (version !== VERSION) return null
  const lists: Record<(typeof LISTS)[number], unknown[]> = {
    checkpoints: [],
    changes: [],
    sections: [],
    errorLines: [],
    warningLines: [],
    redLines: [],
  }
  for (const line of lines) {
    if (slices.due) await slices.next()
    const [name, items] = JSON.parse(line) as [(typeof LISTS)[number], unknown[]]
    lists[name].push(...items)
  }
  return { ...rest, ...lists } as Kept
}
