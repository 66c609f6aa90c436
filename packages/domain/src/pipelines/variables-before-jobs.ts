import type { Variable } from '@yardmaster/ci-config'
import { type KnownBeforeJobs, predefinedBeforeJobs } from '../jobs/predefined-variables.ts'
import { type MergeRequest, mergeRequestVariables } from './merge-request.ts'

/**
 * Lists the variables that a configuration sees before it has jobs, for includes and for the rules of the workflow and
 * of jobs. Of several with one name the last one counts: predefined ones, the project's, the pipeline's. Protected
 * variables of the project are left out when the ref is not protected.
 *
 * @see `docs/pipelines.md`
 */
export function variablesBeforeJobs({
  mergeRequest,
  variables,
  ...known
}: KnownBeforeJobs & {
  /** Null when the pipeline is for none. */
  readonly mergeRequest: MergeRequest | null
  /** The variables of the pipeline. */
  readonly variables: readonly Variable[]
}): readonly Variable[] {
  const { pipeline, project } = known
  return [
    ...predefinedBeforeJobs(known),
    ...(mergeRequest ? mergeRequestVariables(mergeRequest, project) : []),
    ...project.variables.filter((variable) => pipeline.protected || !variable.protected),
    ...variables,
  ]
}
