import { randomBytes } from 'node:crypto'
import type { PieceMove, Ports } from '../ports.ts'
import { Slices } from '../slices.ts'
import { combineCrc } from './checksum.ts'
import { removeSegments } from './remove-segments.ts'
import { announceObjects, discardObjects, segmentKey } from './segment-keys.ts'
import type { SegmentPiece, TraceSegment } from './trace.ts'

/** The number of small segments that are joined. */
const SEGMENTS = 32
/** Bounds one run; the next one continues. */
const ROUNDS = 8
/** Most bytes and pieces that are rewritten together: they are in memory. */
const BATCH_BYTES = 8_388_608
const BATCH_PIECES = 2_048
/** A log with this many bytes in the joined segments gets an object of its own. */
const LARGE_RUN_BYTES = 262_144
/** A segment of this size is not joined again. */
const LARGE_SEGMENT_BYTES = 4_194_304
const MANY_RUNS = 1_024
/** Most pieces replaced by one statement, which holds the event loop of the embedded database. */
const PIECES_PER_STATEMENT = 256
/** Segments looked at by one statement, and by one sweep. */
const LOOKED_AT = 20
const LOOKS = 500

type JoinPorts = Pick<Ports, 'traces' | 'objects' | 'artifacts' | 'clock'>

/**
 * Joins small segments when there are many: what each log has in them becomes one piece, in one new segment. Joined
 * ones are joined again with others of their level, so that a byte is rewritten a few times however long a log gets.
 * Several processes do not take the same segments, and a piece that has changed meanwhile stays as it is.
 */
export async function joinSegments(ports: JoinPorts): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const taken = await ports.traces.takeSmallSegments(SEGMENTS)
    if (!taken) return
    for await (const batch of inBatches(ports, taken.segments)) {
      // Nothing would be joined.
      if (batch.segments.length > 1) await rewrite(ports, batch, taken.level + 1)
    }
  }
}

/**
 * Looks at every segment from time to time. Removes those that no log needs, and rewrites those in which some bytes
 * belong to no log any more: because it was sealed or erased.
 */
export async function tidySegments(ports: JoinPorts): Promise<void> {
  const { traces, clock } = ports
  const unused = new Set<number>()
  const wasteful: TraceSegment[] = []
  for (let look = 0; look < LOOKS; look++) {
    const due = await traces.takeDueSegments(clock.now(), LOOKED_AT)
    for (const segment of due) {
      if (segment.used === 0) unused.add(segment.id)
      else if (segment.used < segment.bytes) wasteful.push(segment)
    }
    if (due.length < LOOKED_AT) break
  }
  await removeSegments(ports, unused)
  for await (const batch of inBatches(ports, wasteful)) await rewrite(ports, batch, 1)
}

interface Batch {
  readonly segments: TraceSegment[]
  readonly pieces: SegmentPiece[]
}

/** Yields segments with the pieces in them, as many together as are rewritten together. */
async function* inBatches({ traces }: JoinPorts, segments: readonly TraceSegment[]): AsyncGenerator<Batch> {
  let batch: Batch = { segments: [], pieces: [] }
  let bytes = 0
  for (const segment of segments) {
    const pieces = await traces.piecesIn(segment.id)
    const isFull = bytes + segment.bytes > BATCH_BYTES || batch.pieces.length + pieces.length > BATCH_PIECES
    if (isFull && batch.segments.length > 0) {
      yield batch
      batch = { segments: [], pieces: [] }
      bytes = 0
    }
    batch.segments.push(segment)
    batch.pieces.push(...pieces)
    bytes += segment.bytes
  }
  if (batch.segments.length > 0) yield batch
}

/** Moves all pieces into one new segment, or into objects of their own, and removes the old segments. */
async function rewrite(ports: JoinPorts, { segments, pieces }: Batch, level: number): Promise<void> {
  const { traces, objects } = ports
  const contents = await readSegments(ports, segments)
  const slices = new Slices()
  const key = segmentKey()
  const moves: PieceMove[] = []
  const shared: Uint8Array[] = []
  const own = new Map<string, Uint8Array[]>()
  let bytes = 0
  for (const covered of runs(pieces.filter(({ segment }) => contents.has(segment.id)))) {
    if (slices.due) await slices.next()
    const [first] = covered
    const last = covered.at(-1)
    if (!first || !last) continue
    const { jobId, start } = first
    const { end } = last
    const crc = covered.reduce((sum, piece) => combineCrc(sum, piece.crc, piece.end - piece.start), 0)
    const parts = covered.map(({ segment, ...piece }) => {
      const content = contents.get(segment.id) ?? Buffer.alloc(0)
      return content.subarray(segment.offset, segment.offset + piece.end - piece.start)
    })
    if (end - start >= LARGE_RUN_BYTES) {
      const ownKey = `traces/${jobId}/${start}-${end}-${randomBytes(9).toString('base64url')}`
      own.set(ownKey, parts)
      moves.push({ jobId, covered, start, end, crc, offset: null, key: ownKey })
    } else {
      shared.push(...parts)
      moves.push({ jobId, covered, start, end, crc, offset: bytes, key })
      bytes += end - start
    }
  }

  if (moves.length > 0) {
    await announceObjects(ports, [...own.keys(), ...(bytes > 0 ? [key] : [])])
    if (bytes > 0) await objects.put(key, Buffer.concat(shared))
    for (const [ownKey, parts] of own) await objects.put(ownKey, Buffer.concat(parts))
    const isLarge = bytes >= LARGE_SEGMENT_BYTES || moves.length >= MANY_RUNS
    let id: number | null = null
    for (const some of inStatements(moves)) {
      id = await traces.movePieces(some, { key, bytes, level: isLarge ? null : level, id })
    }
    if (id === null && bytes > 0) await discardObjects(ports, [key])
  }
  await removeSegments(ports, new Set(segments.map((segment) => segment.id)))
}

/** Reads whole segments. Leaves out those that are gone: another process rewrote them. */
async function readSegments(
  { objects }: Pick<Ports, 'objects'>,
  segments: readonly TraceSegment[],
): Promise<ReadonlyMap<number, Buffer>> {
  const contents = new Map<number, Buffer>()
  for (const { id, key, bytes } of segments) {
    const body = await objects.get(key)
    const content = body && Buffer.concat(await Array.fromAsync(body))
    if (content?.length === bytes) contents.set(id, content)
  }
  return contents
}

/** Cuts pieces, in the order of their jobs and offsets, into those that follow each other in one log. */
function runs(pieces: readonly SegmentPiece[]): SegmentPiece[][] {
  const sorted = pieces.toSorted((a, b) => a.jobId - b.jobId || a.start - b.start)
  const found: SegmentPiece[][] = []
  let last: SegmentPiece | null = null
  for (const piece of sorted) {
    if (last?.jobId === piece.jobId && last.end === piece.start) found.at(-1)?.push(piece)
    else found.push([piece])
    last = piece
  }
  return found
}

function inStatements(moves: readonly PieceMove[]): PieceMove[][] {
  const statements: PieceMove[][] = []
  let pieces = Number.POSITIVE_INFINITY
  for (const move of moves) {
    if (pieces + move.covered.length > PIECES_PER_STATEMENT) {
      statements.push([])
      pieces = 0
    }
    statements.at(-1)?.push(move)
    pieces += move.covered.length
  }
  return statements
}
