import { hash, randomBytes, randomUUID } from 'node:crypto'

/** 18 bytes are 144 random bits, well above the 120 bits of 20 characters of base64url. */
const SECRET_BYTES = 18

const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url')

/**
 * Returns the SHA-256 of a token in lower-case hex. Tokens have at least 120 random bits, so a plain digest is enough,
 * and looking a token up by its digest leaks nothing useful through timing.
 */
export const digestOf = (token: string): string => hash('sha256', token)

/**
 * Creates a token for a runner that registered with a registration token. Must not start with `glrt-`:
 * `docs/protocol/runners.md 1.2`.
 */
export const newRegisteredRunnerToken = (): string => `glrtr-${secret()}`

/** Creates a token for a runner that a person created: `glrt-` tells the client to verify instead of register. */
export const newCreatedRunnerToken = (): string => `glrt-${secret()}`

export const newRegistrationToken = (): string => `GR1348941${secret()}`

/** In the reference the hex part is a partition number; clients only strip the prefix. */
export const newJobToken = (): string => `glcbt-64_${secret()}`

/** Creates a password of `git` over HTTP. */
export const newProjectToken = (): string => `ympt-${secret()}`

/** Creates the secret that signs a webhook's requests. */
export const newWebhookSecret = (): string => `ymwh-${secret()}`

/**
 * Creates the secret of incoming hooks. It has the form that Standard Webhooks require of one, which GitLab checks; all
 * other senders take any text.
 */
export const newHookSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

/**
 * Creates 32 lower-case hex digits with 122 random bits, for a queue value or a request id. Every request takes one,
 * and Node caches random bytes for UUIDs, while `randomBytes` calls the system each time.
 */
export const newOpaqueValue = (): string => randomUUID().replaceAll('-', '')

/** Returns the part of a token that may always be shown: its prefix and the first eight random characters. */
export const tokenPrefix = (token: string): string => {
  const kind = /^(glrt-|glrtr-|glcbt-64_|GR1348941|ympt-)/.exec(token)?.[0] ?? ''
  return token.slice(0, kind.length + 8)
}
