/** What stands where something of an address is hidden. */
export const HIDDEN = '***'

/**
 * An address as it may be shown: a password, a user without one and the query may be secrets; a fragment says nothing
 * to a server.
 */
export function withoutSecrets(address: string): string {
  const url = new URL(address)
  if (url.password !== '') url.password = HIDDEN
  else if (url.username !== '') url.username = HIDDEN
  if (url.search !== '') url.search = HIDDEN
  url.hash = ''
  return url.href
}
