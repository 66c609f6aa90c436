/** A stored stretch of a job's log. Offsets count bytes from 0; `end` is exclusive. */
export interface TracePiece {
  readonly start: number
  readonly end: number
  /** Object key of exactly these bytes. */
  readonly key: string
  /** CRC-32 (IEEE) of these bytes, unsigned. */
  readonly crc: number
}

/** Consecutive log bytes for a reader. */
export interface TraceChunk {
  readonly start: number
  readonly bytes: Uint8Array
}
