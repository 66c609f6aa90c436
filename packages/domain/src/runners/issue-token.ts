import type { Services } from '../services.ts'
import { digestOf, newCreatedRunnerToken, newRegisteredRunnerToken, tokenPrefix } from '../tokens.ts'
import type { Runner } from './runner.ts'

/** A runner token as its owner gets it, once. */
export interface IssuedToken {
  readonly token: string
  readonly tokenExpiresAt: Date | null
}

/** The token together with its stored form. */
export interface NewToken extends IssuedToken {
  readonly tokenDigest: string
  readonly tokenPrefix: string
}

/**
 * Creates a token. Its prefix tells a client whether to register or to verify with it; it expires after one lifetime.
 *
 * @see `docs/protocol/runners.md 1.2, 1.3`
 */
export function issueToken(
  { policy, clock }: Pick<Services, 'policy' | 'clock'>,
  registrationType: Runner['registrationType'],
): NewToken {
  const token = registrationType === 'authenticated_user' ? newCreatedRunnerToken() : newRegisteredRunnerToken()
  const lifetime = policy.runnerTokenLifetimeSeconds
  return {
    token,
    tokenDigest: digestOf(token),
    tokenPrefix: tokenPrefix(token),
    tokenExpiresAt: lifetime === null ? null : new Date(clock.now().getTime() + lifetime * 1000),
  }
}
