import type { StoredForm } from '@yardmaster/common'
import { parseDuration } from '../duration.ts'
import { FAILURE_REASONS } from '../failure-reasons.ts'
import type { Keyword } from './keyword.ts'
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

export const tags: Keyword<readonly string[]> = {
  keyword: 'tags',
  read: readTags,
  stored: { since: 1, absent: [] },
  examples: [['linux', 'arm64']],
}

function readTags(found: Found): string[] {
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
export const timeout: Keyword<number | null> = {
  keyword: 'timeout',
  read: (found) => duration(found, MAX_INT32),
  stored: { since: 1, absent: null },
  examples: ['1h 30m', 60],
}

/** Stored for automatic cancels, which do not exist yet. */
export const interruptible: Keyword<boolean> = {
  keyword: 'interruptible',
  read: flag,
  stored: { since: 1, absent: false },
  examples: [true],
}

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

/** When a job starts. */
export interface Start {
  readonly when: (typeof WHEN)[number]
  /** Seconds that a delayed job waits. */
  readonly startIn: number | null
}

/** Reads when a job starts. A delay is allowed with `delayed` only. */
export function starting(given: { when?: Found; start_in?: Found }, at: string): Start {
  const when = optional(given.when, (found) => oneOf(found, WHEN), 'on_success')
  if (when === 'delayed') {
    return { when, startIn: required(given.start_in, `${at}.start_in`, (found) => duration(found, WEEK_SECONDS)) }
  }
  if (given.start_in) refuse(given.start_in.at, 'is given without when: delayed; allowed: only together with it')
  return { when, startIn: null }
}

/** The failures of a job that are allowed. */
export interface AllowedFailure {
  readonly allowFailure: boolean
  /** A failure with one of these exit codes is allowed. */
  readonly allowFailureExitCodes: readonly number[]
}

/** Reads which failures are allowed. By default a manual job's are, as in the reference. */
export function failing(found: Found | undefined, when: Start['when']): AllowedFailure {
  if (!found) return { allowFailure: when === 'manual', allowFailureExitCodes: [] }
  if (typeof found.value !== 'object') return { allowFailure: flag(found), allowFailureExitCodes: [] }
  const given = members(found, ['exit_codes'])
  return { allowFailure: false, allowFailureExitCodes: required(given.exit_codes, `${found.at}.exit_codes`, exitCodes) }
}

/** Signed: Windows has exit codes such as -1073741819, which older runners send as 3221225477. */
const exitCodes = (found: Found): number[] =>
  distinct(oneOrMore(found, (code) => integer(code, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)))

export interface RetryDefinition {
  readonly max: number
  readonly when: readonly string[]
  readonly exitCodes: readonly number[]
}

const RETRY: StoredForm<RetryDefinition> = {
  max: { since: 1, absent: 0 },
  when: { since: 1, absent: ['always'] },
  exitCodes: { since: 1, absent: [] },
}

const NO_RETRY: RetryDefinition = { max: 0, when: ['always'], exitCodes: [] }

export const retry: Keyword<RetryDefinition> = {
  keyword: 'retry',
  read: readRetry,
  stored: { since: 1, absent: NO_RETRY, parts: RETRY },
  examples: [2, { max: 1, when: ['script_failure'], exit_codes: [3] }],
}

/** Reads how often to retry, or an object that also says after which failures. */
function readRetry(found: Found): RetryDefinition {
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

export const resourceGroup: Keyword<string | null> = {
  keyword: 'resource_group',
  read: readResourceGroup,
  stored: { since: 1, absent: null },
  examples: ['production'],
}

function readResourceGroup(found: Found): string {
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
