import { parseDefinition } from '@yardmaster/ci-config'
import { openTestDatabase, type TestDatabase } from '@yardmaster/db/testing'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobVariable } from '../jobs/variables.ts'
import { steadyClock } from '../testing/steady-clock.ts'
import { sampleTakenJob, type TakenJobParts } from '../testing/taken-job.ts'
import { ID_TOKEN_CLAIMS } from './claims.ts'
import { Issuer } from './issuer.ts'
import { signIdTokens } from './sign-id-tokens.ts'

const NOW = new Date('2026-01-10T12:34:56.789Z')
const SECONDS = Math.floor(NOW.getTime() / 1000)

let database: TestDatabase
let issuer: Issuer
const clock = steadyClock(() => NOW)
beforeAll(async () => {
  database = await openTestDatabase()
  issuer = new Issuer({ signingKeys: database.stores.signingKeys, clock })
})
afterAll(() => database[Symbol.asyncDispose]())

interface Given extends TakenJobParts {
  readonly aud?: string | string[]
  readonly sourceProject?: string
  readonly variables?: readonly JobVariable[]
  readonly definition?: object
}

async function sign({ aud = 'x', sourceProject, variables = [], definition, ...parts }: Given = {}) {
  const idTokens = [{ name: 'A', aud, sourceProject: sourceProject ?? null }]
  const parsed = parseDefinition({ script: 'make', ...definition }, { idTokens })
  if (!parsed.ok) throw new Error(parsed.error.reason)
  const facts = {
    taken: sampleTakenJob(parsed.value, parts),
    runner: { id: 9 },
    policy: { externalUrl: 'https://ci.example.org/yard' },
  }
  return await signIdTokens({ issuer, clock }, facts, variables)
}

/** Returns the claims of a token after checking its signature. */
async function claims(given?: Given): Promise<Record<string, unknown>> {
  const [variable] = await sign(given)
  const keys = createLocalJWKSet({ keys: await issuer.publicKeys() })
  const { payload } = await jwtVerify(variable?.value ?? '', keys, { currentDate: NOW })
  return payload
}

const braced = (name: string): string => `\${${name}}`

const variable = (key: string, value: string): JobVariable => ({ key, value, public: true, masked: false })

describe('an id token', () => {
  it('says what the job is', async () => {
    expect(await claims()).toEqual({
      iss: 'https://ci.example.org/yard',
      sub: 'project_path:harbour/lantern:ref_type:branch:ref:main',
      aud: 'x',
      exp: SECONDS + 3600,
      nbf: SECONDS - 5,
      iat: SECONDS,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      namespace_id: '5',
      namespace_path: 'harbour',
      project_id: '17',
      project_path: 'harbour/lantern',
      project_visibility: 'private',
      job_namespace_id: '5',
      job_namespace_path: 'harbour',
      job_project_id: '17',
      job_project_path: 'harbour/lantern',
      pipeline_id: '311',
      pipeline_source: 'api',
      job_id: '1047',
      ref: 'main',
      ref_type: 'branch',
      ref_path: 'refs/heads/main',
      ref_protected: 'true',
      sha: '3f7a2d1c9be04856a1f0c3d2e4b5968778695a4b',
      runner_id: 9,
      runner_environment: 'self-hosted',
    })
  })

  it('says nothing that the issuer does not announce', async () => {
    const all = { job: { environment: 'production' } }
    expect(Object.keys(await claims(all)).sort()).toEqual([...ID_TOKEN_CLAIMS].sort())
  })

  it('is a masked variable that services do not get', async () => {
    expect(await sign()).toEqual([{ key: 'A', value: expect.any(String), public: false, masked: true }])
  })

  it('differs for tags, and leaves out what is not known', async () => {
    const found = await claims({
      job: { tag: true, ref: 'v1', protected: false, sha: null },
      project: { path: 'default', groupId: null, groupPath: null },
    })
    expect(found).toMatchObject({
      sub: 'project_path:default:ref_type:tag:ref:v1',
      ref_path: 'refs/tags/v1',
      ref_protected: 'false',
    })
    for (const name of ['sha', 'namespace_id', 'namespace_path', 'job_namespace_id', 'environment']) {
      expect(found).not.toHaveProperty(name)
    }
  })

  it('names the environment as the configuration does, whatever the variables of the job say', async () => {
    const variables = { CI_ENVIRONMENT_TIER: 'production', CI_ENVIRONMENT_ACTION: 'start' }
    const definition = { variables: { CI_ENVIRONMENT_TIER: 'testing', CI_ENVIRONMENT_ACTION: 'stop' } }
    expect(await claims({ definition, job: { environment: 'qa' } })).toMatchObject({
      environment: 'qa',
      environment_protected: 'false',
      deployment_tier: 'testing',
      environment_action: 'stop',
    })
    expect(await claims({ definition: { variables } })).not.toHaveProperty('deployment_tier')
  })

  it('of a merge request from a fork names the fork, and the project that it runs in apart', async () => {
    const found = await claims({ sourceProject: 'guest/lantern' })
    expect(found).toMatchObject({
      sub: 'project_path:guest/lantern:ref_type:branch:ref:main',
      project_path: 'guest/lantern',
      namespace_path: 'guest',
      job_project_path: 'harbour/lantern',
      job_project_id: '17',
    })
    for (const name of ['project_id', 'namespace_id']) expect(found).not.toHaveProperty(name)
  })

  it('expires with the timeout of the job, after 30 days at the latest', async () => {
    expect((await claims({ job: { timeout: 60 } })).exp).toBe(SECONDS + 60)
    expect((await claims({ job: { timeout: null }, project: { timeout: 7 } })).exp).toBe(SECONDS + 7)
    expect((await claims({ job: { timeout: 2_147_483_647 } })).exp).toBe(SECONDS + 30 * 86_400)
  })

  it('is another one each time', async () => {
    expect((await claims()).jti).not.toBe((await claims()).jti)
  })
})

describe('the services that a token is for', () => {
  const variables = [variable('HOST', 'old.example'), variable('HOST', 'vault.example'), variable('PORT', '8200')]

  it('are named with variables', async () => {
    expect((await claims({ aud: `https://$HOST:${braced('PORT')}/$NONE`, variables })).aud).toBe(
      'https://vault.example:8200/',
    )
    expect((await claims({ aud: ['$HOST', 'b'], variables })).aud).toEqual(['vault.example', 'b'])
  })

  it('never get the token of the job', async () => {
    const secrets = ['CI_JOB_TOKEN', 'CI_REPOSITORY_URL', 'CI_REPOSITORY_PASSWORD', 'CI_REPOSITORY_PASSWORD_DECODED']
    const aud = secrets.map((key) => `$${key}`)
    const found = await claims({ aud, variables: secrets.map((key) => variable(key, 'a secret')) })
    expect(found.aud).toEqual(['', '', '', ''])
  })

  it('may not become longer than 8,192 characters: a few references would fill the memory', async () => {
    const long = variable('LONG', 'x'.repeat(100_000))
    await expect(sign({ aud: '$LONG'.repeat(800), variables: [long] })).rejects.toThrow(
      'aud of the id token A is too long',
    )
  })
})
