import { expandKnown, type IdToken } from '@yardmaster/ci-config'
import type { JobVariable } from '../jobs/variables.ts'
import type { Services } from '../services.ts'
import { claimsOf, type TokenFacts } from './claims.ts'

/** Characters of the name of a service, with the references that were replaced. */
const LONGEST_AUD = 8_192

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
  const values = new Map(variables.filter(({ key }) => !OWN_SECRETS.test(key)).map(({ key, value }) => [key, value]))
  const now = clock.now()
  return await Promise.all(
    idTokens.map(async (token) => {
      const aud = expanded(token, values)
      const value = await issuer.sign(claimsOf(facts, token, { aud, now }))
      return { key: token.name, value, public: false, masked: true }
    }),
  )
}

function expanded({ name, aud }: IdToken, values: ReadonlyMap<string, string>): IdToken['aud'] {
  const expand = (text: string): string => {
    let length = text.length
    return expandKnown(text, {
      get(key) {
        // Unknown names become nothing, as in the reference.
        const value = values.get(key) ?? ''
        length += value.length
        if (length > LONGEST_AUD) throw new RangeError(`aud of the id token ${name} is too long`)
        return value
      },
    })
  }
  return typeof aud === 'string' ? expand(aud) : aud.map(expand)
}
