import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

interface Page {
  readonly items: readonly { readonly id: number; readonly name: string }[]
  readonly nextCursor: string | null
}

const CONTENT = `
  deploy:
    script: [x]
    environment: { name: review/1, url: https://review.example.com, on_stop: stop, auto_stop_in: 1 day }
  stop: { script: [x], needs: [], when: manual, environment: { name: review/1, action: stop } }
  verify: { script: [x], tags: [nobody], environment: { name: qa, action: verify } }`

const list = (input: object = {}) => gateway.admin<Page>('query', 'environments.list', input)
const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }

/** Takes the next job as a runner, and reports that it succeeded. Returns its id. */
async function runNext(runner: { readonly token: string }): Promise<number> {
  const { body } = await gateway.post('/jobs/request', { token: runner.token, info: {} })
  const { id, token } = body as { id: number; token: string }
  await gateway.call('PUT', `/api/v4/jobs/${id}`, { json: { token, state: 'success' } })
  await gateway.services.background.settle()
  return id
}

it('lists what jobs deploy to, with the last deployment, and stops it', async () => {
  const runner = await gateway.register()
  const pipeline = await gateway.admin<{ id: number }>('mutation', 'pipelines.create', { content: CONTENT })
  const deploy = await runNext(runner)

  const { items } = await list({ search: 'review' })
  const at = expect.stringMatching(/^20.*Z$/)
  const deployment = {
    ...{ jobId: deploy, jobName: 'deploy', pipelineId: pipeline.id, ref: 'main', tag: false, sha: null },
    ...{ status: 'success', startedAt: at, finishedAt: at },
  }
  const environment = {
    ...{ id: expect.any(Number), projectId: 1, projectPath: 'default', name: 'review/1', tier: 'development' },
    ...{ slug: expect.stringMatching(/^review-1-/), state: 'available', url: 'https://review.example.com' },
    ...{ createdAt: at, stoppedAt: null, autoStopAt: at, lastDeployment: deployment, lastSuccess: deployment },
    stopJob: { id: expect.any(Number), name: 'stop', status: 'manual' },
  }
  expect(items).toEqual([environment])
  const id = items[0]?.id ?? 0
  expect(await gateway.admin('query', 'environments.get', { id })).toEqual(environment)
  expect(await gateway.admin('mutation', 'environments.keep', { id })).toEqual({ ...environment, autoStopAt: null })
  expect(await gateway.admin('mutation', 'environments.stop', { id })).toMatchObject({ state: 'stopping' })
  await runNext(runner)
  expect((await list({ state: 'stopped' })).items).toMatchObject([{ id, state: 'stopped', stoppedAt: at }])

  const { status, body } = await gateway.call('POST', `/api/admin/v1/environments/${id}/stop`, { json: {}, headers })
  expect(status).toBe(409)
  expect(body).toMatchObject({ kind: 'environment_not_stoppable', details: { id, state: 'stopped' } })
  const audit = await gateway.admin<{ items: readonly object[] }>('query', 'audit.list', {
    action: 'environments.stop',
  })
  expect(audit.items).toMatchObject([
    { subjectKind: 'environment', subjectIds: [id], outcome: 'refused' },
    { subjectKind: 'environment', subjectIds: [id], outcome: 'done' },
  ])
})

it('removes an environment that is stopped, and no other', async () => {
  const [[stopped], [available]] = [(await list({ search: 'review' })).items, (await list({ search: 'qa' })).items]
  const remove = async (id = 0) =>
    await gateway.call('DELETE', `/api/admin/v1/environments/${id}`, { json: {}, headers })
  expect(await remove(available?.id)).toMatchObject({
    status: 409,
    body: { kind: 'environment_not_stopped', details: { id: available?.id, state: 'available' } },
  })
  expect((await remove(stopped?.id)).status).toBe(204)
  expect((await list()).items.map(({ name }) => name)).toEqual(['qa'])
  expect((await remove(stopped?.id)).status).toBe(404)
  const audit = await gateway.admin<{ items: readonly object[] }>('query', 'audit.list', {
    action: 'environments.remove',
  })
  expect(audit.items).toMatchObject([
    { subjectIds: [stopped?.id], outcome: 'refused' },
    { subjectIds: [stopped?.id], outcome: 'done' },
    { subjectIds: [available?.id], outcome: 'refused' },
  ])
  await gateway.admin('mutation', 'pipelines.create', { content: CONTENT })
  expect((await list({ search: 'review' })).items).toMatchObject([{ state: 'available', lastDeployment: null }])
})

it('lists environments in pages, and refuses ids that do not exist and states that are unknown', async () => {
  const first = await list({ limit: 1 })
  const second = await list({ limit: 1, cursor: first.nextCursor })
  expect([...first.items, ...second.items].map(({ name }) => name).sort()).toEqual(['qa', 'review/1'])
  expect(second.nextCursor).toBeNull()
  const get = async (path: string) =>
    (await gateway.call('GET', `/api/admin/v1/environments${path}`, { headers })).status
  expect(await get('/2147483647')).toBe(404)
  expect([await get('/0'), await get('/x'), await get('?state=gone'), await get('?projectId=-1')]).toEqual([
    ...[400, 400, 400, 400],
  ])
})

it('marks an environment as stopped with force, and protects environments by the refs of a project', async () => {
  const [qa] = (await list({ search: 'qa' })).items
  expect(await gateway.admin('mutation', 'environments.stop', { id: qa?.id, force: true })).toMatchObject({
    ...{ state: 'stopped', stopJob: null, lastDeployment: null },
  })
  const protectedEnvironments = ['prod*', 'live']
  expect(await gateway.admin('mutation', 'projects.update', { id: 1, protectedEnvironments })).toMatchObject({
    protectedEnvironments,
  })
  await expect(gateway.admin('mutation', 'projects.update', { id: 1, protectedEnvironments: [' '] })).rejects.toThrow()
})
