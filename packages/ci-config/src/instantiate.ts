import type { Configuration } from './configuration.ts'
import { secondsOf } from './entries/durations.ts'
import type { JobNeed } from './entries/needs.ts'
import type { YamlVariable } from './entries/variables.ts'
import { circularKeys, expandVariables } from './expand-variables.ts'
import { type Fault, faultAt } from './fault.ts'
import type { CompiledJob } from './jobs/compiled-job.ts'
import { POST, PRE } from './merge/edge-stages.ts'
import { asVariables, type Choice, type ChoiceContext, chooseJobs, merged, visibleTo } from './rules/choose-jobs.ts'
import type { Decision } from './rules/decide-job.ts'
import { expandKnown } from './rules/match-rule.ts'

/** Jobs that one may need. */
const MAX_NEEDS = 50
const MAX_JOBS = 500
const MAX_NAME = 255

/** A job of a pipeline that is about to be created. */
export interface PipelineJob {
  readonly job: CompiledJob
  readonly when: string
  readonly allowFailure: boolean
  /** A failure with one of these exit codes is allowed; null when they do not apply. */
  readonly allowedExitCodes: readonly number[] | null
  readonly schedulingType: 'dag' | 'stage'
  /** Null when it waits for earlier stages. Optional needs that are not in the pipeline are left out. */
  readonly needs: readonly JobNeed[] | null
  /** Of the configuration: global ones, its own, those of its matrix and of the rule that matched; later ones win. */
  readonly variables: readonly YamlVariable[]
  readonly tags: readonly string[] | null
  /** Seconds that a delayed job waits; null for others. */
  readonly startIn: number | null
  readonly interruptible: boolean
}

export interface PipelinePlan {
  /** The stages that have jobs, in order. */
  readonly stages: readonly string[]
  /** By stage; inside of one in the order in which they were written. */
  readonly jobs: readonly PipelineJob[]
  /** Null when the workflow has no name, or its name expands to nothing. */
  readonly name: string | null
  readonly autoCancel: { readonly onNewCommit: string; readonly onJobFailure: string }
}

export type Instantiated =
  | { readonly kind: 'planned'; readonly plan: PipelinePlan }
  /** `pipeline_filtered`: the workflow's rules refuse it. `pipeline_empty`: it would have no job. */
  | { readonly kind: 'pipeline_filtered' | 'pipeline_empty' | 'config_invalid'; readonly errors: readonly Fault[] }

export interface InstantiateContext extends ChoiceContext {
  /** Most jobs of the pipeline; 500 by default. */
  readonly maxJobs?: number
}

/** Decides which jobs a pipeline of this configuration has, or why there is no pipeline. Stores nothing. */
export const instantiate = (configuration: Configuration, context: InstantiateContext): Instantiated =>
  planChoice(configuration, context, chooseJobs(configuration, context))

/** As `instantiate`, for jobs that have been chosen. */
export function planChoice(configuration: Configuration, context: InstantiateContext, choice: Choice): Instantiated {
  if (!choice.created) {
    if (choice.error !== undefined) return invalid([faultAt(choice.error, { path: ['workflow', 'rules'] })])
    const message = 'The pipeline did not run. Review the workflow:rules configuration for the pipeline.'
    return { kind: 'pipeline_filtered', errors: [faultAt(message, { path: ['workflow', 'rules'] })] }
  }
  const decisions = [...choice.decisions]
  const present = new Set(decisions.flatMap(([job, decision]) => (decision.included ? [job.name] : [])))
  const faults = decisions.flatMap(([job, decision]) =>
    decision.included ? problemsOf(job, decision, present, choice.globalVariables) : ruleProblem(job, decision),
  )
  if (faults.length > 0) return invalid(faults)

  const jobs = decisions
    .flatMap(([job, decision]) =>
      decision.included ? [planJob(job, decision, { present, global: choice.globalVariables, context })] : [],
    )
    .toSorted((first, second) => stageIndex(configuration, first) - stageIndex(configuration, second))
  if (jobs.every(({ job }) => job.stage === PRE || job.stage === POST)) {
    const message =
      'The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs.'
    return { kind: 'pipeline_empty', errors: [faultAt(message)] }
  }
  const maxJobs = context.maxJobs ?? MAX_JOBS
  if (jobs.length > maxJobs) {
    const hint = 'Split the configuration into child pipelines.'
    return invalid([faultAt(`The number of jobs has exceeded the limit of ${maxJobs}.`, { hint })])
  }
  const autoCancel = { ...configuration.workflow.autoCancel, ...choice.workflowRule?.autoCancel }
  return {
    kind: 'planned',
    plan: {
      stages: [...new Set(jobs.map(({ job }) => job.stage))],
      jobs,
      name: nameOf(configuration, context, choice.globalVariables),
      autoCancel: {
        onNewCommit: String(autoCancel.on_new_commit ?? 'conservative'),
        onJobFailure: String(autoCancel.on_job_failure ?? 'none'),
      },
    },
  }
}

const invalid = (errors: readonly Fault[]): Instantiated => ({ kind: 'config_invalid', errors })

const stageIndex = ({ stages }: Configuration, { job }: PipelineJob): number => stages.indexOf(job.stage)

type Included = Extract<Decision, { included: true }>

const ruleProblem = (job: CompiledJob, decision: Decision): Fault[] =>
  !decision.included && decision.error !== undefined
    ? [faultAt(decision.error, { path: [job.name, 'rules'], place: job.place })]
    : []

const finalNeeds = (job: CompiledJob, decision: Included): readonly JobNeed[] | null => decision.ruleNeeds ?? job.needs

function problemsOf(
  job: CompiledJob,
  decision: Included,
  present: ReadonlySet<string>,
  global: readonly YamlVariable[],
): Fault[] {
  const fault = (keyword: string, message: string) => faultAt(message, { path: [job.name, keyword], place: job.place })
  const needs = finalNeeds(job, decision) ?? []
  const circle = circularKeys(merged(visibleTo(job, global), asVariables(decision.ruleVariables)))
  const about = circle ? [fault('variables', `${job.name}: ${circleProblem(circle)}`)] : []
  if (needs.length > MAX_NEEDS) {
    const listed = `one job can only need ${MAX_NEEDS} others, but you have listed ${needs.length}`
    return [fault('needs', `${job.name}: ${listed}. See needs keyword documentation for more details`), ...about]
  }
  const missing = needs.filter(({ name, optional }) => !optional && !present.has(name))
  return [...missing.map(({ name }) => fault('needs', missingNeed(job.name, name))), ...about]
}

const circleProblem = (keys: readonly string[]): string =>
  `circular variable reference detected: [${keys.map((key) => JSON.stringify(key)).join(', ')}]`

const missingNeed = (job: string, need: string): string =>
  `'${job}' job needs '${need}' job, but '${need}' does not exist in the pipeline. ` +
  'This might be because of the only, except, or rules keywords. ' +
  'To need a job that sometimes does not exist in the pipeline, use needs:optional.'

interface Surroundings {
  readonly present: ReadonlySet<string>
  readonly global: readonly YamlVariable[]
  readonly context: InstantiateContext
}

function planJob(job: CompiledJob, decision: Included, { present, global, context }: Surroundings): PipelineJob {
  const variables = merged(visibleTo(job, global), asVariables(decision.ruleVariables))
  const needs = finalNeeds(job, decision)?.filter(({ name }) => present.has(name)) ?? null
  const known = new Map([...context.variables, ...variables.map(({ key, value }) => [key, value] as const)])
  const startIn = decision.ruleStartIn ?? job.keywords.start_in
  return {
    job,
    when: decision.when,
    allowFailure: decision.allowFailure,
    allowedExitCodes: decision.usesExitCodes ? job.allowedExitCodes : null,
    schedulingType: needs === null ? 'stage' : 'dag',
    needs,
    variables,
    tags: job.tags?.map((tag) => expandKnown(tag, known)) ?? null,
    startIn: decision.when === 'delayed' && typeof startIn === 'string' ? secondsOf(startIn) : null,
    interruptible: decision.interruptible ?? false,
  }
}

/** Expands the name of the workflow with all that is known before jobs exist; unknown names become nothing. */
function nameOf(
  { workflow }: Configuration,
  { variables }: InstantiateContext,
  global: readonly YamlVariable[],
): string | null {
  if (workflow.name === null) return null
  const all = expandVariables([...[...variables].map(([key, value]) => ({ key, value })), ...global])
  const values = new Map(all.map(({ key, value }) => [key, value]))
  const name = expandKnown(workflow.name, { get: (key) => values.get(key) ?? '' }).trim()
  return name === '' ? null : [...name].slice(0, MAX_NAME).join('')
}
