import { NewerFormError } from '@yardmaster/common'
import type { Database } from './database.ts'
import { opensKnownText, type SecretBox } from './secrets.ts'

/**
 * Returns the result of `read` for encrypted bytes, or null when the record is damaged: its bytes were changed, or are
 * not of the right kind.
 *
 * @throws the error of `read` when this process cannot open the known text either: then its key or the database is
 * wrong, and not this record. NewerFormError, because the value of a newer release is not damaged.
 */
export async function readOrDamaged<T>(db: Database, secrets: SecretBox, read: () => T): Promise<T | null> {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof NewerFormError) && (await opensKnownText(db, secrets))) return null
    throw error
  }
}

/** As `readOrDamaged`, for values that are only shown: null also for those of a newer release. */
export async function readIfPossible<T>(db: Database, secrets: SecretBox, read: () => T): Promise<T | null> {
  return await readOrDamaged(db, secrets, read).catch(nullIfNewer)
}

/** As `readOrDamaged`, but `newer` for the value of a newer release. */
export async function readOrNewer<T>(db: Database, secrets: SecretBox, read: () => T): Promise<T | 'newer' | null> {
  try {
    return await readOrDamaged(db, secrets, read)
  } catch (error) {
    if (error instanceof NewerFormError) return 'newer'
    throw error
  }
}

function nullIfNewer(error: unknown): null {
  if (error instanceof NewerFormError) return null
  throw error
}
