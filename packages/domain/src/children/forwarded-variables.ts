import { expandVariables, type JobDefinition, type Variable } from '@yardmaster/ci-config'
import type { Job } from '../jobs/job.ts'
import { predefined, shown, time } from '../jobs/predefined-variables.ts'
import type { Pipeline } from '../pipelines/pipeline.ts'
import type { NewPipeline } from '../ports.ts'
import type { Project } from '../projects/project.ts'
import type { Policy, Settings } from '../settings.ts'

/** What surrounds a trigger job whose child is about to be created. */
export interface TriggerSurroundings {
  readonly job: Job
  readonly definition: JobDefinition
  readonly pipeline: Pipeline
  /** The variables given to its pipeline. */
  readonly pipelineVariables: NewPipeline['variables']
  /** From the reports of the jobs that the trigger job depends on. */
  readonly dotenv: readonly Variable[]
  readonly project: Project
  readonly policy: Pick<Policy, 'externalUrl' | 'version'>
  readonly settings: Pick<Settings, 'supplyGitlabCi'>
}

/**
 * Returns the variables that a trigger job forwards, which become those of its child pipeline: its own with references
 * expanded, as `forward:yaml_variables` says, and those of its pipeline and of dotenv reports, as
 * `forward:pipeline_variables` says. Of two with one name only the stronger one is returned.
 */
export function forwardedVariables(given: TriggerSurroundings): NewPipeline['variables'] {
  const { definition, pipelineVariables, dotenv } = given
  const { forwardsYamlVariables = true, forwardsPipelineVariables = false } = definition.trigger ?? {}
  const forwarded = [
    ...(forwardsYamlVariables ? expandedOwn(given) : []),
    ...(forwardsPipelineVariables ? [...dotenv, ...pipelineVariables] : []),
  ]
  return [...new Map(forwarded.map((variable) => [variable.key, variable])).values()]
}

/** Values shorter than this are not looked for in others: they would be found by chance. */
const SHORTEST_SECRET = 4

/** Expands the variables of the job itself. One that contains the value of a masked variable is masked too. */
function expandedOwn(given: TriggerSurroundings): Variable[] {
  const known = knownVariables(given)
  const own = new Set(given.definition.variables)
  const secrets = known.flatMap(({ value, masked }) => (masked && value.length >= SHORTEST_SECRET ? [value] : []))
  const expanded = expandVariables(known)
  return known.flatMap((variable, index) => {
    if (!own.has(variable)) return []
    const value = expanded[index]?.value ?? variable.value
    return [{ ...variable, value, ...(secrets.some((secret) => value.includes(secret)) && { masked: true }) }]
  })
}

function knownVariables({ job, definition, pipeline, project, ...given }: TriggerSurroundings): Variable[] {
  return [
    ...predefined({ taken: { job, definition, project, pipeline }, policy: given.policy, settings: given.settings }),
    shown('CI_PIPELINE_ID', pipeline.id),
    shown('CI_PIPELINE_IID', pipeline.iid),
    shown('CI_PIPELINE_CREATED_AT', time(pipeline.createdAt)),
    shown('CI_JOB_ID', job.id),
    shown('CI_JOB_URL', `${given.policy.externalUrl}/jobs/${job.id}`),
    ...definition.variables,
    ...given.dotenv,
    ...project.variables.filter((variable) => job.protected || !variable.protected),
    ...given.pipelineVariables,
  ]
}
