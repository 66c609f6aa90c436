import { z } from 'zod'

/** The paths below the external address that tell other services how to check id tokens; as in GitLab. */
export const CONFIGURATION_PATH = '/.well-known/openid-configuration'
export const KEYS_PATH = '/oauth/discovery/keys'

export const DiscoveryShape = z
  .object({
    issuer: z.string().describe('The external address, and the claim `iss` of every token.'),
    jwks_uri: z.string().describe('The address of the keys.'),
    response_types_supported: z.array(z.literal('id_token')),
    subject_types_supported: z.array(z.literal('public')),
    id_token_signing_alg_values_supported: z.array(z.literal('RS256')),
    scopes_supported: z.array(z.literal('openid')),
    claims_supported: z.array(z.string()),
  })
  .meta({ id: 'OpenIdConfiguration' })

export const KeysShape = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('RSA'),
        kid: z.string().describe('The `kid` in the header of the tokens that it checks.'),
        use: z.literal('sig'),
        alg: z.literal('RS256'),
        n: z.string(),
        e: z.string(),
      }),
    ),
  })
  .meta({ id: 'SigningKeys' })
