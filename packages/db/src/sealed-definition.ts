import type { JobDefinition } from '@yardmaster/domain'
import type { SecretBox } from './secrets.ts'

/** @throws for bytes that are no definition. */
export function openDefinition(secrets: SecretBox, sealed: Uint8Array): JobDefinition {
  const value: unknown = JSON.parse(secrets.open(sealed))
  if (typeof value !== 'object' || value === null || !('script' in value && 'when' in value && 'retry' in value)) {
    throw new TypeError('a sealed text is no job definition')
  }
  return value as JobDefinition
}
