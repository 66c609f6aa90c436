import type { NewSigningKey } from '../ports.ts'

const DAY_MS = 86_400_000
/** A key signs for this long. */
const SIGNS_MS = 90 * DAY_MS
/**
 * A key is published for this long before it signs: receivers keep the list of keys, some of them for a day or more.
 */
const PUBLISHED_BEFORE_MS = 7 * DAY_MS
/** The longest life of a token, in seconds: the longest `timeout` that a configuration may give a job. */
export const LONGEST_TOKEN_SECONDS = (30 * DAY_MS) / 1000
/** A key is published for this long after its successor began to sign; a day more than a token lives, for clocks. */
const PUBLISHED_AFTER_MS = LONGEST_TOKEN_SECONDS * 1000 + DAY_MS

/** The parts of a key that the schedule depends on. */
interface Key {
  readonly kid: string
  readonly signsFrom: Date
  /** Null for a damaged key. */
  readonly privateKey: unknown
}

/**
 * Returns the key that signs at this time: the newest one that may. If the clock was set back to before all of them,
 * the oldest one signs. A damaged key never does.
 *
 * @param keys - in the order in which they were added, as for the functions below.
 */
export function signerAmong<K extends Key>(keys: readonly K[], now: Date): K | null {
  const usable = keys.filter(({ privateKey }) => privateKey !== null)
  return usable.findLast(({ signsFrom }) => signsFrom <= now) ?? usable[0] ?? null
}

/**
 * Returns when a new key is to sign and which one it follows; null while none is needed. Without any key that can sign,
 * the new one signs at once.
 */
export function successorAmong(keys: readonly Key[], now: Date): Pick<NewSigningKey, 'replaces' | 'signsFrom'> | null {
  const newest = keys.at(-1)
  const replaces = newest?.kid ?? null
  if (!newest || signerAmong(keys, now) === null) return { replaces, signsFrom: now }
  const soonest = now.getTime() + PUBLISHED_BEFORE_MS
  if (newest.privateKey === null) return { replaces, signsFrom: new Date(soonest) }
  const due = newest.signsFrom.getTime() + SIGNS_MS
  return due > soonest ? null : { replaces, signsFrom: new Date(soonest) }
}

/** Returns the keys that no valid token can have been signed with any more. */
export function expiredAmong<K extends Key>(keys: readonly K[], now: Date): K[] {
  return keys.filter((_, index) => {
    const next = keys.slice(index + 1).find(({ privateKey }) => privateKey !== null)
    return next !== undefined && next.signsFrom.getTime() + PUBLISHED_AFTER_MS <= now.getTime()
  })
}
