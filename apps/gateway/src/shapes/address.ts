/** Replaces the hidden parts of an address. */
export const HIDDEN = '***'

/**
 * Returns an address without secrets. The password, a user name without a password, and the query may be secrets; the
 * fragment is dropped, because servers never receive it.
 */
export function withoutSecrets(address: string): string {
  const url = new URL(address)
  if (url.password !== '') url.password = HIDDEN
  else if (url.username !== '') url.username = HIDDEN
  if (url.search !== '') url.search = HIDDEN
  url.hash = ''
  return url.href
}
