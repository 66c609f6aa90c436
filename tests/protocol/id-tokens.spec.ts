import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { FakeRunner } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'
import { notNull } from '../support/not-null.ts'
import { variable } from '../support/payload.ts'

const CONTENT = 'j: { id_tokens: { TOKEN: { aud: "https://$NAME.example" } }, variables: { NAME: vault }, script: [x] }'

/** Checks a token as a service does that knows only the address of the issuer. */
async function check(token: string, issuer: string, servedBy = issuer) {
  const configuration = await send('GET', `${servedBy}/.well-known/openid-configuration`)
  const { jwks_uri: keys } = configuration.json<{ jwks_uri: string }>()
  const audience = 'https://vault.example'
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), { issuer, audience })
  return payload
}

test('a job gets a token that a service can check', async ({ gateway, admin, project, runner }) => {
  const { jobs } = await admin.mutate('pipelines.create', { projectId: project.id, content: CONTENT })
  const job = await runner.take()
  expect(job.id).toBe(jobs[0]?.id)
  const claims = await check(variable(job.payload, 'TOKEN') ?? '', gateway.url)
  expect(claims).toMatchObject({
    sub: `project_path:${project.path}:ref_type:branch:ref:${project.defaultBranch}`,
    job_id: String(job.id),
    project_id: String(project.id),
  })
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(job.payload.runner_info.timeout)
  await job.finish('success')
})

test('all processes sign with the same key and publish it', async ({
  storage,
  gateway,
  admin,
  project,
  startGateway,
}) => {
  test.skip(storage.kind === 'embedded', 'an embedded database serves one process')
  const second = await startGateway({ env: { ...storage.env, EXTERNAL_URL: gateway.url } })
  const tokens: string[] = []
  for (const url of [gateway.url, second.url]) {
    await admin.mutate('pipelines.create', { projectId: project.id, content: CONTENT })
    const runner = await FakeRunner.register(url, notNull(project.registrationToken))
    const job = await runner.take()
    tokens.push(variable(job.payload, 'TOKEN') ?? '')
    await job.finish('success')
    await runner.unregister()
  }
  expect(new Set(tokens.map((token) => decodeProtectedHeader(token).kid)).size).toBe(1)
  for (const token of tokens) {
    for (const { url } of [gateway, second]) await check(token, gateway.url, url)
  }
  const keys = await Promise.all([gateway, second].map(({ url }) => send('GET', `${url}/oauth/discovery/keys`)))
  expect(keys[0]?.text).toBe(keys[1]?.text)
})
