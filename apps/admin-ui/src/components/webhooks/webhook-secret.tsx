import { Takeaway } from '../ui/secret.tsx'

/** The same function as in `docs/webhooks.md`. */
const VERIFYING = `import { createHmac, timingSafeEqual } from 'node:crypto'

/** @param {string} header  X-Yardmaster-Signature  @param {Buffer} body  the raw bytes */
export function isGenuine(header, body, secret) {
  const [, time, signature] = /^t=(\\d+),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? []
  if (!time || Math.abs(Date.now() / 1000 - Number(time)) > 300) return false
  const expected = createHmac('sha256', secret).update(\`\${time}.\`).update(body).digest()
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected)
}`

/** A secret that is shown only once, and how a receiver uses it. */
export function WebhookSecret({ secret }: { secret: string }) {
  return (
    <div className="grid gap-4">
      <div>
        <p className="mb-2 rounded-md bg-warn-wash px-3 py-2 text-sm text-warn">
          Copy the secret now: it is shown only once.
        </p>
        <Takeaway text={secret} label="Copy the secret" />
      </div>
      <HowToVerify />
    </div>
  )
}

export function HowToVerify() {
  return (
    <details>
      <summary className="text-sm font-medium">How a receiver verifies a request</summary>
      <div className="mt-2 grid gap-2">
        <p className="text-sm text-soft">
          Each request has a header <code className="font-mono text-xs">X-Yardmaster-Signature: t=…,v1=…</code>, where{' '}
          <code className="font-mono text-xs">v1</code> is the HMAC-SHA256 of the time, a dot and the body’s bytes. The
          full format is in <code className="font-mono text-xs">docs/webhooks.md</code>.
        </p>
        <Takeaway text={VERIFYING} label="Copy the function" />
      </div>
    </details>
  )
}
