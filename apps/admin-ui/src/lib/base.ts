/** The dashboard's path prefix, without a trailing slash; the gateway writes it into the page. */
export const BASE = document.querySelector<HTMLMetaElement>('meta[name="yardmaster-base"]')?.content ?? ''

/** Returns the path of a gateway address outside the dashboard. */
export const gatewayPath = (path: `/${string}`): string => `${BASE}${path}`
