import type { Project } from './api.ts'

export type StatusTarget = NonNullable<Project['commitStatus']>
export type Forge = StatusTarget['forge']

export const FORGE_WORDS: Readonly<Record<Forge, string>> = {
  gitea: 'Gitea',
  forgejo: 'Forgejo',
  github: 'GitHub',
  gitlab: 'GitLab',
}

export const FORGES = Object.keys(FORGE_WORDS) as Forge[]

/** What a token needs, in the words of its forge. */
export const TOKEN_HINTS: Readonly<Record<Forge, string>> = {
  gitea: 'Needs the scope write:repository.',
  forgejo: 'Needs the scope write:repository.',
  github: 'Needs the permission “Commit statuses: read and write”, or the scope repo:status.',
  gitlab: 'Needs the scope api and the role Developer, or Maintainer for protected branches.',
}

const KNOWN_HOSTS: Readonly<Record<string, Forge>> = {
  'github.com': 'github',
  'gitlab.com': 'gitlab',
  'codeberg.org': 'forgejo',
}

/** Returns a forge and a repository's page that fit the address from which a project's jobs clone. */
export function guessTarget(repoUrl: string | null): Pick<StatusTarget, 'forge' | 'address'> {
  const url = repoUrl !== null && URL.canParse(repoUrl) ? new URL(repoUrl) : null
  if (!url || !/^https?:$/.test(url.protocol)) return { forge: 'gitea', address: '' }
  return {
    forge: KNOWN_HOSTS[url.host] ?? (url.host.includes('gitlab') ? 'gitlab' : 'gitea'),
    address: `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\.git$/, '')}`,
  }
}
