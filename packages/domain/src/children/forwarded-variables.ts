import { expandVariables, type JobDefinition, namesIn, type Variable } from '@yardmaster/ci-config'
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

/** Expands the variables of the job itself. One that refers to a masked variable, also by way of others, is masked too. */
function expandedOwn(given: TriggerSurroundings): Variable[] {
  const known = knownVariables(given)
  const own = new Set(given.definition.variables)
  const expanded = expandVariables(known)
  const isMasked = maskedAmong(known)
  return known.flatMap((variable, index) => {
    if (!own.has(variable)) return []
    const value = expanded[index]?.value ?? variable.value
    return [{ ...variable, value, ...(isMasked(variable) && { masked: true }) }]
  })
}

/** Returns which variables are masked or refer to a masked one. */
function maskedAmong(known: readonly Variable[]): (variable: Variable) => boolean {
  const referring = new Map<string, string[]>()
  for (const [key, variable] of new Map(known.map((variable) => [variable.key, variable]))) {
    for (const name of referencesIn(variable)) {
      const keys = referring.get(name)
      if (keys) keys.push(key)
      else referring.set(name, [key])
    }
  }
  const masked = new Set(known.flatMap(({ key, masked }) => (masked ? [key] : [])))
  // A set yields what is added to it meanwhile.
  for (const name of masked) for (const key of referring.get(name) ?? []) masked.add(key)
  return (variable) => variable.masked === true || referencesIn(variable).some((name) => masked.has(name))
}

const referencesIn = ({ value, raw }: Variable): string[] => (raw ? [] : namesIn(value))

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
