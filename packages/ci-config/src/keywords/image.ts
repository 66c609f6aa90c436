import type { StoredForm } from '@yardmaster/common'
import { VARIABLE, type Variable } from '../variable.ts'
import type { Keyword } from './keyword.ts'
import {
  distinct,
  type Found,
  integer,
  isText,
  list,
  matching,
  members,
  oneOf,
  oneOrMore,
  optional,
  required,
  text,
  word,
} from './reading.ts'
import { yamlVariables } from './variables.ts'

const PULL_POLICIES = ['always', 'if-not-present', 'never'] as const
const IMAGE_KEYS = ['name', 'entrypoint', 'pull_policy', 'docker', 'kubernetes'] as const
const SERVICE_KEYS = [...IMAGE_KEYS, 'alias', 'command', 'variables'] as const
const MAX_SERVICES = 50

export interface ImageDefinition {
  readonly name: string
  readonly entrypoint: readonly string[] | null
  readonly pullPolicy: readonly string[] | null
  readonly executorOpts: ExecutorOpts
}

/** The options that runners know; any other option makes them fail the job. */
interface ExecutorOpts {
  readonly docker?: { readonly platform?: string; readonly user?: string }
  readonly kubernetes?: { readonly user?: string }
}

export interface ServiceDefinition extends ImageDefinition {
  readonly alias: string | null
  readonly command: readonly string[] | null
  readonly variables: readonly Variable[]
}

const EXECUTOR_OPTS: StoredForm<ExecutorOpts> = {
  docker: {
    since: 1,
    absent: undefined,
    parts: { platform: { since: 1, absent: undefined }, user: { since: 1, absent: undefined } },
  },
  kubernetes: { since: 1, absent: undefined, parts: { user: { since: 1, absent: undefined } } },
}

const IMAGE: StoredForm<ImageDefinition> = {
  name: { since: 1 },
  entrypoint: { since: 1, absent: null },
  pullPolicy: { since: 1, absent: null },
  executorOpts: { since: 1, absent: {}, parts: EXECUTOR_OPTS },
}

const SERVICE: StoredForm<ServiceDefinition> = {
  ...IMAGE,
  alias: { since: 1, absent: null },
  command: { since: 1, absent: null },
  variables: { since: 1, absent: [], parts: VARIABLE },
}

export const image: Keyword<ImageDefinition | null> = {
  keyword: 'image',
  read: readImage,
  stored: { since: 1, absent: null, parts: IMAGE },
  examples: ['node:24', { name: 'node:24', entrypoint: ['sh'], pull_policy: 'always', docker: { user: 'me' } }],
}

export const services: Keyword<readonly ServiceDefinition[]> = {
  keyword: 'services',
  read: (found) => list(found, service, { most: MAX_SERVICES }),
  stored: { since: 1, absent: [], parts: SERVICE },
  examples: [['postgres:18', { name: 'redis:8', alias: 'cache', variables: { MODE: 'fast' } }]],
}

/** Reads a name, or an object with a name. */
function readImage(found: Found): ImageDefinition {
  return isText(found) ? named(found) : common(found, members(found, IMAGE_KEYS))
}

function service(found: Found): ServiceDefinition {
  if (isText(found)) return { ...named(found), alias: null, command: null, variables: [] }
  const given = members(found, SERVICE_KEYS)
  return {
    ...common(found, given),
    alias: optional(given.alias, (alias) => word(alias), null),
    command: optional(given.command, tokens, null),
    variables: optional(given.variables, yamlVariables, []),
  }
}

const named = (found: Found): ImageDefinition => ({
  name: word(found),
  entrypoint: null,
  pullPolicy: null,
  executorOpts: {},
})

function common(found: Found, given: { readonly [Key in (typeof IMAGE_KEYS)[number]]?: Found }): ImageDefinition {
  return {
    name: required(given.name, `${found.at}.name`, (name) => word(name)),
    entrypoint: optional(given.entrypoint, tokens, null),
    pullPolicy: optional(
      given.pull_policy,
      (policy) => distinct(oneOrMore(policy, (one) => oneOf(one, PULL_POLICIES))),
      null,
    ),
    executorOpts: executorOpts(given),
  }
}

// Plain text would break every runner: it can't be split, because the shell that would do so is not known here.
const tokens = (found: Found): string[] => list(found, (token) => text(token))

// A runner fails the job on an option that it does not know, so every option is checked.
function executorOpts({ docker, kubernetes }: { docker?: Found; kubernetes?: Found }): ExecutorOpts {
  return {
    ...(docker && { docker: dockerOpts(docker) }),
    ...(kubernetes && { kubernetes: userOf(members(kubernetes, ['user'])) }),
  }
}

function dockerOpts(found: Found): NonNullable<ExecutorOpts['docker']> {
  const given = members(found, ['platform', 'user'])
  return {
    ...(given.platform && { platform: matching(given.platform, /^.{1,64}$/, 'text of at most 64 characters') }),
    ...userOf(given),
  }
}

/** Reads a user name or id. Every runner accepts text here, only newer ones a number. */
function userOf({ user }: { user?: Found }): { user?: string } {
  if (!user) return {}
  if (typeof user.value === 'number') return { user: String(integer(user, 0, 0xffff_ffff)) }
  return { user: matching(user, /^.{1,255}$/, 'text of at most 255 characters, or a user id') }
}
