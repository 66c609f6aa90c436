import type { RepositoryOwner } from '@yardmaster/domain/ports'
import type { Mirrored } from './mirrors.ts'

/** Returns what a mirror of a project's repository takes. */
export function mirroredOf({ id, repoUrl, defaultBranch }: RepositoryOwner): Mirrored {
  const common = { projectId: id, isPartial: true, defaultBranch }
  if (repoUrl === null) return { ...common, access: null }
  const url = new URL(repoUrl)
  const [username, password] = [url.username, url.password].map((part) => (part === '' ? null : decoded(part)))
  url.username = ''
  url.password = ''
  return {
    ...common,
    access: { address: url.href, username: username ?? null, password: password ?? null, deployKey: null },
  }
}

/** Returns the text itself when it is not encoded as it should be. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
