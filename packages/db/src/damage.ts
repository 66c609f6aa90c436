import type { Database } from './database.ts'
import { opensKnownText, type SecretBox } from './secrets.ts'

/**
 * What `read` makes of sealed bytes, or null when the record is damaged: they were changed, or say nothing of the kind.
 *
 * @throws what `read` threw when this process cannot open the known text either. Then its key or the database is wrong,
 *   and no single record is to blame.
 */
export async function readOrDamaged<T>(db: Database, secrets: SecretBox, read: () => T): Promise<T | null> {
  try {
    return read()
  } catch (error) {
    if (await opensKnownText(db, secrets)) return null
    throw error
  }
}
