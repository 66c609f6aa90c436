import { expandVariables } from './expand-variables.ts'
import { expandKnown } from './rules/match-rule.ts'
import type { Variable } from './variable.ts'
import type { Json } from './yaml/tree.ts'

/** The environment of a job, with the variables in its name put in. */
export interface PlannedEnvironment {
  readonly name: string
  /** What a job with this environment gets besides its own variables. */
  readonly variables: readonly Variable[]
}

/**
 * Returns the environment that a job names, or null when its name expands to nothing.
 *
 * @param given - the keyword as it was written.
 * @param variables - of several with one key the last one counts; a masked one is not put in, because names are shown.
 */
export async function planEnvironment(
  given: Readonly<Record<string, Json>>,
  variables: readonly Variable[],
): Promise<PlannedEnvironment | null> {
  const shown = expandVariables(variables.filter(({ masked }) => !masked))
  const values = new Map(shown.map(({ key, value }) => [key, value]))
  const name = expandKnown(textOf(given.name), values).trim()
  if (name === '') return null
  const tier = textOf(given.deployment_tier) || tierOf(name)
  const own = {
    CI_ENVIRONMENT_NAME: name,
    CI_ENVIRONMENT_SLUG: await slugOf(name),
    CI_ENVIRONMENT_ACTION: textOf(given.action) || 'start',
    CI_ENVIRONMENT_TIER: tier,
    ...(given.url === undefined ? {} : { CI_ENVIRONMENT_URL: textOf(given.url) }),
  }
  return { name, variables: Object.entries(own).map(([key, value]) => ({ key, value })) }
}

const textOf = (value: Json | undefined): string => (value === undefined || value === null ? '' : String(value))

/** The tiers that names suggest, in the order in which the reference tries them. */
const TIERS: readonly (readonly [tier: string, pattern: RegExp])[] = [
  ['development', /dev|review|trunk/i],
  ['testing', /test|tst|int|ac(?:ce|)pt|qa|qc|control|quality/i],
  ['staging', /st(?:a|)g|mod(?:e|)l|pre|demo|non/i],
  ['production', /pr(?:o|)d|live/i],
]

const tierOf = (name: string): string => TIERS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other'

const MAX_SLUG = 24
const SUFFIX = 6

/**
 * Returns the name in a form that fits into addresses: at most 24 of `a-z0-9-`, beginning with a letter. A name that had
 * to be changed gets a suffix, so that two names never have one slug.
 */
async function slugOf(name: string): Promise<string> {
  let slug = name.toLowerCase().replace(/[^a-z0-9]/g, '-')
  if (!/^[a-z]/.test(slug)) slug = `env-${slug}`
  slug = slug.replace(/-+/g, '-')
  if (slug.length <= MAX_SLUG && slug === name) return slug.replace(/-$/, '')
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name))
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const suffix = BigInt(`0x${hex}`).toString(36).slice(-SUFFIX)
  return `${slug.slice(0, MAX_SLUG - SUFFIX - 1).replace(/-$/, '')}-${suffix}`
}
