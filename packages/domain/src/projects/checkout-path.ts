/**
 * Returns the directory, below its builds directory, that a runner names after a repository's address: the path,
 * normalised, without the host. Two repositories with the same result share one directory. The result is in lower case,
 * because some file systems ignore case.
 *
 * @see `docs/protocol/client.md 11`
 */
export function checkoutPath(repoUrl: string): string {
  const [, path = ''] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(repoUrl) ?? []
  const segments = decoded(path)
    .replace(/\.git$/, '')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
  return `/${segments.join('/')}`.toLowerCase()
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
