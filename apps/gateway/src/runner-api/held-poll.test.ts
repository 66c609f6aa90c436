import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

const PATIENCE = { timeout: 240_000 }

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ policy: { longPollMs: 600_000 } })
})
afterAll(() => gateway[Symbol.asyncDispose]())
afterEach(() => vi.restoreAllMocks())

/** Returns the answer to a request that will be held. */
async function heldRequest(token: string, headers: Record<string, string> = {}) {
  const { headers: first } = await gateway.post('/jobs/request', { token, system_id: 's_1' })
  const known = first['x-gitlab-last-update']
  return await gateway.post('/jobs/request', { token, system_id: 's_1', last_update: known }, headers)
}

async function heldPolls(): Promise<number> {
  const { text } = await gateway.call('GET', '/metrics')
  return Number(/^yardmaster_held_polls (\d+)$/m.exec(text)?.[1])
}

const createJob = () =>
  gateway.admin('mutation', 'jobs.create', { name: 'made', definition: { script: ['true'], tags: ['held'] } })

it('answers a held request with the same headers as any other, including its own id', async () => {
  const { token } = await gateway.register({ tag_list: 'held' })
  const answer = heldRequest(token, { 'X-Request-Id': 'mine' })
  await vi.waitFor(async () => expect(await heldPolls()).toBe(1), PATIENCE)
  await createJob()
  const held = await answer
  await createJob()
  const other = await gateway.post('/jobs/request', { token, system_id: 's_1' })
  expect([held.status, other.status]).toEqual([201, 201])
  expect(held.headers['x-request-id']).toBe('mine')
  expect(Object.keys(held.headers).toSorted()).toEqual(Object.keys(other.headers).toSorted())
  expect(await heldPolls()).toBe(0)
})

it('answers 500 when its work fails after waking up, and continues', async () => {
  const { token } = await gateway.register({ tag_list: 'held' })
  const answer = heldRequest(token)
  await vi.waitFor(async () => expect(await heldPolls()).toBe(1), PATIENCE)
  vi.spyOn(gateway.services.runners, 'authenticate').mockRejectedValueOnce(new Error('no database'))
  await createJob()
  expect((await answer).status).toBe(500)
  expect(await heldPolls()).toBe(0)
  expect((await gateway.post('/jobs/request', { token, system_id: 's_1' })).status).toBe(201)
})
