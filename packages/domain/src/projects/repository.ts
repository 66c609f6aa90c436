import type { ProjectInvalid } from '../errors.ts'
import type { ProjectRepository } from './project.ts'

/** A repository as it is given. Secrets that are absent keep their values while the server stays the same. */
export interface GivenRepository {
  readonly address: string
  readonly username?: string | null | undefined
  readonly password?: string | null | undefined
  readonly deployKey?: string | null | undefined
}

/** The configuration of a project that says nothing else. */
export const DEFAULT_CONFIG_PATH = '.gitlab-ci.yml'

/** `user@host:path`; two slashes would make it another kind of address. */
const SCP = /^[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:(?!\/\/)[^\s:-][^\s]*$/

export const isHttp = (address: string): boolean => /^https?:\/\//i.test(address)

/** Returns the repository that an http address with its user information names. */
export function repositoryFromUrl(url: string): ProjectRepository {
  const parsed = new URL(url)
  const [username, password] = [parsed.username, parsed.password].map((part) => (part === '' ? null : decoded(part)))
  parsed.username = ''
  parsed.password = ''
  return { address: parsed.href, username: username ?? null, password: password ?? null, deployKey: null }
}

/** Returns an http address with its credentials. */
export function urlOfRepository({ address, username, password }: ProjectRepository): string {
  const url = new URL(address)
  url.username = encodeURIComponent(username ?? '')
  url.password = encodeURIComponent(password ?? '')
  return url.href
}

/**
 * Puts what is given over the present repository.
 *
 * @returns what is wrong with it.
 */
export function changedRepository(
  before: ProjectRepository | null,
  { address, ...given }: GivenRepository,
): ProjectRepository | ProjectInvalid {
  const fault = faultInAddress(address)
  if (fault !== null) return invalid('repository.address', fault)
  // A secret for one server is not sent to another.
  const kept = before !== null && serverOf(before.address) === serverOf(address) ? before : null
  const changed = {
    address,
    username: given.username === undefined ? (kept?.username ?? null) : given.username,
    password: given.password === undefined ? (kept?.password ?? null) : given.password,
    deployKey: given.deployKey === undefined ? (kept?.deployKey ?? null) : given.deployKey,
  }
  const isSsh = SCP.test(address) || /^ssh:/i.test(address)
  if (!isSsh && changed.deployKey !== null) {
    return invalid('repository.deployKey', 'only an ssh address has a deploy key')
  }
  for (const field of ['username', 'password'] as const) {
    if (!isHttp(address) && changed[field] !== null) {
      return invalid(`repository.${field}`, 'only an http or https address has one; the user of ssh is in the address')
    }
  }
  return changed
}

/** Returns why an address is not allowed; null when it is. */
function faultInAddress(address: string): string | null {
  const allowed = 'allowed is an http, https, ssh or file address, or user@host:path'
  if (SCP.test(address)) return null
  const url = URL.canParse(address) ? new URL(address) : null
  if (!url || !/^(?:https?|ssh|file):\/\//i.test(address) || !/^(?:https?|ssh|file):$/.test(url.protocol))
    return allowed
  if (url.pathname.length < 2 || url.pathname.split('/').includes('..')) return 'the path of the repository is missing'
  if (/[\s\\]/.test(address)) return 'an address has no blanks'
  if (url.protocol === 'file:')
    return url.host === '' ? null : 'a file address has no host, such as file:///srv/project.git'
  if (url.hostname === '' || url.hostname.startsWith('-') || url.username.startsWith('-')) return allowed
  if (url.password !== '' || (isHttp(address) && url.username !== '')) {
    return 'credentials have fields of their own'
  }
  if (url.search !== '' || url.hash !== '') return 'an address of a repository has neither ? nor #'
  return null
}

/** Returns why a path of a configuration is not allowed; null when it is. */
export function faultInConfigPath(path: string): string | null {
  if (isHttp(path)) return URL.canParse(path) ? null : 'allowed is an address of a file'
  const [, file = '', at, project, ref] = /^([^@]*)(?:(@)([^:]*)(?::(.*))?)?$/s.exec(path) ?? []
  const isPath = (text: string) => text.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  const isRight = isPath(file) && (at === undefined || (isPath(project ?? '') && ref !== ''))
  return isRight
    ? null
    : 'allowed is a path from the top folder, the same with @group/project or @group/project:ref, or an address'
}

const serverOf = (address: string): string =>
  SCP.test(address) ? (address.split(':')[0] ?? '') : `${new URL(address).protocol}${new URL(address).host}`

const invalid = (field: string, reason: string): ProjectInvalid => ({ kind: 'project_invalid', field, reason })

/** Returns the text itself when it is not encoded as it should be. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
