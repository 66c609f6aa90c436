/** Returns the password of basic authentication, whatever the user name is; null when there is none. */
export function passwordIn(authorization: string | undefined): string | null {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]{1,4096})$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return null
  const decoded = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  return colon < 0 ? null : decoded.slice(colon + 1) || null
}
