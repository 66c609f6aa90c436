import type { Paint } from './terminal.ts'

const PAINTS: Readonly<Record<string, Paint>> = {
  success: 'green',
  online: 'green',
  failed: 'red',
  running: 'blue',
  canceling: 'yellow',
  pending: 'yellow',
  waiting_for_resource: 'yellow',
  manual: 'bold',
}

/** Returns the colour of a status. */
export const paintOf = (status: string): Paint | null =>
  Object.hasOwn(PAINTS, status) ? (PAINTS[status] ?? null) : 'dim'

/** Returns a time in the past as `12 s`, `5 min`, `3 h` or `2 d`; null when there is none. */
export function age(at: string | null, now = Date.now()): string | null {
  if (at === null || Number.isNaN(Date.parse(at))) return null
  return inWords(Math.max(0, now - Date.parse(at)) / 1000)
}

/** Returns seconds in the largest unit that fits; null when they are not known. */
export function inWords(seconds: number | null): string | null {
  if (seconds === null) return null
  if (seconds < 60) return `${Math.floor(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** Returns how long something ran, or has been running. */
export const ran = (from: string | null, to: string | null, now = Date.now()): string | null =>
  from === null ? null : inWords(Math.max(0, (to === null ? now : Date.parse(to)) - Date.parse(from)) / 1000)

/** Returns bytes as `512 B`, `1.5 KiB` or `3.0 MiB`. */
export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = size
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}
