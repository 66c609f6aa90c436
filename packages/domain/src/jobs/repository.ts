import type { Project } from '../projects/project.ts'

/**
 * The commit id used when the commit is unknown. Anything shorter than 8 characters makes a runner panic
 * (`docs/protocol/client.md 11`).
 */
export const UNKNOWN_SHA = '0'.repeat(40)

/** The place from which a runner would fetch a project's files. */
export interface Repository {
  /** Includes credentials. */
  readonly url: string
  /** Texts that must not appear in a log: the URL's own secret in all its possible spellings. Not the job token. */
  readonly secrets: readonly string[]
}

/**
 * Returns the address of a project that runners clone from directly, as it is stored, so that the job token never
 * reaches a foreign host. For others, returns an address of this coordinator with the job's credentials, which names the
 * checkout directory, and serves what was pushed here or is mirrored.
 *
 * @see `docs/protocol/job-request.md 9.2`
 */
export function repositoryOf(
  project: Pick<Project, 'path' | 'repoUrl' | 'clone'>,
  jobToken: string,
  externalUrl: string,
): Repository {
  const direct = directUrl(project)
  if (direct !== null) return { url: direct, secrets: secretsIn(direct) }
  const url = new URL(`${externalUrl}/${project.path}.git`)
  url.username = 'gitlab-ci-token'
  url.password = jobToken
  return { url: url.href, secrets: [] }
}

/** Returns the address that runners clone from directly; null when they do not. */
export const directUrl = ({ repoUrl, clone }: Pick<Project, 'repoUrl' | 'clone'>): string | null =>
  clone === 'direct' ? repoUrl : null

/** Returns whether a runner fetches a job's commit from here. */
export const isServedHere = (
  project: Pick<Project, 'repoUrl' | 'repository' | 'clone' | 'hasOwnRepository'>,
  job: { readonly sha: string | null },
): boolean =>
  job.sha !== null && directUrl(project) === null && (project.repository !== null || project.hasOwnRepository)

/** Returns the spellings of the password; a user name without a password is a token. */
function secretsIn(url: string): string[] {
  const userinfo = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(url)?.[1]
  if (userinfo === undefined) return []
  const colon = userinfo.indexOf(':')
  const password = colon < 0 ? '' : userinfo.slice(colon + 1)
  const written = password || (colon < 0 ? userinfo : userinfo.slice(0, colon))
  return [...new Set([written, decoded(written)])].filter((secret) => secret !== '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
