import type { Services } from '@yardmaster/domain'
import {
  ACCESSIBILITIES,
  ARTIFACT_FORMATS,
  type ArchiveEntry,
  hasExpired,
  type StoredArtifact,
} from '@yardmaster/domain/artifacts'
import { z } from 'zod'
import { Count, list, TextOrNull, Time, TimeOrNull } from './values.ts'

export const ArtifactShape = z
  .strictObject({
    type: z.string(),
    format: z.enum(ARTIFACT_FORMATS),
    filename: z.string(),
    size: Count.describe('Bytes, as uploaded.'),
    sha256: z.string().describe('Lower-case hexadecimal.'),
    accessibility: z.enum(ACCESSIBILITIES),
    createdAt: Time,
    expireAt: TimeOrNull.describe('Null when it never expires.'),
    browsable: z.boolean().describe('True for an archive whose entries `artifacts.browse` lists.'),
  })
  .meta({ id: 'Artifact' })

export const ArtifactsShape = list(ArtifactShape)

/** Omits where the bytes are stored. */
const showArtifact = (artifact: StoredArtifact): z.input<typeof ArtifactShape> => ({
  type: artifact.type,
  format: artifact.format,
  filename: artifact.filename,
  size: artifact.size,
  sha256: artifact.sha256,
  accessibility: artifact.accessibility,
  createdAt: artifact.createdAt,
  expireAt: artifact.expireAt,
  browsable: artifact.browsable,
})

/**
 * Shows the artifacts that have not expired. A runner still gets an expired artifact until it is deleted
 * (`docs/protocol/artifacts.md 8.2`).
 */
export function showArtifacts({ clock }: Pick<Services, 'clock'>, artifacts: readonly StoredArtifact[]) {
  const now = clock.now()
  return artifacts.filter((artifact) => !hasExpired(artifact, now)).map(showArtifact)
}

export const ArchiveEntryShape = z
  .strictObject({
    path: z.string().describe('From the root of the archive; a directory ends in `/`.'),
    name: z.string().describe('The last segment of the path.'),
    directory: z.boolean(),
    size: Count.describe('Bytes.'),
    zippedSize: Count.describe('Compressed size in the archive, in bytes.'),
    mode: TextOrNull.describe('Permission bits in octal digits.'),
    modified: TimeOrNull,
  })
  .meta({ id: 'ArchiveEntry' })

export const showArchiveEntry = (entry: ArchiveEntry): z.input<typeof ArchiveEntryShape> => ({
  path: entry.path,
  name: entry.name,
  directory: entry.directory,
  size: entry.size,
  zippedSize: entry.zippedSize,
  mode: entry.mode,
  modified: entry.modified,
})

/** One page of the entries of a directory, subdirectories first. */
export const DirectoryShape = z
  .strictObject({ path: z.string(), entries: list(ArchiveEntryShape), nextCursor: TextOrNull })
  .meta({ id: 'Directory' })
