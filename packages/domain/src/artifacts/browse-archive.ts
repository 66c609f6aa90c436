import type { ArtifactInvalid, ArtifactNotFound, JobNotFound, StorageFailed } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { err, ok, type Result } from '../result.ts'
import { findArtifact } from './open-artifact.ts'
import { storageFailed } from './storage-failed.ts'
import { openZippedFile } from './unzip.ts'
import { isPlainPath, type ListedEntry, readListing } from './zip-listing.ts'

/** @see `interfaces.md` 5 */
export interface ArchiveEntry {
  /** Whole; directories end in `/`. */
  readonly path: string
  /** Its last segment, without the `/`. */
  readonly name: string
  readonly directory: boolean
  /** Bytes. */
  readonly size: number
  /** Bytes it takes in the archive. */
  readonly zippedSize: number
  /** Permission bits, octal digits. */
  readonly mode: string | null
  readonly modified: Date | null
}

/** A file out of an archive. A body that is not what the archive announced ends in an error. */
export interface ArchivedFile {
  readonly name: string
  /** Bytes. */
  readonly size: number
  readonly body: AsyncIterable<Uint8Array>
}

/**
 * The entries of one directory of a job's archive, directories first.
 *
 * @param path - of the directory, with or without a `/` at the end; empty: the whole archive's.
 * @returns `artifact_not_found` also for an archive without a listing and a directory that it does not have.
 * @see `artifacts.md` 7
 */
export async function browseArchive(
  ports: Pick<Ports, 'jobs' | 'artifacts' | 'objects' | 'clock'>,
  jobId: number,
  path: string,
): Promise<Result<ArchiveEntry[], JobNotFound | ArtifactNotFound | StorageFailed>> {
  const archive = await findArtifact(ports, jobId, 'archive')
  if (!archive.ok) return (await ports.jobs.find(jobId)) ? archive : err({ kind: 'job_not_found', id: jobId })
  const { listingKey } = archive.value
  if (listingKey === null) return err({ kind: 'artifact_not_found' })
  const directory = path === '' || path.endsWith('/') ? path : `${path}/`
  try {
    const listing = await ports.objects.get(listingKey)
    const entries = listing && (await readDirectory(listing, directory))
    return entries ? ok(entries) : err({ kind: 'artifact_not_found' })
  } catch (error) {
    return err(storageFailed(error))
  }
}

/**
 * One file out of a job's archive, by its exact name there.
 *
 * @returns `artifact_invalid` for an entry that can't be unpacked: encrypted, packed in a way we don't know, or damaged.
 * @see `artifacts.md` 7.1
 */
export async function openArchivedFile(
  ports: Pick<Ports, 'artifacts' | 'objects' | 'clock'>,
  jobId: number,
  path: string,
): Promise<Result<ArchivedFile, ArtifactNotFound | ArtifactInvalid | StorageFailed>> {
  const archive = await findArtifact(ports, jobId, 'archive')
  if (!archive.ok) return archive
  if (!isPlainPath(path)) return err({ kind: 'artifact_not_found' })
  try {
    const file = await openZippedFile(ports.objects, archive.value, path)
    return file.ok ? ok({ name: nameOf(path), ...file.value }) : file
  } catch (error) {
    return err(storageFailed(error))
  }
}

/** Null where there is no such directory. The archive's own may be empty. */
async function readDirectory(listing: AsyncIterable<Uint8Array>, directory: string): Promise<ArchiveEntry[] | null> {
  const entries: ArchiveEntry[] = []
  let isThere = directory === ''
  for await (const entry of readListing(listing)) {
    if (!entry.path.startsWith(directory)) {
      // In bytewise order all that begins alike stands together.
      if (isThere) break
      continue
    }
    isThere = true
    const below = entry.path.slice(directory.length)
    const slash = below.indexOf('/')
    if (below !== '' && (slash === -1 || slash === below.length - 1)) entries.push(toArchiveEntry(entry))
  }
  if (!isThere) return null
  return [...entries.filter((entry) => entry.directory), ...entries.filter((entry) => !entry.directory)]
}

const toArchiveEntry = ({ path, size, zippedSize, mode, modified }: ListedEntry): ArchiveEntry => ({
  path,
  name: nameOf(path),
  directory: path.endsWith('/'),
  size,
  zippedSize,
  mode: mode === 0 ? null : mode.toString(8),
  modified: modified === 0 ? null : new Date(modified * 1000),
})

const nameOf = (path: string): string => path.replace(/\/$/, '').split('/').at(-1) ?? path
