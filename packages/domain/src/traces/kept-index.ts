import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { LineChange } from '@yardmaster/trace-format'
import type { Ports } from '../ports.ts'
import { Slices } from '../slices.ts'
import { type LineIndex, LineIndexer } from './line-index.ts'
import { readTrace } from './read-trace.ts'

/** Shorter logs are indexed anew when somebody asks, in a few milliseconds. */
export const KEPT_FROM_BYTES = 1_048_576
/** Goes up whenever the parser or the index gives other answers: then kept ones are made anew. */
const VERSION = 3

/** Key of the index kept with a finished log; it lies among the log's own objects and goes with them. */
export const lineIndexKey = (jobId: number): string => `traces/${jobId}/line-index`

/** As it is stored, beside its version. */
interface Kept extends Omit<LineIndex, 'changes'> {
  readonly changes: readonly LineChange[]
}

type IndexPorts = Pick<Ports, 'traces' | 'objects'>

/** Reads on from where `indexer` is up to `to`, letting other work have its turns. */
export async function growIndex(ports: IndexPorts, jobId: number, indexer: LineIndexer, to: number): Promise<void> {
  const slices = new Slices()
  for await (const { bytes } of readTrace(ports, jobId, { from: indexer.bytes, to })) {
    await slices.run(indexer.push(bytes))
  }
}

/** Makes and keeps the index of a finished log of `size` bytes, so that the first who opens it need not wait. */
export async function keepIndexOf(ports: IndexPorts, jobId: number, size: number): Promise<void> {
  if (size < KEPT_FROM_BYTES) return
  const indexer = new LineIndexer()
  await growIndex(ports, jobId, indexer, size)
  indexer.finish()
  if (indexer.bytes === size) await keepIndex(ports, jobId, indexer)
}

/** Keeps the index of a finished log, if the log is long enough for that, and is still there. */
export async function keepIndex({ objects, traces }: IndexPorts, jobId: number, index: LineIndex): Promise<void> {
  if (index.bytes < KEPT_FROM_BYTES) return
  const { bytes, lines, stamped, checkpoints, sections, sectionCount, errorLines, errorLineCount } = index
  const changes = [...index.changes.values()]
  const kept: Kept = { bytes, lines, stamped, checkpoints, changes, sections, sectionCount, errorLines, errorLineCount }
  await objects.put(lineIndexKey(jobId), await promisify(gzip)(JSON.stringify({ version: VERSION, ...kept })))
  // An erasure looks for objects once: what was put behind its back has to go by itself.
  const stored = await traces.pieces(jobId, 0, 0)
  if (stored?.heldBytes !== bytes) await objects.delete([lineIndexKey(jobId)])
}

/** The kept index of a finished log of `size` bytes; null if there is none that fits. */
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
  const kept = JSON.parse(text) as (Kept & { version: number }) | null
  if (kept?.version !== VERSION || kept.bytes !== size) return null
  return { ...kept, changes: new Map(kept.changes.map((change) => [change.number, change])) }
}
