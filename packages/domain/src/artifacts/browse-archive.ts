import { createHash } from 'node:crypto'
import { err, ok, type Result } from '@yardmaster/common'
import type { ArtifactInvalid, ArtifactNotFound, JobNotFound, StorageFailed } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { openZippedFile } from './formats/unzip.ts'
import { comparePaths, isPlainPath, type ListedEntry, readListing } from './formats/zip-listing.ts'
import { findArtifact } from './open-artifact.ts'
import { storageFailed } from './storage-failed.ts'

/** A file or directory in an archive, as people browse it. */
export interface ArchiveEntry {
  /** The whole path; directories end in `/`. */
  readonly path: string
  /** The last segment of the path, without the `/`. */
  readonly name: string
  readonly directory: boolean
  /** In bytes. */
  readonly size: number
  /** Its size in the archive, in bytes. */
  readonly zippedSize: number
  /** Permission bits as octal digits. */
  readonly mode: string | null
  readonly modified: Date | null
}

/** A file from an archive. The body ends in an error when it does not match what the archive announced. */
export interface ArchivedFile {
  readonly name: string
  /** In bytes. */
  readonly size: number
  readonly body: AsyncIterable<Uint8Array>
}

/** Selects a page of entries of one directory. */
export interface Browsing {
  /** The directory, with or without a `/` at the end; empty for the root of the archive. */
  readonly path: string
  /** Most entries of a page. There are fewer when their names are very long. */
  readonly limit: number
  /** The `next` of the previous page. */
  readonly after?: string | undefined
}

export interface ArchivePage {
  readonly entries: readonly ArchiveEntry[]
  /** Where the next page begins; null when this is the last. */
  readonly next: string | null
}

/**
 * Returns the entries of one directory of a job's archive: directories first, then files, both in bytewise order.
 *
 * @returns `artifact_not_found` also for an archive without a listing and for a directory that is not in it.
 * @see `docs/protocol/artifacts.md 7`
 */
export async function browseArchive(
  ports: Pick<Ports, 'jobs' | 'artifacts' | 'objects' | 'clock'>,
  jobId: number,
  { path, limit, after }: Browsing,
): Promise<Result<ArchivePage, JobNotFound | ArtifactNotFound | StorageFailed>> {
  const archive = await findArtifact(ports, jobId, 'archive')
  if (!archive.ok) return (await ports.jobs.find(jobId)) ? archive : err({ kind: 'job_not_found', id: jobId })
  const { listingKey } = archive.value
  if (listingKey === null) return err({ kind: 'artifact_not_found' })
  const directory = path === '' || path.endsWith('/') ? path : `${path}/`
  try {
    const listing = await ports.objects.get(listingKey)
    const page = listing && (await readDirectory(listing, { path: directory, limit, after }))
    return page ? ok(page) : err({ kind: 'artifact_not_found' })
  } catch (error) {
    return err(storageFailed(error))
  }
}

/**
 * Opens one file of a job's archive by its exact name.
 *
 * @returns `artifact_invalid` for an entry that can't be unpacked: encrypted, compressed by an unknown method, or
 * damaged.
 * @see `docs/protocol/artifacts.md 7.1`
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

/**
 * Returns null when there is no such directory; only the root may be empty. Holds two pages at most, however large the
 * directory: one of directories, which come first wherever they stand, and one of files.
 */
async function readDirectory(
  listing: AsyncIterable<Uint8Array>,
  { path: directory, limit, after }: Browsing,
): Promise<ArchivePage | null> {
  const inFiles = after?.startsWith(FILE) ?? false
  const isBehind = after === undefined ? () => true : behind(directory, after.slice(1))
  const directories: ListedEntry[] = []
  const files: ListedEntry[] = []
  let isThere = directory === ''
  const wanted = (path: string): boolean => {
    if (!path.startsWith(directory)) return isThere && directory !== ''
    isThere ||= isPlainPath(path)
    const slash = path.indexOf('/', directory.length)
    const isDirectory = slash !== -1
    if (path === directory || (isDirectory && (inFiles || slash < path.length - 1))) return false
    const page = isDirectory ? directories : files
    return page.length <= limit && (isDirectory === inFiles || isBehind(path))
  }
  for await (const entry of readListing(listing, wanted)) {
    // In bytewise order, all paths with the same beginning are adjacent.
    if (!entry.path.startsWith(directory)) break
    const page = entry.path.endsWith('/') ? directories : files
    page.push(entry)
    if (inFiles && files.length > limit) break
  }
  if (!isThere) return null
  const found = [...directories, ...files]
  const entries = found.slice(0, fitting(found.slice(0, limit))).map(toArchiveEntry)
  const end = entries.at(-1)
  const next =
    found.length > entries.length && end
      ? (end.directory ? DIRECTORY : FILE) + markOf(end.path.slice(directory.length))
      : null
  return { entries, next }
}

/**
 * Returns the cursor's text for an entry: its name, or a digest when that is too long for a URL. No name begins with
 * `/`.
 */
const markOf = (name: string): string =>
  name.length <= LONGEST_NAME ? name : `/${createHash('sha256').update(name).digest('base64url')}`

/** Returns a predicate that tells whether a path follows the one with that mark. It must get paths in their order. */
function behind(directory: string, mark: string): (path: string) => boolean {
  if (!mark.startsWith('/')) return (path) => comparePaths(path, directory + mark) > 0
  let passed = false
  return (path) => {
    const isBehind = passed
    passed ||= markOf(path.slice(directory.length)) === mark
    return isBehind
  }
}

/** Returns how many of the entries fit on a page, at least one. */
function fitting(entries: readonly ListedEntry[]): number {
  let characters = 0
  const tooMany = entries.findIndex(({ path }, index) => {
    characters += path.length
    return index > 0 && characters > PAGE_CHARACTERS
  })
  return tooMany === -1 ? entries.length : tooMany
}

/** The kind of the last entry of a page. */
const DIRECTORY = 'd'
const FILE = 'f'

const LONGEST_NAME = 4_096

/** Approximate limit of the characters of names on a page: a response is serialised in one piece. */
const PAGE_CHARACTERS = 524_288

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
