import type { JobDefinition } from './job-definition.ts'
import { type DefinitionContext, parseDefinition } from './parse-job.ts'

/** Parses a definition that must be accepted; `script` is given unless it is among the keywords. */
export function parsed(keywords: object, context?: DefinitionContext): JobDefinition {
  const result = parseDefinition({ script: 'make', ...keywords }, context)
  if (!result.ok) throw new Error(`${result.error.field}: ${result.error.reason}`)
  return result.value
}

/** Returns the refusal of a definition that must be refused. */
export function refused(keywords: object): { field: string; reason: string } {
  const result = parseDefinition({ script: 'make', ...keywords })
  if (result.ok) throw new Error('was accepted')
  return result.error
}
