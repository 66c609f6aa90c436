import { openObject, type StoredForm, storeObject } from '@yardmaster/common'
import type { Attempt } from '@yardmaster/domain/deliveries'

type StoredAttempt = Omit<Attempt, 'at'> & { readonly at: string }

/** The stored form of an attempt to deliver an event. */
const ATTEMPT: StoredForm<StoredAttempt> = {
  at: { since: 1 },
  status: { since: 1, absent: null },
  error: { since: 1, absent: null },
  durationMs: { since: 1, absent: 0 },
  response: { since: 1, absent: null },
}

export const storedAttempt = ({ at, ...attempt }: Attempt): object =>
  storeObject(ATTEMPT, { ...attempt, at: at.toISOString() })

/** Returns a stored attempt in the present form. An unreadable one is marked as such and does not hide the others. */
export function readAttempt(stored: unknown): Attempt {
  try {
    const { at, ...attempt } = openObject(ATTEMPT, stored)
    return { ...attempt, at: new Date(at) }
  } catch {
    const error = 'the outcome of this attempt cannot be read by this release'
    return { at: new Date(0), status: null, error, durationMs: 0, response: null }
  }
}
