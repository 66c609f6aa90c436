import { randomBytes } from 'node:crypto'
import type { Ports } from '../ports.ts'
import { combineCrc } from './checksum.ts'
import type { TracePiece } from './trace.ts'

/** The number of new pieces after which they are checked for joining. */
export const PIECES_PER_MERGE = 32
/** Pieces of at least this size stay as they are until the log is sealed. */
const LARGE_BYTES = 1_048_576
const MANY_PIECES = 100_000

type MergePorts = Pick<Ports, 'traces' | 'objects'>

/**
 * Joins runs of small pieces while a log grows, so that a reader of a log of a hundred thousand patches opens a hundred
 * objects. Each byte is rewritten a few times at most.
 */
export async function mergeTrace(ports: MergePorts, jobId: number): Promise<void> {
  const stored = await ports.traces.pieces(jobId, 0, MANY_PIECES)
  for (const run of smallRuns(stored?.pieces ?? [])) await joinPieces(ports, jobId, run)
}

/** Returns runs of neighbouring pieces worth joining. */
export function smallRuns(pieces: readonly TracePiece[]): TracePiece[][] {
  const runs: TracePiece[][] = []
  let run: TracePiece[] = []
  let bytes = 0
  const close = () => {
    if (run.length >= PIECES_PER_MERGE / 2) runs.push(run)
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
 * Replaces several successive pieces by one object.
 *
 * @returns the new piece, or null when the pieces were no longer what is stored; then nothing has changed.
 */
export async function joinPieces(
  { traces, objects }: MergePorts,
  jobId: number,
  pieces: readonly TracePiece[],
): Promise<TracePiece | null> {
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
  await objects.delete(pieces.map((piece) => piece.key))
  return joined
}

/** Another process joined these pieces first. */
class PieceGone extends Error {}

async function* contents(objects: Ports['objects'], pieces: readonly TracePiece[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    const bytes = await objects.get(piece.key)
    if (!bytes) throw new PieceGone(piece.key)
    yield* bytes
  }
}
