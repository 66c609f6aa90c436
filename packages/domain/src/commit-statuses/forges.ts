import type { RequestSender } from '../ports/request-sender.ts'
import type { CommitState, ShownStatus } from './commit-status.ts'
import type { Forge } from './forge.ts'

/** What a request about a status consists of. */
export interface StatusRequest {
  readonly target: { readonly forge: Forge; readonly address: string }
  readonly token: string
  readonly sha: string
  readonly context: string
  /** The branch or tag; null when it is neither. */
  readonly ref: string | null
  readonly shown: ShownStatus
}

/** GitHub takes 140 characters, GitLab 255; more is of no use in a list of commits. */
const LONGEST_DESCRIPTION = 140
/** GitLab refuses longer links. */
const LONGEST_LINK_OF_GITLAB = 255

/**
 * Gitea, Forgejo and GitHub know no job that runs or was skipped. A skipped one holds nothing up, and neither does
 * `success`; a canceled one did not fail, but is no success either.
 */
const STATES: Readonly<Record<CommitState, string>> = {
  pending: 'pending',
  running: 'pending',
  success: 'success',
  failure: 'failure',
  canceled: 'error',
  skipped: 'success',
}

const STATES_OF_GITLAB: Readonly<Record<CommitState, string>> = {
  pending: 'pending',
  running: 'running',
  success: 'success',
  failure: 'failed',
  canceled: 'canceled',
  skipped: 'skipped',
}

/**
 * Returns where the API of a forge knows a repository, without a slash at the end; null for an address that is none.
 *
 * @param address - the repository's page, or this address itself.
 */
export function apiAddressOf(forge: Forge, address: string): string | null {
  const url = URL.canParse(address) ? new URL(address) : null
  if (!url || !/^https?:$/.test(url.protocol)) return null
  if (url.username + url.password + url.search + url.hash !== '' || /[?#]/.test(address)) return null
  const path = url.pathname.replace(/\/+$/, '')
  if (
    path
      .split('/')
      .slice(1)
      .some((part) => part === '')
  )
    return null
  const repository = path.replace(/\.git$/, '')
  return API_ADDRESSES[forge](url, path, repository)
}

const API_ADDRESSES: Readonly<Record<Forge, (url: URL, path: string, repository: string) => string | null>> = {
  gitea: ofGitea,
  forgejo: ofGitea,
  github({ origin, protocol, host }, path, repository) {
    if (/^(?:\/api\/v3)?\/repos\/[^/]+\/[^/]+$/.test(path)) return `${origin}${path}`
    if (!/^\/[^/]+\/[^/]+$/.test(repository)) return null
    if (host === 'github.com' || host === 'www.github.com') return `https://api.github.com/repos${repository}`
    if (host.endsWith('.ghe.com')) return `${protocol}//api.${host}/repos${repository}`
    return `${origin}/api/v3/repos${repository}`
  },
  gitlab({ origin }, path, repository) {
    if (/\/api\/v4\/projects\/[^/]+$/.test(path)) return `${origin}${path}`
    if (!/^\/[^/]+(?:\/[^/]+)+$/.test(repository)) return null
    const whole = repository.slice(1).split('/').map(decoded)
    return whole.includes(null) ? null : `${origin}/api/v4/projects/${encodeURIComponent(whole.join('/'))}`
  },
}

/** Gitea may be below a path; the last two segments are the repository. */
function ofGitea({ origin }: URL, path: string, repository: string): string | null {
  if (/\/api\/v1\/repos\/[^/]+\/[^/]+$/.test(path)) return `${origin}${path}`
  const [, above = '', name] = /^(.*)(\/[^/]+\/[^/]+)$/.exec(repository) ?? []
  return name === undefined ? null : `${origin}${above}/api/v1/repos${name}`
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}

/** Returns the request that gives a commit a status; null for an address that names no repository. */
export function requestOf(request: StatusRequest): Parameters<RequestSender['send']>[0] | null {
  const { target, token, sha, context, ref, shown } = request
  const api = apiAddressOf(target.forge, target.address)
  if (api === null) return null
  const description = shortened(shown.description, LONGEST_DESCRIPTION)
  const json = { 'Content-Type': 'application/json' }
  if (target.forge === 'gitlab') {
    return {
      url: `${api}/statuses/${sha}`,
      headers: { ...json, 'PRIVATE-TOKEN': token },
      body: JSON.stringify({
        state: STATES_OF_GITLAB[shown.state],
        name: context,
        description,
        ...(shown.url.length <= LONGEST_LINK_OF_GITLAB && { target_url: shown.url }),
        ...(ref !== null && { ref }),
      }),
    }
  }
  const headers =
    target.forge === 'github'
      ? {
          Accept: 'application/vnd.github+json',
          Authorization: `Bearer ${token}`,
          'X-GitHub-Api-Version': '2022-11-28',
        }
      : { Accept: 'application/json', Authorization: `token ${token}` }
  return {
    url: `${api}/statuses/${sha}`,
    headers: { ...json, ...headers },
    body: JSON.stringify({ state: STATES[shown.state], target_url: shown.url, description, context }),
  }
}

/** Cuts between characters, not inside one. */
function shortened(text: string, most: number): string {
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}
