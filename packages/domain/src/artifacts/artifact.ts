import { REPORT_TYPES } from '@yardmaster/ci-config'

export const ARTIFACT_FORMATS = ['raw', 'zip', 'gzip'] as const
export type ArtifactFormat = (typeof ARTIFACT_FORMATS)[number]

export const ACCESSIBILITIES = ['public', 'private', 'none'] as const
export type Accessibility = (typeof ACCESSIBILITIES)[number]

/**
 * The format of every type that a runner may upload (`docs/protocol/artifacts.md 5`). Left out are `metadata` and
 * `trace`, which the program creates itself, and `sarif`, whose format is unconfirmed.
 */
const FORMATS: ReadonlyMap<string, ArtifactFormat> = new Map<string, ArtifactFormat>([
  ['archive', 'zip'],
  ['metrics_referee', 'gzip'],
  ['network_referee', 'gzip'],
  ...Object.entries(REPORT_TYPES).map(([type, { format }]) => [type, format] as const),
])

export const ARTIFACT_TYPES: readonly string[] = [...FORMATS.keys()]

/** Returns the one format in which a type is uploaded, or null for a type that may not be uploaded. */
export const formatOf = (type: string): ArtifactFormat | null => FORMATS.get(type) ?? null

const MIB = 1_048_576
/** The limits per type in the reference's plans, which apply besides the instance's limit. In bytes. */
const TYPE_LIMITS: ReadonlyMap<string, number> = new Map([
  ['lsif', 200 * MIB],
  ['terraform', 5 * MIB],
  ['cyclonedx', 5 * MIB],
])

/**
 * Returns the largest upload of a type in bytes: the smaller of the instance's limit and the type's own
 * (`docs/protocol/artifacts.md 4`).
 */
export const largestUpload = (type: string, maxArtifactBytes: number): number =>
  Math.min(maxArtifactBytes, TYPE_LIMITS.get(type) ?? maxArtifactBytes)

/** An artifact as people see it. Times are dates here; the API formats them. */
export interface Artifact {
  readonly type: string
  readonly format: ArtifactFormat
  /** Letters and digits of any script, and `. _ + -`. */
  readonly filename: string
  /** In bytes, as uploaded. */
  readonly size: number
  /** Lower-case hex. */
  readonly sha256: string
  readonly accessibility: Accessibility
  readonly createdAt: Date
  /** Null when it never expires. */
  readonly expireAt: Date | null
  /** Whether it is an archive whose listing was read. */
  readonly browsable: boolean
}

/** An artifact with the keys of its objects. */
export interface StoredArtifact extends Artifact {
  readonly jobId: number
  readonly projectId: number
  readonly key: string
  /** The key of the listing of an archive (`docs/protocol/artifacts.md 7`), or of the tests of a JUnit report. */
  readonly listingKey: string | null
}
