import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

it('a service that knows only the issuer checks a token', async () => {
  const token = await gateway.services.issuer.sign({ iss: gateway.url, aud: 'https://vault.example', sub: 'a job' })
  const configuration = await fetch(`${gateway.url}/.well-known/openid-configuration`)
  const { issuer, jwks_uri: keys } = (await configuration.json()) as { issuer: string; jwks_uri: string }
  expect([issuer, keys]).toEqual([gateway.url, `${gateway.url}/oauth/discovery/keys`])
  const given = { issuer, audience: 'https://vault.example' }
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), given)
  expect(payload.sub).toBe('a job')
})

it('both documents may be cached, and need no sign-in', async () => {
  for (const path of ['/.well-known/openid-configuration', '/oauth/discovery/keys']) {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers } = await gateway.call(method, path)
      expect([status, headers['cache-control'], headers['content-type']]).toEqual([
        200,
        'public, max-age=3600',
        'application/json',
      ])
    }
    const refused = await gateway.call('POST', path)
    expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
  }
})

it('the keys have no private part', async () => {
  const { body } = await gateway.call('GET', '/oauth/discovery/keys')
  const { keys } = body as { keys: Record<string, unknown>[] }
  expect(keys).toHaveLength(1)
  expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
})
