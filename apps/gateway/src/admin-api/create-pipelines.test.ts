import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

interface Made {
  readonly id: number
  readonly jobs: readonly { readonly id: number }[]
}
interface Page {
  readonly items: readonly { readonly id: number }[]
}

const create = (content: string, input: Record<string, unknown> = {}) =>
  gateway.admin<Made>('mutation', 'pipelines.create', { content, ...input })
const get = (id: number) => gateway.admin('query', 'pipelines.get', { id })

/** Calls a mutation that must be refused. Returns the refusal. */
async function refusalOf(procedure: string, json: object): Promise<unknown> {
  const { body } = await gateway.call('POST', `/trpc/${procedure}`, {
    json,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  return (body as { error: { data: { refusal: unknown } } }).error.data.refusal
}

describe('pipelines.create', () => {
  it('creates the jobs of a configuration, and answers with them', async () => {
    const content = `
      stages: [build, deploy]
      workflow: { name: 'Pipeline of $CI_COMMIT_BRANCH' }
      build: { stage: build, script: [make] }
      deploy: { stage: deploy, script: [./deploy], when: manual }
    `
    const made = await create(content, { variables: [{ key: 'COLOUR', value: 'green' }] })
    expect(made).toEqual({
      id: expect.any(Number),
      jobs: [
        { id: expect.any(Number), name: 'build', stage: 'build', status: 'pending' },
        { id: expect.any(Number), name: 'deploy', stage: 'deploy', status: 'created' },
      ],
      warnings: [],
    })
    const [build, deploy] = made.jobs.map(({ id }) => id)
    expect(await get(made.id)).toMatchObject({
      ...{ id: made.id, status: 'pending', name: 'Pipeline of main', ref: 'main', source: 'api' },
      ...{ createdBy: 'admin_token', createdAt: expect.any(String), startedAt: null, finishedAt: null, duration: null },
      stages: [
        { name: 'build', status: 'pending', jobs: [build] },
        { name: 'deploy', status: 'created', jobs: [deploy] },
      ],
      variables: [{ key: 'COLOUR', value: 'green' }],
      configuration: expect.stringContaining('Pipeline of $CI_COMMIT_BRANCH'),
    })
  })

  it('shows jobs with what the configuration said of them', async () => {
    const { jobs } = await create(`
      a: { script: [x], parallel: { matrix: [{ OS: [mac, win] }] }, interruptible: true }
      b: { stage: deploy, script: [x], needs: ["a: [mac]"], when: on_failure, environment: production }
    `)
    const job = (index: number) => gateway.admin('query', 'jobs.get', { id: jobs[index]?.id })
    expect(await job(1)).toMatchObject({
      name: 'a: [win]',
      ...{ stageIndex: 0, schedulingType: 'stage', needs: null, when: 'on_success', interruptible: true },
      parallel: { index: 2, total: 2 },
    })
    expect(await job(2)).toMatchObject({
      name: 'b',
      ...{ stageIndex: 1, schedulingType: 'dag', needs: ['a: [mac]'], when: 'on_failure', environment: 'production' },
      parallel: null,
    })
  })

  it('answers a dry run without ids, and refusals as data', async () => {
    const before = await gateway.admin('query', 'pipelines.list', { limit: 1 })
    expect(await create('a: { script: [x] }', { dryRun: true })).toEqual({
      id: null,
      jobs: [{ id: null, name: 'a', stage: 'test', status: 'pending' }],
      warnings: [],
    })
    const refusal = (content: string) => refusalOf('pipelines.create', { content })
    expect(await refusal('a: { script: 5 }\nb: { stage: nowhere, script: [x] }')).toMatchObject({
      kind: 'config_invalid',
      errors: [{ message: expect.stringContaining('a:script config'), line: 1, file: null }],
    })
    expect(await refusal('a: { trigger: group/project }')).toMatchObject({ kind: 'config_invalid' })
    expect(await refusal('workflow: { rules: [{ when: never }] }\na: { script: [x] }')).toMatchObject({
      kind: 'pipeline_filtered',
    })
    expect(await refusal('a: { script: [x], rules: [{ when: never }] }')).toMatchObject({ kind: 'pipeline_empty' })
    expect(await gateway.admin('query', 'pipelines.list', { limit: 1 })).toEqual(before)
  })
})

describe('a pipeline', () => {
  it('is canceled, retried and removed by id, and says why it cannot be', async () => {
    const { id, jobs } = await create('a: { script: [x] }')
    expect(await refusalOf('pipelines.retry', { id })).toMatchObject({ kind: 'pipeline_not_retryable' })
    expect(await refusalOf('pipelines.remove', { id })).toMatchObject({ kind: 'pipeline_under_way' })
    expect(await gateway.admin('mutation', 'pipelines.cancel', { id })).toMatchObject({ id, status: 'canceled' })
    expect(await refusalOf('pipelines.cancel', { id })).toMatchObject({ kind: 'pipeline_over' })
    await gateway.services.background.settle()
    const again = await gateway.admin<{ stages: { jobs: number[] }[] }>('mutation', 'pipelines.retry', { id })
    expect(again).toMatchObject({ id, status: 'running', stages: [{ name: 'test', status: 'pending' }] })
    expect(again.stages[0]?.jobs).not.toContain(jobs[0]?.id)
    await gateway.admin('mutation', 'pipelines.cancel', { id })
    await gateway.admin('mutation', 'pipelines.remove', { id })
    for (const call of ['cancel', 'retry', 'remove']) {
      expect(await refusalOf(`pipelines.${call}`, { id })).toMatchObject({ kind: 'pipeline_not_found' })
    }
    await expect(get(id)).rejects.toThrow('pipeline_not_found')
    await expect(gateway.admin('query', 'pipelines.jobs', { id })).rejects.toThrow('pipeline_not_found')
  })

  it('shows all its jobs in one answer', async () => {
    const { id } = await create(`
      stages: [one, two]
      last: { stage: two, script: [x], needs: ["b 2/2"] }
      b: { stage: one, script: [x], parallel: 2 }
    `)
    expect(await gateway.admin('query', 'pipelines.jobs', { id })).toMatchObject({
      pipeline: { id, status: 'pending' },
      jobs: [
        {
          name: 'b 1/2',
          stage: 'one',
          stageIndex: 0,
          status: 'pending',
          needs: null,
          parallel: { index: 1, total: 2 },
        },
        { name: 'b 2/2', parallel: { index: 2, total: 2 }, failureReason: null, startedAt: null, finishedAt: null },
        { name: 'last', stage: 'two', stageIndex: 1, needs: ['b 2/2'], when: 'on_success', parallel: null },
      ],
    })
  })

  it('is listed by what it is, the newest first', async () => {
    const sha = 'c'.repeat(40)
    const { id } = await create('workflow: { name: Nightly }\na: { script: [x] }', {
      ...{ ref: 'topic/one', source: 'schedule', sha },
    })
    const { id: newer } = await create('a: { script: [x] }', { ref: 'topic/two' })
    await gateway.admin('mutation', 'pipelines.cancel', { id: newer })
    const ids = async (filter: object) =>
      (await gateway.admin<Page>('query', 'pipelines.list', filter)).items.map((one) => one.id)
    const filters = [{ ref: 'topic/one' }, { source: 'schedule' }, { search: 'night' }, { sha }]
    for (const filter of filters) expect(await ids(filter), JSON.stringify(filter)).toEqual([id])
    expect(await ids({ status: 'canceled' })).toContain(newer)
    expect(await ids({ status: 'canceled' })).not.toContain(id)
    expect(await ids({ createdBy: 'admin_token', limit: 2 })).toEqual([newer, id])
    expect(await ids({ createdBy: 'session' })).toEqual([])
  })
})
