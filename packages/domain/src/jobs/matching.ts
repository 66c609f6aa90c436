import { type Runner, type RunnerStatus, runnerStatus } from '../runners/runner.ts'

/** The rules that exclude a runner from a job (`jobs.explain`). */
export const RULES = [
  'scope',
  'protection',
  'tags',
  'untagged',
  'paused',
  'offline',
  'never_contacted',
  'feature',
] as const
export type Rule = (typeof RULES)[number]

export interface Unfit {
  readonly rule: Rule
  /** A sentence for people. */
  readonly detail: string
}

/** The properties of a job that matching uses. */
export interface JobNeeds {
  readonly protected: boolean
  readonly tags: readonly string[]
  readonly requiredFeatures: readonly string[]
}

/** The properties of a runner that matching uses; `features` are the last ones that its manager announced, or null. */
export type Offer = Pick<
  Runner,
  'runnerType' | 'accessLevel' | 'tagList' | 'runUntagged' | 'paused' | 'createdAt' | 'contactedAt' | 'creationState'
> & { readonly inScope: boolean; readonly features: ReadonlySet<string> | null }

const SCOPE_DETAIL = {
  instance_type: 'The project does not use instance runners, or its CI is switched off.',
  group_type: 'The project is not in the runner’s group, does not use group runners, or its CI is switched off.',
  project_type: 'The runner is not assigned to the project.',
} as const

const list = (names: readonly string[]): string => names.map((name) => `“${name}”`).join(', ')

/**
 * Returns why a runner would not take a job now, or null when it would. Returns the first rule that excludes it: causes
 * that a person has to change come before those that pass by themselves.
 *
 * @see `docs/protocol/job-request.md 5, 7`
 */
export function unfit(offer: Offer, job: JobNeeds, now: Date): Unfit | null {
  if (!offer.inScope) return { rule: 'scope', detail: SCOPE_DETAIL[offer.runnerType] }
  if (offer.accessLevel === 'ref_protected' && !job.protected) {
    return {
      rule: 'protection',
      detail: 'The runner takes only jobs of protected refs, and this ref is not protected.',
    }
  }
  const missing = job.tags.filter((tag) => !offer.tagList.includes(tag))
  if (missing.length > 0) {
    return { rule: 'tags', detail: `The job asks for ${list(missing)}, which the runner does not have.` }
  }
  if (job.tags.length === 0 && !offer.runUntagged) {
    return { rule: 'untagged', detail: 'The job has no tags, and the runner takes only tagged jobs.' }
  }
  if (offer.paused) return { rule: 'paused', detail: 'The runner is paused.' }
  const status = runnerStatus(offer, now)
  if (status !== 'online') return contactProblem(status)
  const lacking = offer.features && job.requiredFeatures.filter((feature) => !offer.features?.has(feature))
  if (lacking && lacking.length > 0) {
    return { rule: 'feature', detail: `The runner lacks ${list(lacking)}; a job it takes would fail.` }
  }
  return null
}

function contactProblem(status: Exclude<RunnerStatus, 'online'>): Unfit {
  if (status === 'never_contacted') return { rule: 'never_contacted', detail: 'The runner has never asked for a job.' }
  return {
    rule: 'offline',
    detail:
      status === 'stale'
        ? 'The runner has not been heard of for a week.'
        : 'The runner has not been heard of for two hours.',
  }
}
