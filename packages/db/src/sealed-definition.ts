import { type JobDefinition, storedDefinition, upgradeDefinition } from '@yardmaster/ci-config'
import { placeOf, type SecretBox } from './secrets.ts'

/** What a definition is sealed for: a retried job has the one of the job before, as it was sealed. */
interface DefinedJob {
  readonly pipelineId: number
  readonly name: string
}

const placeOfDefinition = ({ pipelineId, name }: DefinedJob) => placeOf('job_secrets.definition', pipelineId, name)

export function sealDefinition(secrets: SecretBox, definition: JobDefinition, job: DefinedJob): Uint8Array {
  return secrets.seal(JSON.stringify(storedDefinition(definition)), placeOfDefinition(job))
}

/**
 * In the present form, whichever release sealed it.
 *
 * @throws for bytes that are no definition, that of another job, or that of a newer release.
 */
export function openDefinition(secrets: SecretBox, sealed: Uint8Array, job: DefinedJob): JobDefinition {
  return upgradeDefinition(JSON.parse(secrets.open(sealed, placeOfDefinition(job))))
}
