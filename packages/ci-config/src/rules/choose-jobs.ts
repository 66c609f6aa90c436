import type { Configuration } from '../configuration.ts'
import type { Rule } from '../entries/rules.ts'
import type { YamlVariable } from '../entries/variables.ts'
import { expandVariables } from '../expand-variables.ts'
import type { CompiledJob } from '../jobs/compiled-job.ts'
import { type Decision, decideJob } from './decide-job.ts'
import { matchRule } from './match-rule.ts'
import { type PipelineFacts, RuleError, type Scope } from './pipeline-facts.ts'

/** Whether a pipeline is created, and the attributes of its jobs. */
export type Choice = {
  /** The rule of the workflow that matched; null when none did, or it has none. */
  readonly workflowRule: Rule | null
} & (
  | { readonly created: false; readonly error?: string }
  | {
      readonly created: true
      /** Global variables, those of the matched rule over them. */
      readonly globalVariables: readonly YamlVariable[]
      readonly decisions: ReadonlyMap<CompiledJob, Decision>
    }
)

export interface ChoiceContext {
  readonly facts: PipelineFacts
  /** The variables that conditions see besides the configuration's own, which take precedence. */
  readonly variables: ReadonlyMap<string, string>
  /** Names of variables whose values explanations hide. */
  readonly masked?: ReadonlySet<string>
}

/**
 * Decides by the workflow's rules whether a pipeline is created, and by each job's own rules whether it is part of it.
 */
export function chooseJobs(configuration: Configuration, context: ChoiceContext): Choice {
  const { workflow, jobs, variables } = configuration
  let workflowRule: Rule | null = null
  if (workflow.rules) {
    try {
      workflowRule = matchRule(workflow.rules, workflowScope(configuration, context))
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      return { created: false, workflowRule, error: error.message }
    }
    if (workflowRule === null || workflowRule.when === 'never') return { created: false, workflowRule }
  }
  const globalVariables = merged(variables, asVariables(workflowRule?.variables))
  const decisions = new Map(jobs.map((job) => [job, decideJob(job, jobScope(job, globalVariables, context))] as const))
  return { created: true, workflowRule, globalVariables, decisions }
}

/** Returns what the rules of the workflow can use. */
export const workflowScope = ({ variables }: Configuration, context: ChoiceContext): Scope =>
  scopeOf(context, variables)

/** Returns what the rules of a job can use. */
export const jobScope = (job: CompiledJob, globalVariables: readonly YamlVariable[], context: ChoiceContext): Scope =>
  scopeOf(context, visibleTo(job, globalVariables), job)

/** Returns the variables of the configuration that a job sees: what it inherits, then its own. */
export function visibleTo(job: CompiledJob, globalVariables: readonly YamlVariable[]): YamlVariable[] {
  const { inheritVariables: chosen } = job
  const inherited = globalVariables.filter(({ key }) => (typeof chosen === 'boolean' ? chosen : chosen.includes(key)))
  return merged(inherited, job.variables)
}

/** Returns both lists as one; of two with one key the second counts. */
export function merged(first: readonly YamlVariable[], second: readonly YamlVariable[]): YamlVariable[] {
  const byKey = new Map(first.map((variable) => [variable.key, variable]))
  for (const variable of second) byKey.set(variable.key, variable)
  return [...byKey.values()]
}

export const asVariables = (variables: Readonly<Record<string, string>> = {}): YamlVariable[] =>
  Object.entries(variables).map(([key, value]) => ({ key, value }))

function scopeOf({ facts, variables, masked }: ChoiceContext, yaml: readonly YamlVariable[], job?: CompiledJob): Scope {
  const all = new Map(variables)
  if (job) {
    all.set('CI_JOB_NAME', job.name)
    all.set('CI_JOB_STAGE', job.stage)
  }
  const raw = new Set<string>()
  for (const variable of yaml) {
    all.set(variable.key, variable.value)
    if (variable.raw) raw.add(variable.key)
  }
  let expanded: ReadonlyMap<string, string> | undefined
  return {
    facts,
    variables: all,
    ...(masked && { masked }),
    // Few conditions have path patterns, and expansion looks at every variable.
    get expanded() {
      expanded ??= new Map(
        expandVariables([...all].map(([key, value]) => ({ key, value, raw: raw.has(key) }))).map(({ key, value }) => [
          key,
          value,
        ]),
      )
      return expanded
    },
  }
}
