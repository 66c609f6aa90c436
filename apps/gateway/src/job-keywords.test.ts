import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts'

let gateway: TestGateway
let runner: { id: number; token: string }

beforeAll(async () => {
  gateway = await startTestGateway()
  runner = await gateway.register({ tag_list: 'value,$UNKNOWN' })
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(() => gateway.database.db.script('delete from pending_jobs; delete from resources'))

interface Payload {
  readonly id: number
  readonly steps: { name: string; script: string[] }[] | null
  readonly run?: string
  readonly hooks: unknown
  readonly image: Record<string, unknown>
  readonly services: Record<string, unknown>[]
  readonly variables: { key: string; value: string }[]
  readonly artifacts: Record<string, unknown>[]
  readonly cache: Record<string, unknown>[]
  readonly inputs: unknown
  readonly secrets: unknown
}

const FEATURES = [
  ...['image', 'services', 'image_executor_opts', 'service_executor_opts', 'service_variables'],
  ...['service_multiple_aliases', 'upload_multiple_artifacts', 'artifacts_exclude', 'fallback_cache_keys'],
  ...['return_exit_code', 'job_inputs', 'native_steps_integration', 'multi_build_steps', 'vault_secrets'],
]
const features = Object.fromEntries(FEATURES.map((name) => [name, true]))

const create = async (definition: object): Promise<number> => {
  const request = { name: 'a', definition: { script: ['make'], variables: { X: 'value' }, ...definition } }
  return (await gateway.admin<{ id: number }>('mutation', 'jobs.create', request)).id
}

const payloadOf = async (definition: object): Promise<Payload> => {
  const id = await create(definition)
  const { status, body } = await gateway.post('/jobs/request', { token: runner.token, info: { features } })
  expect([status, (body as Payload | undefined)?.id]).toEqual([201, id])
  return body as Payload
}

const service = (given: object) => ({ services: [{ name: 'a', ...given }] })
const cached = (given: object) => ({ cache: { key: 'a', paths: ['a'], ...given } })
const stored = (given: object) => ({ artifacts: { paths: ['a'], ...given } })

describe('a variable is passed to the runner unexpanded in', () => {
  it.each<[string, object, (payload: Payload) => unknown]>([
    ['script', { script: ['$X'] }, ({ steps }) => steps?.[0]],
    ['before_script', { before_script: ['$X'] }, ({ steps }) => steps?.[0]],
    ['after_script', { after_script: ['$X'] }, ({ steps }) => steps?.[1]],
    ['hooks', { hooks: { pre_get_sources_script: ['$X'] } }, ({ hooks }) => hooks],
    ['release', { release: { tag_name: '$X', description: 'a' } }, ({ steps }) => steps?.[1]],
    ['run', { script: undefined, variables: undefined, run: [{ name: 'a', script: '$X' }] }, ({ run }) => run],
    ['image', { image: '$X' }, ({ image }) => image.name],
    ['image.entrypoint', { image: { name: 'a', entrypoint: ['$X'] } }, ({ image }) => image.entrypoint],
    ['image.docker', { image: { name: 'a', docker: { user: '$X' } } }, ({ image }) => image.executor_opts],
    ['services', { services: ['$X'] }, ({ services }) => services[0]?.name],
    ['services.alias', service({ alias: '$X' }), ({ services }) => services[0]?.alias],
    ['services.command', service({ command: ['$X'] }), ({ services }) => services[0]?.command],
    ['services.entrypoint', service({ entrypoint: ['$X'] }), ({ services }) => services[0]?.entrypoint],
    ['services.docker', service({ docker: { user: '$X' } }), ({ services }) => services[0]?.executor_opts],
    ['services.variables', service({ variables: { A: '$X' } }), ({ services }) => services[0]?.variables],
    ['artifacts.name', stored({ name: '$X' }), ({ artifacts }) => artifacts[0]?.name],
    ['artifacts.paths', stored({ paths: ['$X'] }), ({ artifacts }) => artifacts[0]?.paths],
    ['artifacts.exclude', stored({ exclude: ['$X'] }), ({ artifacts }) => artifacts[0]?.exclude],
    ['artifacts.reports', stored({ reports: { junit: '$X' } }), ({ artifacts }) => artifacts[1]?.paths],
    ['cache.key', cached({ key: '$X' }), ({ cache }) => cache[0]?.key],
    ['cache.paths', cached({ paths: ['$X'] }), ({ cache }) => cache[0]?.paths],
    ['cache.fallback_keys', cached({ fallback_keys: ['$X'] }), ({ cache }) => cache[0]?.fallback_keys],
    ['inputs', { inputs: { a: '$X' } }, ({ inputs }) => inputs],
    [
      'secrets',
      { secrets: { A: { vault: 'a/b', token: '$X' } }, variables: { VAULT_SERVER_URL: 'u', X: 'value' } },
      ({ secrets }) => secrets,
    ],
  ])('%s', async (_, definition, part) => {
    expect(JSON.stringify(part(await payloadOf(definition)))).toContain('$X')
  })
})

describe('a variable is expanded by the server in', () => {
  it('variables, when a runner claims the job', async () => {
    const { variables } = await payloadOf({ variables: { X: 'value', Y: 'of $X', Z: '$UNKNOWN' } })
    expect(variables.filter(({ key }) => key === 'Y' || key === 'Z').map(({ value }) => value)).toEqual([
      'of value',
      '$UNKNOWN',
    ])
  })

  it('tags, when the job is created; unknown names stay', async () => {
    const id = await create({ tags: ['$X', '$UNKNOWN'] })
    expect((await gateway.services.jobs.find(id))?.tags).toEqual(['value', '$UNKNOWN'])
    expect((await gateway.post('/jobs/request', { token: runner.token })).status).toBe(201)
  })

  it('resource_group, so that two jobs of the same environment run one after the other', async () => {
    const deploy = async (environment: string) =>
      (await gateway.services.jobs.find(
        await create({ resource_group: 'deploy/$ENV', variables: { ENV: environment } }),
      )) ?? { status: 'none', resourceGroup: null }
    const [first, second, other] = [await deploy('live'), await deploy('live'), await deploy('test')]
    expect([first, second, other].map(({ status, resourceGroup }) => [status, resourceGroup])).toEqual([
      ['pending', 'deploy/live'],
      ['waiting_for_resource', 'deploy/live'],
      ['pending', 'deploy/test'],
    ])
  })

  it('tags and resource_group of jobs that are created together, with the variables of project and pipeline', async () => {
    const { id: projectId } = await gateway.admin<{ id: number }>('mutation', 'projects.create', {
      path: 'keywords',
      variables: [{ key: 'ENV', value: 'project' }],
    })
    const { ids } = await gateway.admin<{ ids: number[] }>('mutation', 'jobs.createMany', {
      projectId,
      ref: 'main',
      variables: [{ key: 'SIZE', value: 'big' }],
      jobs: [
        {
          name: 'a',
          definition: { script: 'x', resource_group: '$ENV-$CI_COMMIT_BRANCH-$CI_JOB_NAME', tags: ['$SIZE'] },
        },
      ],
    })
    const job = await gateway.services.jobs.find(ids[0] ?? 0)
    expect([job?.resourceGroup, job?.tags]).toEqual(['project-main-a', ['big']])
    const again = await gateway
      .admin('mutation', 'jobs.createMany', {
        projectId,
        jobs: [{ name: 'a', definition: { script: 'x', tags: ['$CI_JOB_ID'] } }],
      })
      .then(String, String)
    expect(again).toContain('jobs.0.definition.tags[0]')
  })
})

describe('a variable is refused, naming the keyword, in', () => {
  it.each<[string, object]>([
    ['timeout', { timeout: '$X' }],
    ['start_in', { when: 'delayed', start_in: '$X' }],
    ['when', { when: '$X' }],
    ['retry', { retry: '$X' }],
    ['retry.max', { retry: { max: '$X' } }],
    ['retry.when', { retry: { max: 1, when: '$X' } }],
    ['retry.exit_codes', { retry: { max: 1, exit_codes: ['$X'] } }],
    ['allow_failure', { allow_failure: '$X' }],
    ['allow_failure.exit_codes', { allow_failure: { exit_codes: ['$X'] } }],
    ['interruptible', { interruptible: '$X' }],
    ['dependencies', { dependencies: ['$X'] }],
    ['image.pull_policy', { image: { name: 'a', pull_policy: '$X' } }],
    ['services[0].pull_policy', service({ pull_policy: '$X' })],
    ['artifacts.expire_in', stored({ expire_in: '$X' })],
    ['artifacts.when', stored({ when: '$X' })],
    ['artifacts.access', stored({ access: '$X' })],
    ['artifacts.public', stored({ public: '$X' })],
    ['artifacts.untracked', stored({ untracked: '$X' })],
    ['artifacts.expose_as', stored({ expose_as: '$X' })],
    ['cache.policy', cached({ policy: '$X' })],
    ['cache.when', cached({ when: '$X' })],
    ['cache.untracked', cached({ untracked: '$X' })],
    ['cache.unprotect', cached({ unprotect: '$X' })],
    ['cache.key', cached({ key: { files: ['$X'] } })],
    ['environment', { environment: '$X' }],
    ['parallel', { parallel: '$X' }],
    ['rules', { rules: [{ if: '$X' }] }],
    ['needs', { needs: ['$X'] }],
    ['id_tokens', { id_tokens: { A: { aud: '$X' } } }],
  ])('%s', async (keyword, definition) => {
    await expect(create(definition)).rejects.toThrow(keyword)
    await expect(create(definition)).rejects.toThrow('400')
  })
})
