import { parseExpiry } from './duration.ts'
import { expandVariables, namesIn } from './expand-variables.ts'
import { expandKnown } from './rules/match-rule.ts'
import type { Variable } from './variable.ts'
import type { Json } from './yaml/tree.ts'

/** What a job does in its environment; only `start` deploys. */
export type EnvironmentAction = 'start' | 'stop' | 'prepare' | 'verify' | 'access'

/** The environment of a job, with the variables in its texts put in; plain data. */
export interface JobEnvironment {
  readonly name: string
  readonly slug: string
  readonly tier: string
  readonly action: EnvironmentAction
  /** Null without one, and for one that is no web address once all known variables are put in. */
  readonly url: string | null
  /** The job that stops what this one deploys. */
  readonly onStop: string | null
  /** Seconds after which the environment is stopped; 0 for never, null when the job says nothing about it. */
  readonly autoStopIn: number | null
}

export interface PlannedEnvironment extends JobEnvironment {
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
  const slug = await slugOf(name)
  const tier = textOf(given.deployment_tier) || tierOf(name)
  const action = (textOf(given.action) || 'start') as EnvironmentAction
  const own = {
    CI_ENVIRONMENT_NAME: name,
    CI_ENVIRONMENT_SLUG: slug,
    CI_ENVIRONMENT_ACTION: action,
    CI_ENVIRONMENT_TIER: tier,
    ...(given.url === undefined ? {} : { CI_ENVIRONMENT_URL: textOf(given.url) }),
  }
  for (const [key, value] of Object.entries(own)) if (key !== 'CI_ENVIRONMENT_URL') values.set(key, value)
  return {
    name,
    slug,
    tier: TIER_NAMES.has(tier) ? tier : 'other',
    action,
    url: webAddress(expandKnown(textOf(given.url), values).trim()),
    onStop: textOf(given.on_stop) || null,
    autoStopIn: secondsUntilStop(expandKnown(textOf(given.auto_stop_in), values)),
    variables: Object.entries(own).map(([key, value]) => ({ key, value })),
  }
}

/** Characters of a name, and of an address. */
const MAX_NAME = 255
/** The names that the configuration itself may have, without references to variables. */
const NAME = /^[a-zA-Z0-9_\\${}. -](?:[a-zA-Z0-9_/\\${}. -]*[a-zA-Z0-9_\\${}. -])?$/

/** Whether a name may be that of an environment: variables can make any text of it. */
export const isEnvironmentName = (name: string): boolean => name.length <= MAX_NAME && NAME.test(name)

/** Returns the address, which people will open; null for anything but one of the web. */
function webAddress(text: string): string | null {
  if (text.length > MAX_NAME || !/^https?:\/\//i.test(text) || namesIn(text).length > 0) return null
  return URL.canParse(text) ? text : null
}

/** Returns null for a text that is no duration, such as a variable without a value: the reference ignores it as well. */
function secondsUntilStop(text: string): number | null {
  if (text.trim() === '') return null
  const seconds = parseExpiry(text)
  return seconds === 'never' ? 0 : seconds
}

const textOf = (value: Json | undefined): string => (value === undefined || value === null ? '' : String(value))

/** The tiers that names suggest, in the order in which the reference tries them. */
const TIERS: readonly (readonly [tier: string, pattern: RegExp])[] = [
  ['development', /dev|review|trunk/i],
  ['testing', /test|tst|int|ac(?:ce|)pt|qa|qc|control|quality/i],
  ['staging', /st(?:a|)g|mod(?:e|)l|pre|demo|non/i],
  ['production', /pr(?:o|)d|live/i],
]

const TIER_NAMES: ReadonlySet<string> = new Set([...TIERS.map(([tier]) => tier), 'other'])

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
