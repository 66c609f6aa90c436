import { ok, type Result } from '@yardmaster/common'
import type { ArtifactInvalid } from '../errors.ts'
import type { NewArtifact, Ports } from '../ports.ts'
import { ANNOTATIONS_BYTES, parseAnnotations } from './annotations.ts'
import { DOTENV_BYTES, parseDotenv } from './dotenv.ts'

type ReportContents = Pick<NewArtifact, 'dotenv' | 'annotations'>

/** Bytes of an upload that are needed to read what it says, of whatever type it turns out to be. */
export const MOST_BYTES_TO_READ = Math.max(DOTENV_BYTES, ANNOTATIONS_BYTES)

/**
 * What an upload says beside its bytes.
 *
 * @param bytes - as uploaded; null: more than `MOST_BYTES_TO_READ`.
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
