import { hash, randomBytes, randomUUID } from 'node:crypto'

/** 20 characters of base64url would be 120 bits; one byte more keeps us above it. */
const SECRET_BYTES = 18

const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url')

/**
 * SHA-256 of a token, lower-case hex. Tokens carry at least 120 random bits, so a plain digest is enough, and
 * looking one up by its digest leaks nothing useful through timing.
 */
export const digestOf = (token: string): string => hash('sha256', token)

/**
 * Token of a runner that registered with a registration token. Must not start with `glrt-`:
 * `docs/protocol/runners.md 1.2`.
 */
export const newRegisteredRunnerToken = (): string => `glrtr-${secret()}`

/** Token of a runner that a person created: `glrt-` tells the client to verify instead of register. */
export const newCreatedRunnerToken = (): string => `glrt-${secret()}`

export const newRegistrationToken = (): string => `GR1348941${secret()}`

/** The hex part is a partition number in the reference; clients only cut the prefix. */
export const newJobToken = (): string => `glcbt-64_${secret()}`

/** What a webhook's requests are signed with. */
export const newWebhookSecret = (): string => `ymwh-${secret()}`

/**
 * 32 lower-case hex digits with 122 random bits: a queue value, a request id. Every request takes one, and Node draws
 * UUIDs from a stock of random bytes, where `randomBytes` asks the system each time.
 */
export const newOpaqueValue = (): string => randomUUID().replaceAll('-', '')

/** What may be shown of a token for ever: its kind and the first eight random characters. */
export const tokenPrefix = (token: string): string => {
  const kind = /^(glrt-|glrtr-|glcbt-64_|GR1348941)/.exec(token)?.[0] ?? ''
  return token.slice(0, kind.length + 8)
}
