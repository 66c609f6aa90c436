import type { Stamp } from '@yardmaster/trace-format'

export type TimeColumn = 'none' | 'elapsed' | 'clock'

const two = (value: number): string => String(value).padStart(2, '0')

/** Returns `0.4`, `59.9`, `1:05.0`, `2:00:05.0` since a start; negative when the line is older. */
export function elapsed(stamp: Stamp, startedAt: number): string {
  const tenths = Math.round((Date.parse(stamp.time) - startedAt) / 100)
  const sign = tenths < 0 ? '-' : ''
  const seconds = Math.floor(Math.abs(tenths) / 10)
  const rest = Math.abs(tenths) % 10
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  if (hours > 0) return `${sign}${hours}:${two(minutes)}:${two(seconds % 60)}.${rest}`
  if (minutes > 0) return `${sign}${minutes}:${two(seconds % 60)}.${rest}`
  return `${sign}${seconds}.${rest}`
}

/** Returns `13:43:19` in the reader's time zone. */
export function clockOf(stamp: Stamp): string {
  const at = new Date(stamp.time)
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}
