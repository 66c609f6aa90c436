import { useSyncExternalStore } from 'react'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const two = (value: number): string => String(value).padStart(2, '0')

/** Returns `0.4 s`, `12 s`, `3 m 05 s`, `2 h 07 m`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 0) return '0 s'
  if (ms < 950) return `${(Math.round(ms / 100) / 10).toFixed(ms < 50 ? 0 : 1)} s`
  const seconds = Math.round(ms / SECOND)
  if (seconds < 60) return `${seconds} s`
  if (ms < HOUR) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${two(Math.floor((ms % HOUR) / MINUTE))} m`
  return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`
}

/** Returns the milliseconds from one time to another, or to now; null when there is no start. */
export const between = (from: string | null, to: string | null, now: number): number | null =>
  from === null ? null : Math.max(0, (to === null ? now : Date.parse(to)) - Date.parse(from))

/** Returns `just now`, `4 min ago`, `in 2 days`. */
export function relative(at: string, now: number): string {
  const ms = Date.parse(at) - now
  const [size, unit] = unitOf(Math.abs(ms))
  if (unit === 'now') return ms > 0 ? 'in a moment' : 'just now'
  const count = Math.max(1, Math.floor(Math.abs(ms) / size))
  const amount = `${count} ${unit}${count === 1 || unit === 'min' ? '' : 's'}`
  return ms > 0 ? `in ${amount}` : `${amount} ago`
}

function unitOf(ms: number): [number, string] {
  if (ms < 45 * SECOND) return [SECOND, 'now']
  if (ms < HOUR) return [MINUTE, 'min']
  if (ms < DAY) return [HOUR, 'hour']
  if (ms < 60 * DAY) return [DAY, 'day']
  return ms < 730 * DAY ? [30 * DAY, 'month'] : [365 * DAY, 'year']
}

const exactFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })
export const exact = (at: string): string => exactFormat.format(new Date(at))

const longDayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
/** Returns the date with its year. */
export const day = (at: string): string => longDayFormat.format(new Date(at))

const clockFormat = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const dayFormat = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' })
/** Returns the time of day to the second, with the date unless it is today. */
export function clock(at: string): string {
  const date = new Date(at)
  const time = clockFormat.format(date)
  return date.toDateString() === new Date().toDateString() ? time : `${dayFormat.format(date)}, ${time}`
}

/** One timer for everything that shows time. It stops while nothing on screen needs it. */
const listeners = new Set<() => void>()
let now = Date.now()
let timer: number | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  now = Date.now()
  timer ??= window.setInterval(() => {
    if (document.hidden) return
    now = Date.now()
    for (const each of listeners) each()
  }, SECOND)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    window.clearInterval(timer)
    timer = undefined
  }
}

const still = () => () => undefined

/** Returns the time, updated every second; with `ticking` false it is not updated. */
export const useNow = (ticking = true): number => useSyncExternalStore(ticking ? subscribe : still, () => now)

const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
]

/** Returns a limit in words: `1 hour`, `90 minutes`. */
export function secondsInWords(seconds: number): string {
  const [size, name] = UNITS.find(([size]) => seconds >= size && seconds % size === 0) ?? [1, 'second']
  const count = seconds / size
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
