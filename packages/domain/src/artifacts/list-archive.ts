import { err, ok, type Result } from '@yardmaster/common'
import type { ArtifactTooLarge, StorageFailed } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { scanZip, type ZipObject } from './formats/zip-directory.ts'
import { type ListedEntry, listEntries } from './formats/zip-listing.ts'
import { storageFailed } from './storage-failed.ts'

/**
 * Returns the listing of a stored archive, or null when the object is not a zip.
 *
 * @returns `artifact_too_large` when its directory is too large, whatever the archive's own size.
 * @see `docs/protocol/artifacts.md 3.3, step 9`
 */
export async function listArchive(
  objects: Pick<ObjectStore, 'get'>,
  zip: ZipObject,
): Promise<Result<readonly ListedEntry[] | null, ArtifactTooLarge | StorageFailed>> {
  const entries: ListedEntry[] = []
  try {
    const scanned = await scanZip(objects, zip, (entry) => entries.push(entry))
    if (scanned === 'not_a_zip') return ok(null)
    const listed = scanned === 'complete' ? await listEntries(entries) : null
    return listed ? ok(listed) : err({ kind: 'artifact_too_large' })
  } catch (error) {
    return err(storageFailed(error))
  }
}
