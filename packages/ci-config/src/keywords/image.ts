import type { ExecutorOpts, ImageDefinition, ServiceDefinition } from '../job-definition.ts'
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

/** Reads a name, or an object with a name. */
export function image(found: Found): ImageDefinition {
  return isText(found) ? named(found) : common(found, members(found, IMAGE_KEYS))
}

export function services(found: Found): ServiceDefinition[] {
  return list(found, service, { most: MAX_SERVICES })
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
