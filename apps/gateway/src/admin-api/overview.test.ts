import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(async () => gateway[Symbol.asyncDispose]())

interface Overview {
  readonly maintenance: boolean
  readonly maintenanceBegin: { readonly at: string; readonly by: object } | null
  readonly queue: { readonly waiting: number; readonly oldestAt: string | null }
  readonly runners: Readonly<Record<string, number>>
}

const overview = () => gateway.admin<Overview>('query', 'overview.get')

test('overview.get counts the jobs that wait, and the runners', async () => {
  expect(await overview()).toEqual({
    ...{ maintenance: false, maintenanceBegin: null, queue: { waiting: 0, oldestAt: null } },
    runners: { online: 0, offline: 0, stale: 0, neverContacted: 0 },
  })
  await gateway.register()
  await gateway.admin('mutation', 'jobs.create', { name: 'first', definition: { script: ['true'] } })
  const { id } = await gateway.admin<{ id: number }>('mutation', 'jobs.create', {
    ...{ name: 'asks', definition: { script: ['true'], when: 'manual' } },
  })
  // What was counted is shown for a second.
  await expect.poll(async () => (await overview()).queue.waiting, { timeout: 60_000 }).toBe(1)
  const { queue, runners } = await overview()
  const { items } = await gateway.admin<{ items: { id: number; queuedAt: string | null }[] }>('query', 'jobs.list')
  expect(queue.oldestAt).toBe(items.find((job) => job.id !== id)?.queuedAt)
  expect(runners.neverContacted).toBe(1)
})

test('overview.get says who switched maintenance on, and since when', async () => {
  await gateway.admin('mutation', 'settings.update', { maintenance: true })
  const { maintenance, maintenanceBegin } = await overview()
  expect(maintenance).toBe(true)
  const { items } = await gateway.admin<{ items: { at: string; action: string }[] }>('query', 'audit.list')
  expect(maintenanceBegin).toEqual({
    at: items.find(({ action }) => action === 'settings.update')?.at,
    by: { kind: 'admin_token', session: null },
  })
  await gateway.admin('mutation', 'settings.update', { maintenance: false })
  expect((await overview()).maintenanceBegin).toBeNull()
})
