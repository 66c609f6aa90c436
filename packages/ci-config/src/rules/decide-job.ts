import type { JobNeed } from '../entries/needs.ts'
import type { Rule } from '../entries/rules.ts'
import type { CompiledJob } from '../jobs/compiled-job.ts'
import { matchRule } from './match-rule.ts'
import { failingPart, holdingPart } from './only-except.ts'
import { RuleError, type Scope } from './pipeline-facts.ts'

/** The result of a job's rules: not in the pipeline, or in it with these attributes. */
export type Decision = {
  /** The rule that matched; null when none did, or the job has none. */
  readonly rule: Rule | null
} & (
  | { readonly included: false; readonly error?: string }
  | {
      readonly included: true
      readonly when: string
      readonly allowFailure: boolean
      /** Whether the exit codes of `allow_failure` still count: a rule that sets it puts them aside. */
      readonly usesExitCodes: boolean
      /** Set by the matched rule; absent where it does not set them. */
      readonly ruleNeeds?: readonly JobNeed[]
      readonly ruleVariables?: Readonly<Record<string, string>>
      readonly ruleStartIn?: string
      readonly interruptible: boolean | null
    }
)

/** Decides by `rules`, or by `only` and `except`, whether a job is in a pipeline, and how. */
export function decideJob(job: CompiledJob, scope: Scope): Decision {
  const asWritten = {
    included: true as const,
    rule: null,
    when: job.when,
    allowFailure: job.allowFailure,
    usesExitCodes: true,
    interruptible: job.interruptible,
  }
  if (!job.rules) {
    const { only, except } = job
    const isOut = (only && failingPart(only, scope) !== null) || (except && holdingPart(except, scope) !== null)
    return isOut ? { included: false, rule: null } : asWritten
  }
  try {
    const rule = matchRule(job.rules, scope)
    if (rule === null || rule.when === 'never') return { included: false, rule }
    const when = rule.when ?? job.when
    if (when === 'never') return { included: false, rule }
    return {
      ...asWritten,
      rule,
      when,
      allowFailure: rule.allowFailure ?? job.allowFailure,
      usesExitCodes: rule.allowFailure === undefined,
      interruptible: rule.interruptible ?? job.interruptible,
      ...(rule.needs && { ruleNeeds: rule.needs }),
      ...(rule.variables && { ruleVariables: rule.variables }),
      ...(rule.startIn !== undefined && { ruleStartIn: rule.startIn }),
    }
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    return { included: false, rule: null, error: `Failed to parse rule for ${job.name}: ${error.message}` }
  }
}
