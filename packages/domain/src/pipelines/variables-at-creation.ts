import type { JobDefinition, Variable } from '@yardmaster/ci-config'
import { type Known, predefined } from '../jobs/predefined-variables.ts'

/**
 * Lists the variables that are known when a job is created, for the keywords that are expanded then. Of several with
 * one name the last one counts. Protected variables of the project are left out when the ref is not protected.
 *
 * @see `docs/protocol/job-request.md 11`
 */
export function variablesAtCreation(
  { variables }: Pick<JobDefinition, 'variables'>,
  { pipelineVariables, ...known }: Known & { readonly pipelineVariables: readonly Variable[] },
): readonly Variable[] {
  const { job, project } = known.taken
  return [
    ...predefined(known),
    ...variables,
    ...project.variables.filter((variable) => job.protected || !variable.protected),
    ...pipelineVariables,
  ]
}
