import type { JobNeed } from '../entries/needs.ts'
import type { CompiledJob } from '../jobs/compiled-job.ts'
import { matchRule } from './match-rule.ts'
import { allHold, anyHolds } from './only-except.ts'
import { RuleError, type Scope } from './pipeline-facts.ts'

/** The result of a job's rules: not in the pipeline, or in it with these attributes. */
export type Decision =
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

/** Decides by `rules`, or by `only` and `except`, whether a job is in a pipeline, and how. */
export function decideJob(job: CompiledJob, scope: Scope): Decision {
  const asWritten = {
    included: true as const,
    when: job.when,
    allowFailure: job.allowFailure,
    usesExitCodes: true,
    interruptible: job.interruptible,
  }
  if (!job.rules) {
    const isOut = (job.only && !allHold(job.only, scope)) || (job.except && anyHolds(job.except, scope))
    return isOut ? { included: false } : asWritten
  }
  try {
    const rule = matchRule(job.rules, scope)
    if (rule === null || rule.when === 'never') return { included: false }
    const when = rule.when ?? job.when
    if (when === 'never') return { included: false }
    return {
      ...asWritten,
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
    return { included: false, error: `Failed to parse rule for ${job.name}: ${error.message}` }
  }
}
