import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway({ policy: { maxTraceMib: 7 } })
})
afterAll(async () => gateway[Symbol.asyncDispose]())

interface Details {
  readonly runner: { readonly id: number; readonly description: string | null } | null
  readonly manager: { readonly systemId: string; readonly executor: string | null } | null
  readonly definition: { readonly script: string[]; readonly image: string | null }
  readonly variables: { key: string; value: string | null; masked: boolean; from: string }[]
}

interface Page {
  readonly items: readonly { readonly id: number }[]
  readonly nextCursor: string | null
}

const details = (id: number) => gateway.admin<Details>('query', 'jobs.details', { id })

async function createJob(job: Record<string, unknown>): Promise<number> {
  const { id } = await gateway.admin<{ id: number }>('mutation', 'jobs.create', { name: 'sample', ...job })
  return id
}

test('jobs.details returns the definition of a job, with the values of masked variables hidden', async () => {
  const project = await gateway.admin<{ id: number }>('mutation', 'projects.create', {
    path: 'details',
    variables: [
      { key: 'REGION', value: 'north' },
      { key: 'ONLY_PROTECTED', value: 'x', protected: true },
      { key: 'DEPLOY_TOKEN', value: 'secret-of-project', masked: true },
    ],
  })
  const id = await createJob({
    projectId: project.id,
    ref: 'some-branch',
    definition: { script: ['make'], image: 'alpine', variables: { LEVEL: '1' } },
    variables: [{ key: 'REASON', value: 'secret-of-pipeline', masked: true }],
  })
  const shown = await details(id)
  expect(shown.definition).toMatchObject({ script: ['make'], image: 'alpine' })
  expect(shown.variables).toMatchObject([
    { key: 'LEVEL', value: '1', from: 'job' },
    { key: 'REGION', value: 'north', from: 'project' },
    { key: 'DEPLOY_TOKEN', value: null, masked: true, from: 'project' },
    { key: 'REASON', value: null, masked: true, from: 'pipeline' },
  ])
  expect(JSON.stringify(shown)).not.toContain('secret-of')
  expect(shown).toMatchObject({ runner: null, manager: null })
})

test('jobs.details names the runner and the manager that claimed the job', async () => {
  const { id: runnerId, token } = await gateway.register({
    description: 'taker',
    run_untagged: false,
    tag_list: 'taken',
  })
  const id = await createJob({ definition: { script: ['true'], tags: ['taken'] } })
  const taken = await gateway.post('/jobs/request', { token, system_id: 's_taker', info: { executor: 'shell' } })
  expect(taken.status).toBe(201)
  expect(await details(id)).toMatchObject({
    runner: { id: runnerId, description: 'taker' },
    manager: { systemId: 's_taker', executor: 'shell' },
  })
})

test('jobs.details refuses an unknown job with NOT_FOUND', async () => {
  await expect(details(999_999)).rejects.toThrow('NOT_FOUND')
})

test('jobs.list finds jobs that require a tag', async () => {
  const id = await createJob({ definition: { script: ['true'], tags: ['rare', 'other'] } })
  const found = await gateway.admin<{ items: { id: number }[] }>('query', 'jobs.list', { runnerTag: 'rare' })
  expect(found.items.map((job) => job.id)).toEqual([id])
})

test('jobs.list returns the newest or the oldest jobs first, page by page', async () => {
  const ids: number[] = []
  for (let made = 0; made < 3; made++) ids.push(await createJob({ definition: { script: ['true'], tags: ['sorted'] } }))
  const pagesOf = async (sort?: string): Promise<number[][]> => {
    const pages: number[][] = []
    let cursor: string | null = null
    do {
      const input: object = { runnerTag: 'sorted', limit: 2, ...(sort && { sort }), ...(cursor && { cursor }) }
      const found: Page = await gateway.admin('query', 'jobs.list', input)
      pages.push(found.items.map(({ id }) => id))
      cursor = found.nextCursor
    } while (cursor !== null)
    return pages
  }
  const [first, second, third] = ids
  expect(await pagesOf('oldest')).toEqual([[first, second], [third]])
  expect(await pagesOf('newest')).toEqual([[third, second], [first]])
  expect(await pagesOf()).toEqual([[third, second], [first]])
  await expect(pagesOf('status')).rejects.toThrow('BAD_REQUEST')
})

test('settings.limits returns the settings of the environment', async () => {
  expect(await gateway.admin('query', 'settings.limits')).toMatchObject({ maxTraceMib: 7, externalUrl: gateway.url })
})

test('jobs.usualDuration returns the median of earlier jobs of the same name that succeeded', async () => {
  const { id: projectId } = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'usual' })
  const { token } = await gateway.register({ description: 'usual', run_untagged: false, tag_list: 'usual' })
  const usual = (id: number) => gateway.admin('query', 'jobs.usualDuration', { id })
  const job = { projectId, name: 'compile', definition: { script: ['make'], tags: ['usual'] } }
  const first = await createJob({ ...job, ref: 'feature' })
  expect(await usual(first)).toEqual({ seconds: null, runs: 0, ref: null })
  const taken = await gateway.post('/jobs/request', { token })
  const { token: jobToken } = taken.body as { token: string }
  const ended = await gateway.call('PUT', `/api/v4/jobs/${first}`, { json: { token: jobToken, state: 'success' } })
  expect(ended.status).toBe(200)
  const seconds = expect.any(Number)
  expect(await usual(await createJob({ ...job, ref: 'feature' }))).toEqual({ seconds, runs: 1, ref: 'feature' })
  expect(await usual(await createJob({ ...job, ref: 'other' }))).toEqual({ seconds, runs: 1, ref: null })
  expect(await usual(await createJob({ ...job, name: 'test', ref: 'feature' }))).toMatchObject({ seconds: null })
})

test('jobs.count counts the jobs that jobs.list has', async () => {
  const { id } = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'counted' })
  for (const tags of [['counted'], [], ['counted']])
    await createJob({ projectId: id, definition: { script: 'x', tags } })
  const count = (filter: object) => gateway.admin<unknown>('query', 'jobs.count', filter)
  expect(await count({ projectId: id })).toEqual({ jobs: 3, more: false })
  expect(await count({ projectId: id, runnerTag: 'counted' })).toEqual({ jobs: 2, more: false })
  expect(await count({ projectId: id, status: 'failed' })).toEqual({ jobs: 0, more: false })
  const found = await gateway.call('GET', `/api/admin/v1/jobs/count?projectId=${id}&search=counted`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  expect([found.status, found.body]).toEqual([200, { jobs: 3, more: false }])
})
