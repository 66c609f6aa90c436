import { parseDuration } from '../duration.ts'
import { FAILURE_REASONS } from '../failure-reasons.ts'
import type { JobDefinition, RetryDefinition } from '../job-definition.ts'
import {
  distinct,
  type Found,
  flag,
  integer,
  list,
  matching,
  members,
  oneOf,
  oneOrMore,
  optional,
  refuse,
  required,
  text,
  word,
} from './reading.ts'

const WHEN = ['on_success', 'on_failure', 'always', 'manual', 'delayed'] as const
const RETRY_WHEN: readonly string[] = ['always', ...FAILURE_REASONS]

const MAX_TAGS = 50
const MAX_TAG_CHARACTERS = 255
/** The database column and runners on small machines have 32 bits for these. */
const MAX_INT32 = 2_147_483_647
const MAX_RETRIES = 2
const MAX_DEPENDENCIES = 100
const WEEK_SECONDS = 604_800

export function tags(found: Found): string[] {
  const read = (tag: Found): string => {
    const name = word(tag).trim()
    if (name.length > MAX_TAG_CHARACTERS) refuse(tag.at, `found more than ${MAX_TAG_CHARACTERS} characters`)
    // Runners send their tags as one comma-separated text, so no runner could ever have such a tag.
    if (name.includes(',')) refuse(tag.at, 'found a comma; allowed: tags without commas')
    return name
  }
  return distinct(list(found, read, { most: MAX_TAGS }))
}

/** The job's own limit in seconds. */
export const timeout = (found: Found): number => duration(found, MAX_INT32)

/** Reads a number of seconds, or words as in `expire_in`; whole seconds, at least one. */
function duration(found: Found, mostSeconds: number): number {
  const { at, value } = found
  const limits = `a duration such as 1h 30m, or a number of seconds, from 1 to ${mostSeconds}`
  if (typeof value === 'number') return integer(found, 1, mostSeconds)
  const words = text(found, limits)
  const seconds = parseDuration(words)
  if (typeof seconds !== 'number' || seconds < 1 || seconds > mostSeconds) {
    return refuse(at, `found ${JSON.stringify(words.slice(0, 60))}; allowed: ${limits}`)
  }
  return Math.floor(seconds)
}

/** Reads when a job starts. A delay is allowed with `delayed` only. */
export function starting(
  given: { when?: Found; start_in?: Found },
  at: string,
): Pick<JobDefinition, 'when' | 'startIn'> {
  const when = optional(given.when, (found) => oneOf(found, WHEN), 'on_success')
  if (when === 'delayed') {
    return { when, startIn: required(given.start_in, `${at}.start_in`, (found) => duration(found, WEEK_SECONDS)) }
  }
  if (given.start_in) refuse(given.start_in.at, 'is given without when: delayed; allowed: only together with it')
  return { when, startIn: null }
}

/** A manual job's failure is allowed unless the job says otherwise, as in the reference. */
export function failing(
  found: Found | undefined,
  when: JobDefinition['when'],
): Pick<JobDefinition, 'allowFailure' | 'allowFailureExitCodes'> {
  if (!found) return { allowFailure: when === 'manual', allowFailureExitCodes: [] }
  if (typeof found.value !== 'object') return { allowFailure: flag(found), allowFailureExitCodes: [] }
  const given = members(found, ['exit_codes'])
  return { allowFailure: false, allowFailureExitCodes: required(given.exit_codes, `${found.at}.exit_codes`, exitCodes) }
}

/** Signed: Windows has exit codes such as -1073741819, which older runners send as 3221225477. */
const exitCodes = (found: Found): number[] =>
  distinct(oneOrMore(found, (code) => integer(code, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)))

export const NO_RETRY: RetryDefinition = { max: 0, when: ['always'], exitCodes: [] }

/** Reads how often to retry, or an object that also says after which failures. */
export function retry(found: Found): RetryDefinition {
  if (typeof found.value !== 'object') return { ...NO_RETRY, max: integer(found, 0, MAX_RETRIES) }
  const given = members(found, ['max', 'when', 'exit_codes'])
  return {
    max: optional(given.max, (max) => integer(max, 0, MAX_RETRIES), 0),
    // Exit codes alone limit retries to these codes; with reasons beside them, either is enough.
    when: optional(
      given.when,
      (when) => distinct(oneOrMore(when, (reason) => oneOf(reason, RETRY_WHEN))),
      given.exit_codes ? [] : NO_RETRY.when,
    ),
    exitCodes: optional(given.exit_codes, exitCodes, []),
  }
}

export function resourceGroup(found: Found): string {
  word(found)
  return matching(
    found,
    /^[A-Za-z0-9_/${}. -]{1,255}$/,
    "1 to 255 letters, digits, '-', '_', '/', '$', '{', '}', '.' and blanks",
  )
}

export function dependencyIds(found: Found): number[] {
  return distinct(list(found, (id) => integer(id, 1, MAX_INT32), { most: MAX_DEPENDENCIES }))
}

export function dependencyNames(found: Found): string[] {
  return distinct(list(found, (name) => word(name), { most: MAX_DEPENDENCIES }))
}

/** A job, by name, that has to end first. */
export interface Need {
  readonly job: string
  /** Whether its artifacts are fetched. */
  readonly artifacts: boolean
}

export function needs(found: Found): Need[] {
  return list(
    found,
    (need) => {
      if (typeof need.value !== 'object') return { job: word(need, 'the name of a job, or an object'), artifacts: true }
      const given = members(need, ['job', 'artifacts'])
      return {
        job: required(given.job, `${need.at}.job`, (job) => word(job)),
        artifacts: optional(given.artifacts, flag, true),
      }
    },
    { most: MAX_DEPENDENCIES },
  )
}
