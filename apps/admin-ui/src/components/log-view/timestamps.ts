import type { Line, Stamp } from '@yardmaster/trace-format'
import { duration } from '../../lib/time.ts'

export type TimeColumn = 'none' | 'elapsed' | 'clock'

/** How the runner's clock, which may be behind or ahead, relates to ours: its first time stamp is the job's start. */
export interface Clocks {
  /** The first stamp of the log, in milliseconds of the runner's clock. */
  readonly first: number
  /** The start of the job, in milliseconds of ours. */
  readonly startedAt: number
}

/** A time without output that is worth mentioning. */
const LONG_PAUSE_MS = 10_000
/** From here on seconds alone are hard to grasp. */
const MINUTES_FROM_MS = 99_500

const two = (value: number): string => String(value).padStart(2, '0')
const timeOf = ({ time }: Stamp): number => Date.parse(time)

/** Returns `0.4`, `59.9`, `1:05.0`, `2:00:05.0` since the first stamp; negative when the line is older. */
export function elapsed(stamp: Stamp, { first }: Pick<Clocks, 'first'>): string {
  const tenths = Math.round((timeOf(stamp) - first) / 100)
  const sign = tenths < 0 ? '-' : ''
  const seconds = Math.floor(Math.abs(tenths) / 10)
  const rest = Math.abs(tenths) % 10
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  if (hours > 0) return `${sign}${hours}:${two(minutes)}:${two(seconds % 60)}.${rest}`
  if (minutes > 0) return `${sign}${minutes}:${two(seconds % 60)}.${rest}`
  return `${sign}${seconds}.${rest}`
}

/** Returns `13:43:19` by our clock, in the reader's time zone. */
export function clockOf(stamp: Stamp, { first, startedAt }: Clocks): string {
  const at = new Date(startedAt + timeOf(stamp) - first)
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/**
 * Returns the milliseconds without output before a line; null when they are few or unknown. A line that was finished
 * after the next one came has waited for itself, not the job for it.
 */
export function pauseBefore(
  line: Pick<Line, 'stamp'> | undefined,
  { before, after }: { before: Pick<Line, 'stamp'> | undefined; after: Pick<Line, 'stamp'> | undefined },
): number | null {
  if (!line?.stamp || !before?.stamp) return null
  const at = timeOf(line.stamp)
  const pause = at - timeOf(before.stamp)
  if (pause < LONG_PAUSE_MS || (after?.stamp && timeOf(after.stamp) < at)) return null
  return pause
}

/** Returns `68 s`, `2 m 08 s`. */
export const pauseText = (ms: number): string => (ms < MINUTES_FROM_MS ? `${Math.round(ms / 1000)} s` : duration(ms))
