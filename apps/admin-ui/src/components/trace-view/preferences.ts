import type { TimeColumn } from './stamps.ts'

/** How somebody likes to read logs; kept in the browser. */
export interface Preferences {
  readonly wrap: boolean
  readonly times: TimeColumn
}

const KEY = 'yardmaster-log'
const TIMES: readonly TimeColumn[] = ['none', 'elapsed', 'clock']

export function readPreferences(): Preferences {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    const { wrap, times } = typeof kept === 'object' && kept !== null ? (kept as Record<string, unknown>) : {}
    return { wrap: wrap !== false, times: TIMES.find((each) => each === times) ?? 'elapsed' }
  } catch {
    return { wrap: true, times: 'elapsed' }
  }
}

export function keepPreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences))
  } catch {
    // A browser that keeps nothing begins anew each time.
  }
}
