import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
let projectId: number

beforeAll(async () => {
  gateway = await startTestGateway()
  projectId = (await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'many' })).id
})
afterAll(async () => gateway[Symbol.asyncDispose]())

async function createJobs(count: number, definition: object = {}): Promise<number[]> {
  const { ids } = await gateway.admin<{ ids: number[] }>('mutation', 'jobs.createMany', {
    projectId,
    jobs: Array.from({ length: count }, (_, at) => ({
      name: `job ${at}`,
      definition: { script: ['true'], ...definition },
    })),
  })
  return ids
}

interface Event {
  readonly action: string
  readonly outcome: string
  readonly subjectIds: readonly number[]
  readonly details: object
}

const lastEvent = async (action: string) =>
  (await gateway.admin<{ items: Event[] }>('query', 'audit.list', { action, limit: 1 })).items[0]

test('jobs.changeMany changes the given jobs as one act on record, which says how many', async () => {
  const ids = await createJobs(3)
  await gateway.admin('mutation', 'jobs.cancel', { id: ids[0] })
  const outcome = await gateway.admin('mutation', 'jobs.changeMany', { change: 'cancel', ids })
  expect(outcome).toEqual({ done: 2, refused: 1, stopped: false, more: false })
  expect(await lastEvent('jobs.changeMany')).toMatchObject({
    ...{ outcome: 'done', subjectIds: ids, details: { input: { change: 'cancel' }, changed: 2, refused: 1 } },
  })
})

test('jobs.changeMatching changes what a list has, and tells how far it is', async () => {
  await createJobs(4, { tags: ['matching'] })
  const progress = crypto.randomUUID()
  const filter = { projectId, status: 'pending', runnerTag: 'matching' }
  const answer = await gateway.call('POST', '/api/admin/v1/jobs/change-matching', {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    json: { change: 'cancel', atMost: 10, progress, ...filter },
  })
  expect([answer.status, answer.body]).toEqual([200, { done: 4, refused: 0, stopped: false, more: false }])
  expect(await gateway.admin('query', 'bulk.progress', { progress })).toEqual({ done: 4, refused: 0 })
  expect(await lastEvent('jobs.changeMatching')).toMatchObject({
    details: { input: { change: 'cancel', atMost: 10, ...filter }, withoutValue: ['progress'], changed: 4, refused: 0 },
  })
  expect(await gateway.admin('query', 'jobs.count', filter)).toEqual({ jobs: 0, more: false })
})

test('a change of many ends when its caller goes away, and the record says how many were changed', async () => {
  const ids = await createJobs(300)
  const gone = new AbortController()
  // The first of them is changed, then the caller goes away, and the second waits until the server knows.
  const { jobs } = gateway.services
  const { cancelWaiting } = jobs
  const canceled: number[] = []
  const noticed = Promise.withResolvers<void>()
  Object.assign(jobs, {
    async cancelWaiting(id: number) {
      const job = await cancelWaiting(id)
      canceled.push(id)
      if (canceled.length === 1) gone.abort()
      else await noticed.promise
      return job
    },
  })
  const calling = fetch(`${gateway.url}/trpc/jobs.changeMany`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ change: 'cancel', ids }),
    signal: gone.signal,
  })
  await expect(calling).rejects.toThrow('abort')
  // By then the server has read the end of the connection as well.
  await gateway.admin('query', 'settings.get')
  noticed.resolve()
  await expect
    .poll(async () => (await lastEvent('jobs.changeMany'))?.details, { timeout: 60_000 })
    .toMatchObject({ changed: canceled.length, refused: 0, stopped: true })
  Object.assign(jobs, { cancelWaiting })
  expect(canceled.length).toBeLessThan(300)
  const filter = { projectId, status: 'pending' }
  expect(await gateway.admin('query', 'jobs.count', filter)).toEqual({ jobs: 300 - canceled.length, more: false })
})

test('runners.changeMatching removes the runners that were never seen', async () => {
  const kept = await gateway.register({ description: 'kept' })
  for (let count = 0; count < 3; count++) await gateway.register({ description: `unseen ${count}` })
  const filter = { status: 'never_contacted', search: 'unseen' }
  expect(await gateway.admin('query', 'runners.count', filter)).toEqual({ runners: 3 })
  const change = (what: string) =>
    gateway.admin('mutation', 'runners.changeMatching', { change: what, atMost: 10, ...filter })
  expect(await change('pause')).toMatchObject({ done: 3, refused: 0 })
  expect(await gateway.admin('query', 'runners.count', { paused: true })).toEqual({ runners: 3 })
  expect(await change('remove')).toMatchObject({ done: 3, refused: 0 })
  expect(await gateway.admin('query', 'runners.count', {})).toEqual({ runners: 1 })
  expect(
    await gateway.admin('mutation', 'runners.changeMany', { change: 'remove', ids: [kept.id, 999] }),
  ).toMatchObject({
    ...{ done: 1, refused: 1 },
  })
})
