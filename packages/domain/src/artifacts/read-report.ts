import { ok, type Result } from '@yardmaster/common'
import type { ArtifactInvalid } from '../errors.ts'
import type { NewArtifact, Ports } from '../ports.ts'
import { ANNOTATIONS_BYTES, parseAnnotations } from './annotations.ts'
import { DOTENV_BYTES, parseDotenv } from './dotenv.ts'

type ReportContents = Pick<NewArtifact, 'dotenv' | 'annotations'>

/** The bytes of an upload that must be kept in order to parse it as any type of report. */
export const MOST_BYTES_TO_READ = Math.max(DOTENV_BYTES, ANNOTATIONS_BYTES)

/**
 * Parses the content of an upload.
 *
 * @param bytes - as uploaded; null when there are more than `MOST_BYTES_TO_READ`.
 * @see `docs/protocol/artifacts.md 3.3, step 14`
 */
export async function readReport(
  { artifacts }: Pick<Ports, 'artifacts'>,
  { id, type }: { id: number; type: string },
  bytes: Uint8Array | null,
): Promise<Result<ReportContents, ArtifactInvalid>> {
  if (type === 'dotenv') {
    const held = await artifacts.dotenv(id)
    const parsed = await parseDotenv(bytes, new Set(held.map(({ key }) => key)))
    return parsed.ok ? ok({ dotenv: parsed.value }) : parsed
  }
  if (type === 'annotations') {
    const parsed = await parseAnnotations(bytes)
    return parsed.ok ? ok({ annotations: parsed.value }) : parsed
  }
  return ok({})
}
