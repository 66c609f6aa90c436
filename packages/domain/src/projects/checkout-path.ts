/**
 * The directory that a runner names after a repository's address, below its builds directory: the path, cleaned, without
 * the host. Two repositories with the same one meet in one directory; letters differ in case only on some file systems,
 * so they don't here.
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
