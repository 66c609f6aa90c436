import { createHmac } from 'node:crypto'

/**
 * Returns the value of `X-Yardmaster-Signature`: the time of signing in Unix seconds, and the HMAC-SHA256 of that
 * number, a dot and the body. The time is signed too, so that a receiver can refuse recorded requests that are sent
 * again.
 */
export function signWebhook(secret: string, body: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000)
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${signature}`
}
