import type { IdToken } from '@yardmaster/ci-config'
import { textExpander } from '../jobs/expand-text.ts'
import type { JobVariable } from '../jobs/variables.ts'
import type { Services } from '../services.ts'
import { claimsOf, type TokenFacts } from './claims.ts'

/** These hold secrets of the job itself, which no token may carry to a service. */
const OWN_SECRETS = /^CI_(?:JOB_TOKEN|REPOSITORY_(?:URL|PASSWORD|PASSWORD_DECODED))$/

/**
 * Signs the id tokens of a job that a runner is about to get, and returns them as its variables.
 *
 * @param variables - those that the names of services may refer to, expanded, in rising precedence.
 * @throws when a name becomes too long; NewerFormError when only a newer release has the key.
 */
export async function signIdTokens(
  { issuer, clock }: Pick<Services, 'issuer' | 'clock'>,
  facts: TokenFacts,
  variables: readonly JobVariable[],
): Promise<JobVariable[]> {
  const { idTokens } = facts.taken.definition
  // Most jobs have none, and pay nothing.
  if (idTokens.length === 0) return []
  const expand = textExpander(variables.filter(({ key }) => !OWN_SECRETS.test(key)))
  const now = clock.now()
  return await Promise.all(
    idTokens.map(async (token) => {
      const aud = expanded(token, expand)
      const value = await issuer.sign(claimsOf(facts, token, { aud, now }))
      return { key: token.name, value, public: false, masked: true }
    }),
  )
}

function expanded({ name, aud }: IdToken, expand: (text: string) => string | null): IdToken['aud'] {
  const short = (text: string): string => {
    const service = expand(text)
    if (service === null) throw new RangeError(`aud of the id token ${name} is too long`)
    return service
  }
  return typeof aud === 'string' ? short(aud) : aud.map(short)
}
