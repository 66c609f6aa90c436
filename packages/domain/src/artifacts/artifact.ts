import { REPORT_TYPES } from '@yardmaster/ci-config'

export const ARTIFACT_FORMATS = ['raw', 'zip', 'gzip'] as const
export type ArtifactFormat = (typeof ARTIFACT_FORMATS)[number]

export const ACCESSIBILITIES = ['public', 'private', 'none'] as const
export type Accessibility = (typeof ACCESSIBILITIES)[number]

/**
 * The format of every type a runner may upload (`docs/protocol/artifacts.md 5`). Not here: `metadata` and `trace`,
 * which the program makes itself, and `sarif`, whose format is unconfirmed.
 */
const FORMATS: ReadonlyMap<string, ArtifactFormat> = new Map<string, ArtifactFormat>([
  ['archive', 'zip'],
  ['metrics_referee', 'gzip'],
  ['network_referee', 'gzip'],
  ...Object.entries(REPORT_TYPES).map(([type, { format }]) => [type, format] as const),
])

export const ARTIFACT_TYPES: readonly string[] = [...FORMATS.keys()]

/** The one format a type is uploaded in; null for a type nobody may upload. */
export const formatOf = (type: string): ArtifactFormat | null => FORMATS.get(type) ?? null

const MIB = 1_048_576
/** What the reference's plans set beside the instance's limit, in bytes. */
const TYPE_LIMITS: ReadonlyMap<string, number> = new Map([
  ['lsif', 200 * MIB],
  ['terraform', 5 * MIB],
  ['cyclonedx', 5 * MIB],
])

/**
 * The largest upload of a type in bytes: the smaller of the instance's limit and the type's own
 * (`docs/protocol/artifacts.md 4`).
 */
export const largestUpload = (type: string, maxArtifactBytes: number): number =>
  Math.min(maxArtifactBytes, TYPE_LIMITS.get(type) ?? maxArtifactBytes)

/** An artifact as people see it. Times are dates here; the edge spells them. */
export interface Artifact {
  readonly type: string
  readonly format: ArtifactFormat
  /** Letters and digits of any script, and `. _ + -`. */
  readonly filename: string
  /** Bytes, as uploaded. */
  readonly size: number
  /** Lower-case hex. */
  readonly sha256: string
  readonly accessibility: Accessibility
  readonly createdAt: Date
  /** Null: never. */
  readonly expireAt: Date | null
  /** It is an archive whose listing was read. */
  readonly browsable: boolean
}

/** An artifact with where its bytes are. */
export interface StoredArtifact extends Artifact {
  readonly jobId: number
  readonly projectId: number
  readonly key: string
  /** Its listing (`docs/protocol/artifacts.md 7`). */
  readonly listingKey: string | null
}
