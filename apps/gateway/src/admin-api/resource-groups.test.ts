import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

interface Page {
  readonly items: readonly { readonly name: string; readonly mode: string }[]
  readonly nextCursor: string | null
}
interface Made {
  readonly id: number
  readonly jobs: readonly { readonly id: number; readonly name: string }[]
}

const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
const list = (input: object = {}) => gateway.admin<Page>('query', 'resourceGroups.list', { projectId: 1, ...input })
const update = (input: object) => gateway.admin('mutation', 'resourceGroups.update', { projectId: 1, ...input })
const create = (content: string) => gateway.admin<Made>('mutation', 'pipelines.create', { content })
const patch = (json: object, project = 1) =>
  gateway.call('PATCH', `/api/admin/v1/projects/${project}/resource-groups`, { json, headers })

const GATED = `
  gate: { script: [x], when: manual, allow_failure: false }
  deploy: { stage: deploy, script: [x], resource_group: live/$CI_COMMIT_REF_NAME }`

it('lists the groups of a project, sets their modes, and says what a job waits for', async () => {
  const older = await create(GATED)
  const newer = await create('deploy: { script: [x], resource_group: live/main }')
  const [deploy, waiting] = [older.jobs[1]?.id ?? 0, newer.jobs[0]?.id ?? 0]
  await create('other: { script: [x], when: manual, resource_group: other }')
  const other = { name: 'other', mode: 'unordered', heldBy: null, waiting: 0 }
  expect(await list()).toEqual({
    items: [other, { name: 'live/main', mode: 'unordered', heldBy: waiting, waiting: 0 }],
    nextCursor: null,
  })
  const { nextCursor } = await list({ limit: 1 })
  expect(await list({ limit: 1, cursor: nextCursor })).toMatchObject({
    ...{ items: [{ name: 'live/main' }], nextCursor: null },
  })

  expect(await update({ name: 'live/main', mode: 'oldest_first' })).toEqual({
    ...{ name: 'live/main', mode: 'oldest_first', heldBy: waiting, waiting: 0 },
  })
  const third = (await create('deploy: { script: [x], resource_group: live/main }')).jobs[0]?.id ?? 0
  await gateway.admin('mutation', 'jobs.cancel', { id: waiting })
  await gateway.services.background.settle()
  expect(await gateway.admin('query', 'jobs.explain', { id: third })).toMatchObject({
    status: 'waiting_for_resource',
    waitsFor: [
      {
        ...{ id: deploy, name: 'deploy', status: 'created', pipelineId: older.id, reason: 'older_pipeline' },
        detail: expect.stringContaining('not ready yet'),
      },
    ],
  })
  expect((await list()).items[1]).toEqual({ name: 'live/main', mode: 'oldest_first', heldBy: null, waiting: 1 })
  const { status, body } = await patch({ name: 'live/main', mode: 'newest_first' })
  expect([status, body]).toEqual([200, { name: 'live/main', mode: 'newest_first', heldBy: third, waiting: 0 }])
})

it('puts a change on the record of the project', async () => {
  await create('one: { script: [x], when: manual, resource_group: recorded }')
  await update({ name: 'recorded', mode: 'newest_first' })
  const { items } = await gateway.admin<{ items: readonly object[] }>('query', 'audit.list', {
    ...{ subjectKind: 'project', subjectId: 1, action: 'resourceGroups.update', limit: 1 },
  })
  expect(items).toMatchObject([
    { outcome: 'done', details: { input: { projectId: 1, name: 'recorded', mode: 'newest_first' } } },
  ])
})

it('refuses by name what is not there', async () => {
  const refusal = (kind: string) => ({ type: expect.stringContaining(kind) })
  const mode = 'unordered'
  expect(await patch({ name: 'no such', mode })).toMatchObject({
    status: 404,
    body: refusal('resource_group_not_found'),
  })
  expect(await patch({ name: 'other', mode }, 2 ** 30)).toMatchObject({
    ...{ status: 404, body: refusal('project_not_found') },
  })
  const odd = await patch({ name: 'other', mode: 'random' })
  expect(odd).toMatchObject({ status: 400, body: { ...refusal('input_invalid'), fields: [{ path: 'mode' }] } })
  await expect(list({ projectId: 2 ** 30 })).rejects.toThrow()
})
