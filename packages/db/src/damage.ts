import { NewerFormError } from '@yardmaster/common'
import type { Database } from './database.ts'
import { opensKnownText, type SecretBox } from './secrets.ts'

/**
 * What `read` makes of encrypted bytes, or null when the record is damaged: they were changed, or say nothing of the kind.
 *
 * @throws what `read` threw when this process cannot open the known text either. Then its key or the database is wrong,
 *   and no single record is to blame. NewerFormError, because the value of a newer release is not damaged.
 */
export async function readOrDamaged<T>(db: Database, secrets: SecretBox, read: () => T): Promise<T | null> {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof NewerFormError) && (await opensKnownText(db, secrets))) return null
    throw error
  }
}

/** As `readOrDamaged`, for values that are shown and nothing is decided by: null also for those of a newer release. */
export async function readIfPossible<T>(db: Database, secrets: SecretBox, read: () => T): Promise<T | null> {
  return await readOrDamaged(db, secrets, read).catch(nullIfNewer)
}

/** As `readOrDamaged`, and `newer` for the value of a newer release. */
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
