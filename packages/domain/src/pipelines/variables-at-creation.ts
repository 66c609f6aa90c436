import type { JobDefinition, Variable } from '@yardmaster/ci-config'
import { type Known, predefined } from '../jobs/predefined-variables.ts'

/**
 * Lists the variables that are known when a job is made, for the keywords that are expanded then. A later one of the
 * same name wins. Protected variables of the project are left out where the ref is not protected.
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
