/** A stored stretch of a job's log. Offsets count bytes from 0; `end` is exclusive. */
export interface TracePiece {
  readonly start: number
  readonly end: number
  /** Key of the object with these bytes. */
  readonly key: string
  /** CRC-32 (IEEE) of these bytes, unsigned. */
  readonly crc: number
  /** Where they lie in a segment; null when the object has exactly these bytes. */
  readonly segment: { readonly id: number; readonly offset: number } | null
}

/** A piece that is an object of its own. */
export type OwnPiece = Omit<TracePiece, 'segment'>

/** An object with pieces of many logs. */
export interface TraceSegment {
  readonly id: number
  readonly key: string
  readonly bytes: number
}

/** A piece in a segment, with the job of its log. */
export interface SegmentPiece extends TracePiece {
  readonly jobId: number
  readonly segment: { readonly id: number; readonly offset: number }
}

/** Consecutive log bytes for a reader. */
export interface TraceChunk {
  readonly start: number
  readonly bytes: Uint8Array
}
