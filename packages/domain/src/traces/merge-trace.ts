import { randomBytes } from 'node:crypto'
import type { Ports } from '../ports.ts'
import { combineCrc } from './checksum.ts'
import { removeSegments } from './remove-segments.ts'
import type { TracePiece } from './trace.ts'

/** The number of new pieces after which a log is checked, and the least number of pieces that are joined. */
export const PIECES_PER_MERGE = 64
/** The least number of neighbouring pieces that are joined. */
const SHORTEST_RUN = 16
/** Pieces of at least this size stay as they are until the log is sealed. */
const LARGE_BYTES = 1_048_576
const MANY_PIECES = 100_000

type MergePorts = Pick<Ports, 'traces' | 'objects' | 'artifacts'>

/**
 * Joins runs of small pieces while a log grows, so that a reader of a log of a hundred thousand patches opens a hundred
 * objects. Pieces in segments are joined with those first (`joinSegments`), so this is for logs that have many pieces
 * all the same, because segments have few bytes of each.
 */
export async function mergeTrace(ports: MergePorts, jobId: number): Promise<void> {
  const stored = await ports.traces.pieces(jobId, 0, MANY_PIECES)
  if (!stored || stored.pieces.length < PIECES_PER_MERGE) return
  for (const run of smallRuns(stored.pieces)) await joinPieces(ports, jobId, run)
}

/** Returns runs of neighbouring pieces worth joining. */
export function smallRuns(pieces: readonly TracePiece[]): TracePiece[][] {
  const runs: TracePiece[][] = []
  let run: TracePiece[] = []
  let bytes = 0
  const close = () => {
    if (run.length >= SHORTEST_RUN) runs.push(run)
    run = []
    bytes = 0
  }
  for (const piece of pieces) {
    const size = piece.end - piece.start
    if (size >= LARGE_BYTES) {
      close()
      continue
    }
    run.push(piece)
    bytes += size
    if (bytes >= LARGE_BYTES) close()
  }
  close()
  return runs
}

/**
 * Replaces successive pieces by one object.
 *
 * @returns the new piece, or null when the pieces were no longer what is stored; then nothing has changed.
 */
export async function joinPieces(
  ports: MergePorts,
  jobId: number,
  pieces: readonly TracePiece[],
): Promise<TracePiece | null> {
  const { traces, objects } = ports
  const [first] = pieces
  const last = pieces.at(-1)
  if (!first || !last) return null
  const key = `traces/${jobId}/${first.start}-${last.end}-${randomBytes(9).toString('base64url')}`
  const crc = pieces.reduce((sum, piece) => combineCrc(sum, piece.crc, piece.end - piece.start), 0)
  const joined = { start: first.start, end: last.end, key, crc }

  try {
    const { bytes } = await objects.put(key, contents(objects, pieces))
    if (bytes !== joined.end - joined.start) throw new Error(`joined ${bytes} bytes of ${joined.end - joined.start}`)
  } catch (error) {
    if (error instanceof PieceGone) return null
    throw error
  }
  if (!(await traces.replace(jobId, pieces, joined))) {
    await objects.delete([key])
    return null
  }
  // A reader with the old list finds the pieces gone and reads the list again.
  const own = pieces.filter(({ segment }) => segment === null).map((piece) => piece.key)
  if (own.length > 0) await objects.delete(own)
  await removeSegments(ports, new Set(pieces.flatMap(({ segment }) => segment?.id ?? [])))
  return { ...joined, segment: null }
}

/** Another process joined these pieces first. */
class PieceGone extends Error {}

async function* contents(objects: Ports['objects'], pieces: readonly TracePiece[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    const { segment, start, end } = piece
    // An object of its own is read whole, so that one of another length is noticed.
    const range = segment ? { start: segment.offset, end: segment.offset + end - start } : undefined
    const bytes = await objects.get(piece.key, range)
    if (!bytes) throw new PieceGone(piece.key)
    yield* bytes
  }
}
