import { openObject, type StoredForm, storeObject } from '@yardmaster/common'
import type { Attempt } from '@yardmaster/domain'

type StoredAttempt = Omit<Attempt, 'at'> & { readonly at: string }

/** How an attempt to deliver an event is stored. */
const ATTEMPT: StoredForm<StoredAttempt> = {
  at: { since: 1 },
  status: { since: 1, absent: null },
  error: { since: 1, absent: null },
  durationMs: { since: 1, absent: 0 },
  response: { since: 1, absent: null },
}

export const storedAttempt = ({ at, ...attempt }: Attempt): object =>
  storeObject(ATTEMPT, { ...attempt, at: at.toISOString() })

/** A stored attempt in the present form. An unreadable one says so and does not hide the others. */
export function readAttempt(stored: unknown): Attempt {
  try {
    const { at, ...attempt } = openObject(ATTEMPT, stored)
    return { ...attempt, at: new Date(at) }
  } catch {
    const error = 'what became of this attempt cannot be read by this release'
    return { at: new Date(0), status: null, error, durationMs: 0, response: null }
  }
}
