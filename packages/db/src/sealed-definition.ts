import type { JobDefinition } from '@yardmaster/ci-config'
import { placeOf, type SecretBox } from './secrets.ts'

/** @throws for bytes that are no definition, or that of another job. */
export function openDefinition(
  secrets: SecretBox,
  sealed: Uint8Array,
  { pipelineId, name }: { pipelineId: number; name: string },
): JobDefinition {
  const value: unknown = JSON.parse(secrets.open(sealed, placeOf('job_secrets.definition', pipelineId, name)))
  if (typeof value !== 'object' || value === null || !('script' in value && 'when' in value && 'retry' in value)) {
    throw new TypeError('a sealed text is no job definition')
  }
  return value as JobDefinition
}
