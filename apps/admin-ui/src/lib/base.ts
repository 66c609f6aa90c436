/** Path prefix below which the dashboard lives, without a slash at the end; the gateway writes it into the page. */
export const BASE = document.querySelector<HTMLMetaElement>('meta[name="yardmaster-base"]')?.content ?? ''

/** An address of the gateway that is no view of the dashboard. */
export const gatewayPath = (path: `/${string}`): string => `${BASE}${path}`
