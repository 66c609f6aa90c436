import { DEFAULT_ONLY } from '../entries/only-except.ts'
import type { CompiledJob } from '../jobs/compiled-job.ts'
import type { Decision } from './decide-job.ts'
import { explainConditions, nameOfRule } from './explain-rules.ts'
import { failingPart, holdingPart, type PolicyPart } from './only-except.ts'
import type { PipelineFacts, Scope } from './pipeline-facts.ts'

/** Says in a sentence or two why a pipeline has a job, or does not. */
export function explainJob(job: CompiledJob, decision: Decision, scope: Scope): string {
  if (!decision.included && decision.error !== undefined) return `${decision.error}.`
  if (!job.rules) return explainPolicies(job, scope)
  const { rules } = job
  const { rule } = decision
  if (rule === null) {
    if (rules.length === 0) return 'Its list of rules is empty, so no rule can match.'
    const [only] = rules
    if (rules.length === 1 && only) return `Its only rule does not match. ${explainConditions(only, false, scope)}`
    return `None of its ${rules.length} rules matches.`
  }
  const matches = decision.included ? 'matches' : 'matches, and says never'
  return `${nameOfRule(rules, rule)} ${matches}. ${explainConditions(rule, true, scope)}`
}

/** Explains `only` and `except`, or that the job has neither. */
function explainPolicies({ only, except }: CompiledJob, scope: Scope): string {
  const { facts } = scope
  const missing = only && failingPart(only, scope)
  if (only === DEFAULT_ONLY) {
    if (missing) return 'It has no rules: only pipelines of branches and tags have it, and this one is of neither.'
    if (!except) return 'It has no rules, so all pipelines of branches and tags have it.'
  }
  if (only && missing) return `Its only:${missing} does not match: ${ofPart(missing, false, facts)}.`
  const excluded = except && holdingPart(except, scope)
  if (excluded) return `Its except:${excluded} matches: ${ofPart(excluded, true, facts)}.`
  if (only && only !== DEFAULT_ONLY) return except ? 'Its only matches, and its except does not.' : 'Its only matches.'
  return except ? 'Its except does not match.' : 'It has no rules, so every pipeline has it.'
}

/** Says what a part of a policy compared, and with which result. */
function ofPart(part: PolicyPart, holds: boolean, { refKind, ref, source, changedPaths }: PipelineFacts): string {
  switch (part) {
    case 'refs':
      return `the pipeline is for ${refKind === 'other' ? 'a merge request from' : `the ${refKind}`} ${ref}, and its source is ${source}`
    case 'variables':
      return holds ? 'one of its conditions is true' : 'none of its conditions is true'
    case 'changes':
      if (changedPaths === null) return 'which paths changed is not known, which counts as a change'
      return holds ? 'a changed path matches' : 'no changed path matches'
    case 'kubernetes':
      return 'there is no cluster here'
  }
}
