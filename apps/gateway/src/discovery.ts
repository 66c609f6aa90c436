import type { Services } from '@yardmaster/domain'
import { ID_TOKEN_CLAIMS } from '@yardmaster/domain/id-tokens'
import { Router } from 'express'
import type { z } from 'zod'
import { replyJson } from './http/reply.ts'
import { CONFIGURATION_PATH, type DiscoveryShape, KEYS_PATH, type KeysShape } from './shapes/discovery.ts'

/** A new key is published a week before it signs, so that an hour does not matter. */
const CACHE = 'public, max-age=3600'

/**
 * Serves what other services check id tokens with. No route needs a sign-in, because all of it is public
 * (`docs/operations.md#id-tokens`).
 */
export function discovery({ issuer, policy }: Pick<Services, 'issuer' | 'policy'>): Router {
  const router = Router({ caseSensitive: true })

  router.get(CONFIGURATION_PATH, (_req, res) => {
    res.setHeader('Cache-Control', CACHE)
    replyJson(res, 200, {
      issuer: policy.externalUrl,
      jwks_uri: policy.externalUrl + KEYS_PATH,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
      claims_supported: [...ID_TOKEN_CLAIMS],
    } satisfies z.infer<typeof DiscoveryShape>)
  })

  router.get(KEYS_PATH, async (_req, res) => {
    const keys = await issuer.publicKeys()
    res.setHeader('Cache-Control', CACHE)
    replyJson(res, 200, { keys } satisfies z.infer<typeof KeysShape>)
  })
  return router
}
