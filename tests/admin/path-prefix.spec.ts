import { FakeRunner } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'
import { notNull } from '../support/not-null.ts'
import { variable } from '../support/payload.ts'

const EXTERNAL = 'http://yard.example:8443/ci/yard'

test.use({ gatewayEnv: { EXTERNAL_URL: `${EXTERNAL}/` } })

test('everything answers both below the prefix of EXTERNAL_URL and at the root', async ({ gateway }) => {
  for (const base of [gateway.url, `${gateway.url}/ci/yard`]) {
    expect((await send('GET', `${base}/healthz`)).status).toBe(200)
    expect((await send('POST', `${base}/api/v4/runners/verify`, { json: { token: 'x' } })).status).toBe(403)
    expect((await send('GET', `${base}/trpc/jobs.list`)).status).toBe(401)
    expect((await send('GET', `${base}/download/jobs/1/trace`)).status).toBe(401)
    expect((await send('GET', `${base}/api/admin/v1/jobs`)).status).toBe(401)
    const document = (await send('GET', `${base}/api/openapi.json`)).json<{ servers: unknown }>()
    expect(document.servers).toEqual([{ url: `${EXTERNAL}/api/admin/v1` }])
    const issuer = (await send('GET', `${base}/.well-known/openid-configuration`)).json<Record<string, unknown>>()
    expect(issuer).toMatchObject({ issuer: EXTERNAL, jwks_uri: `${EXTERNAL}/oauth/discovery/keys` })
    expect((await send('GET', `${base}/oauth/discovery/keys`)).json<{ keys: unknown[] }>().keys).toHaveLength(1)
  }
})

test('a runner below the prefix works, and jobs get the external address', async ({ gateway, project, createJob }) => {
  const runner = await FakeRunner.register(`${gateway.url}/ci/yard`, notNull(project.registrationToken))
  const id = await createJob()
  const job = await runner.take()
  await job.say('hello\n')
  expect((await job.finish('success')).status).toBe(200)
  expect(variable(job.payload, 'CI_SERVER_URL')).toBe(EXTERNAL)
  expect(variable(job.payload, 'CI_API_V4_URL')).toBe(`${EXTERNAL}/api/v4`)
  expect(variable(job.payload, 'CI_JOB_URL')).toBe(`${EXTERNAL}/jobs/${id}`)
  expect(job.payload.git_info.repo_url).toMatch(
    new RegExp(`^http://gitlab-ci-token:[^@]+@yard\\.example:8443/ci/yard/${project.path}\\.git$`),
  )
  await runner.unregister()
})

test('the greeting names the external address', async ({ gateway }) => {
  expect(gateway.output).toContain(`Yardmaster is at ${EXTERNAL} (listening on ${gateway.url})`)
  expect(gateway.output).toContain(`--url ${EXTERNAL} `)
  expect(gateway.output).toContain(`${EXTERNAL}/sign-in?token=`)
})
