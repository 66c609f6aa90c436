/** The result of one request. */
export interface Attempt {
  readonly at: Date
  /** Null when there was no response. */
  readonly status: number | null
  /** A sentence, if the delivery failed. */
  readonly error: string | null
  readonly durationMs: number
  /** The first KiB of the response. */
  readonly response: string | null
}

export const MOST_ATTEMPTS = 8
const FIRST_PAUSE_MS = 5_000
/** 5 s, 25 s, 2 min, 10 min, 52 min, 4.3 h, 21.7 h: a receiver may be away for more than a day. */
const GROWTH = 5

/**
 * Returns the pause after this many failed attempts; randomised, so that simultaneous failures do not retry together.
 */
export const pauseAfter = (attempts: number): number =>
  Math.round(FIRST_PAUSE_MS * GROWTH ** (attempts - 1) * (1 + Math.random() / 10))
