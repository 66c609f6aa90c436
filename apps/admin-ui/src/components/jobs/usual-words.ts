import { duration } from '../../lib/time.ts'

/** Up to this much more than usual, as a share of it or in milliseconds, is nothing special. */
const LONG_SHARE = 0.25
const LONG_MS = 10_000

interface UsualWords {
  /** Goes on after how long it usually takes. */
  readonly words: string
  /** Whether the job takes notably longer this time. */
  readonly isLong: boolean
}

/**
 * Compares how long a job has been running with how long it usually takes, both in milliseconds.
 *
 * @param ran - null while it waits.
 */
export function usualWords(usual: number, ran: number | null): UsualWords {
  if (ran === null) return { words: ' once it runs', isLong: false }
  const more = ran - usual
  if (more < 0) return { words: `, about ${duration(Math.max(1000, -more))} left`, isLong: false }
  const isLong = more > Math.max(LONG_MS, usual * LONG_SHARE)
  return { words: isLong ? `, ${duration(more)} longer this time` : ', about as long this time', isLong }
}
