import type { ArtifactInvalid, ArtifactNotFound, JobNotFound, StorageFailed } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { err, type Result } from '../result.ts'

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

type Browsing = Pick<Ports, 'jobs' | 'artifacts' | 'objects' | 'clock'>

/**
 * The entries of one directory of a job's archive, directories first.
 *
 * @param path - of the directory, with or without a `/` at the end; empty: the whole archive's.
 * @see `artifacts.md` 7
 */
export async function browseArchive(
  _ports: Browsing,
  _jobId: number,
  _path: string,
): Promise<Result<ArchiveEntry[], JobNotFound | ArtifactNotFound | StorageFailed>> {
  return err({ kind: 'artifact_not_found' })
}

/**
 * One file out of a job's archive, by its exact name there.
 *
 * @returns `artifact_invalid` for an entry that can't be unpacked: encrypted, or packed in a way we don't know.
 * @see `artifacts.md` 7.1
 */
export async function openArchivedFile(
  _ports: Browsing,
  _jobId: number,
  _path: string,
): Promise<Result<ArchivedFile, JobNotFound | ArtifactNotFound | ArtifactInvalid | StorageFailed>> {
  return err({ kind: 'artifact_not_found' })
}
