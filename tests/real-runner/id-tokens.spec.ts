import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { test as base, expect, plain, serve } from '../support/real-fixtures.ts'

/** A service that notes the tokens which jobs send to it. */
interface Service {
  readonly url: string
  readonly tokens: string[]
}

const test = base.extend<{ service: Service }>({
  service: async ({ storageKind: _ }, use) => {
    const tokens: string[] = []
    const server = createServer((req, res) => {
      tokens.push(req.headers.authorization?.replace(/^Bearer /, '') ?? '')
      res.end('thanks')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await use({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tokens })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  },
})

test('a job proves to a service what it is, and its log does not show the token', async ({
  real,
  gateway,
  admin,
  project,
  over,
  service,
}) => {
  const content = `
default: { id_tokens: { SERVICE_TOKEN: { aud: $SERVICE } } }
prove:
  script: |
    curl --silent --fail --header "Authorization: Bearer $SERVICE_TOKEN" "$SERVICE"
    echo "the token is $SERVICE_TOKEN."
    echo "it has $(echo "$SERVICE_TOKEN" | tr . '\\n' | wc -l) parts"`
  const made = await admin.mutate('pipelines.create', {
    projectId: project.id,
    content,
    variables: [{ key: 'SERVICE', value: service.url }],
  })
  const id = made.jobs[0]?.id ?? 0
  await serve(real, gateway.url, project)
  const { status } = await over(id)
  const log = plain(await admin.log(id))
  expect(status, log).toBe('success')
  expect(log).toContain('the token is [MASKED].')
  expect(log).toContain('it has 3 parts')
  const [token = ''] = service.tokens
  expect(service.tokens).toEqual([token])
  for (const part of token.split('.')) expect(log).not.toContain(part)
  const keys = createRemoteJWKSet(new URL(`${gateway.url}/oauth/discovery/keys`))
  const { payload } = await jwtVerify(token, keys, { issuer: gateway.url, audience: service.url })
  expect(payload).toMatchObject({ job_id: String(id), sub: `project_path:${project.path}:ref_type:branch:ref:main` })
})

/** The parts of Vault's API that a runner uses: a sign-in with a token, then a read of the version 2 of its store. */
test('a secret is fetched with the only id token of the job', async ({ real, gateway, admin, project, over }) => {
  const requests: { path: string | undefined; body: string; token: string | undefined }[] = []
  const vault = createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    requests.push({ path: req.url, body, token: req.headers['x-vault-token']?.toString() })
    res.setHeader('Content-Type', 'application/json')
    const answers: Readonly<Record<string, object>> = {
      '/v1/sys/health': { initialized: true, sealed: false, standby: false },
      '/v1/auth/jwt/login': { auth: { client_token: 'a token of the vault' } },
      '/v1/ops/data/production/db': { data: { data: { password: 'open sesame' } } },
    }
    const answer = answers[req.url?.replace(/\?.*/, '') ?? '']
    res.statusCode = answer ? 200 : 404
    res.end(JSON.stringify(answer ?? {}))
  })
  await new Promise<void>((resolve) => vault.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(vault.address() as AddressInfo).port}`
  try {
    const content = `
j:
  variables: { VAULT_SERVER_URL: ${url}, VAULT_AUTH_ROLE: deploy }
  id_tokens: { VAULT_ID_TOKEN: { aud: $VAULT_SERVER_URL } }
  secrets: { PASSWORD: { vault: production/db/password@ops, file: false } }
  script: ['test "$PASSWORD" = "open sesame"']`
    const made = await admin.mutate('pipelines.create', { projectId: project.id, content })
    const id = made.jobs[0]?.id ?? 0
    await serve(real, gateway.url, project)
    const { status } = await over(id)
    const log = plain(await admin.log(id))
    expect(status, `${log}${JSON.stringify(requests)}`).toBe('success')
    const login = requests.find(({ path }) => path === '/v1/auth/jwt/login')
    const { jwt, role } = JSON.parse(login?.body ?? '{}') as { jwt: string; role: string }
    expect(role).toBe('deploy')
    const keys = createRemoteJWKSet(new URL(`${gateway.url}/oauth/discovery/keys`))
    const { payload } = await jwtVerify(jwt, keys, { issuer: gateway.url, audience: url })
    expect(payload.job_id).toBe(String(id))
  } finally {
    vault.closeAllConnections()
    await new Promise((resolve) => vault.close(resolve))
  }
})
