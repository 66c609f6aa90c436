import type { TimeColumn } from './timestamps.ts'

/** How a person likes to read logs; stored in the browser. */
export interface Preferences {
  readonly wrap: boolean
  readonly times: TimeColumn
  /** Whether lines that report errors or warnings are marked. */
  readonly severities: boolean
  /** Whether lines of standard error are marked. */
  readonly stderr: boolean
  /** Whether the slowest sections are listed above a finished log. */
  readonly slowest: boolean
}

const KEY = 'yardmaster-log'
const TIMES: readonly TimeColumn[] = ['none', 'elapsed', 'clock']

/** The default: narrow screens have no room for times. */
const usualTimes = (): TimeColumn => (window.matchMedia('(min-width: 48rem)').matches ? 'elapsed' : 'none')

export function readPreferences(): Preferences {
  const usually = usualTimes()
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    const { wrap, times, severities, stderr, slowest } =
      typeof kept === 'object' && kept !== null ? (kept as Record<string, unknown>) : {}
    return {
      wrap: wrap !== false,
      times: TIMES.find((each) => each === times) ?? usually,
      severities: severities !== false,
      stderr: stderr !== false,
      slowest: slowest !== false,
    }
  } catch {
    return { wrap: true, times: usually, severities: true, stderr: true, slowest: true }
  }
}

export function keepPreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences))
  } catch {
    // In a browser that stores nothing, every visit starts with the defaults.
  }
}
