import { startChildren } from '@yardmaster/domain/children'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts'

let gateway: TestGateway
let runner: { id: number; token: string }
beforeAll(async () => {
  gateway = await startTestGateway()
  runner = await gateway.register()
})
afterAll(() => gateway[Symbol.asyncDispose]())

interface Payload {
  readonly id: number
  readonly token: string
  readonly variables: readonly { readonly key: string; readonly value: string; readonly masked: boolean }[]
  readonly secrets: unknown
}

const create = (content: string, input: Record<string, unknown> = {}) =>
  gateway.admin<{ id: number; jobs: { id: number }[] }>('mutation', 'pipelines.create', { content, ...input })

async function take(): Promise<Payload> {
  const { status, body } = await gateway.post('/jobs/request', {
    token: runner.token,
    info: { features: { vault_secrets: true } },
  })
  expect(status).toBe(201)
  return body as Payload
}

const end = (job: Payload, state: string) =>
  gateway.call('PUT', `/api/v4/jobs/${job.id}`, { json: { token: job.token, state } })

const last = (job: Payload, key: string) => job.variables.findLast((variable) => variable.key === key)

const VAULT = `
deploy:
  environment: production
  id_tokens: { VAULT_ID_TOKEN: { aud: $VAULT_SERVER_URL }, OTHER: { aud: [a, b] } }
  secrets: { DB_PASSWORD: { vault: production/db/password@ops, token: $VAULT_ID_TOKEN } }
  variables: { VAULT_SERVER_URL: https://vault.example }
  script: [deploy]`

describe('a job with id tokens', () => {
  it('gets tokens that a service checks with the keys of the issuer', async () => {
    const { id } = await create(VAULT, { ref: 'main', variables: [{ key: 'SIDE', value: 'x' }] })
    const job = await take()
    const token = last(job, 'VAULT_ID_TOKEN')
    expect(token).toEqual({ key: 'VAULT_ID_TOKEN', value: expect.any(String), public: false, masked: true })
    const keys = createRemoteJWKSet(new URL(`${gateway.url}/oauth/discovery/keys`))
    const { payload } = await jwtVerify(token?.value ?? '', keys, {
      issuer: gateway.url,
      audience: 'https://vault.example',
      subject: 'project_path:default:ref_type:branch:ref:main',
      algorithms: ['RS256'],
    })
    expect(payload).toMatchObject({
      job_id: String(job.id),
      pipeline_id: String(id),
      runner_id: runner.id,
      environment: 'production',
      deployment_tier: 'production',
      environment_action: 'start',
    })
    expect(decodeJwt(last(job, 'OTHER')?.value ?? '').aud).toEqual(['a', 'b'])
    expect(JSON.stringify(job.secrets)).toContain('"jwt":"$VAULT_ID_TOKEN"')
    await end(job, 'success')
  })

  it('gets new tokens when it is retried', async () => {
    await create('j: { id_tokens: { A: { aud: x } }, script: [x] }')
    const first = await take()
    await end(first, 'failed')
    await gateway.admin('mutation', 'jobs.retry', { id: first.id })
    const second = await take()
    const [one, other] = [first, second].map((job) => decodeJwt(last(job, 'A')?.value ?? ''))
    expect([one?.job_id, other?.job_id]).toEqual([String(first.id), String(second.id)])
    expect(one?.jti).not.toBe(other?.jti)
    await end(second, 'success')
  })

  it('keeps the variable that has the same name as a token', async () => {
    await create('j: { id_tokens: { A: { aud: x } }, variables: { A: mine }, script: [x] }')
    const job = await take()
    expect(last(job, 'A')?.value).toBe('mine')
    await end(job, 'success')
  })

  it('for a merge request from a fork does not pass for one of the project', async () => {
    const mergeRequest = {
      iid: 7,
      sourceBranch: 'main',
      targetBranch: 'main',
      sourceProjectPath: 'guest/lantern',
    }
    await create('j: { id_tokens: { A: { aud: x } }, script: [x], rules: [{ when: always }] }', { mergeRequest })
    const job = await take()
    expect(decodeJwt(last(job, 'A')?.value ?? '')).toMatchObject({
      sub: 'project_path:guest/lantern:ref_type:branch:ref:main',
      project_path: 'guest/lantern',
      job_project_path: 'default',
      ref_protected: 'false',
      pipeline_source: 'merge_request_event',
    })
    await end(job, 'success')
  })

  it('in a child pipeline for a merge request from a fork does not pass for one of the project either', async () => {
    const mergeRequest = { iid: 7, sourceBranch: 'main', targetBranch: 'main', sourceProjectPath: 'guest/lantern' }
    await create('down: { trigger: { include: child.yml }, rules: [{ when: always }] }', {
      mergeRequest,
      files: { 'child.yml': 'j: { id_tokens: { A: { aud: x } }, script: [x], rules: [{ when: always }] }' },
    })
    await gateway.services.background.settle()
    await startChildren(gateway.services)
    const job = await take()
    expect(decodeJwt(last(job, 'A')?.value ?? '')).toMatchObject({
      sub: 'project_path:guest/lantern:ref_type:branch:ref:main',
      pipeline_source: 'parent_pipeline',
      job_project_path: 'default',
    })
    await end(job, 'success')
  })

  it('cannot pass for another job by a colon in a name, which would add a part to its subject', async () => {
    const branch = { sourceBranch: 'x', targetBranch: 'x' }
    const forged = 'default:ref_type:branch:ref:main'
    for (const input of [
      { mergeRequest: { iid: 7, ...branch, sourceProjectPath: forged } },
      { mergeRequest: { iid: 7, ...branch, sourceBranch: forged } },
      { ref: forged },
    ]) {
      await expect(create('j: { id_tokens: { A: { aud: x } }, script: [x] }', input)).rejects.toThrow('400')
    }
    await expect(gateway.admin('mutation', 'projects.create', { path: forged })).rejects.toThrow('400')
  })
})
