import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** Runs `change` once, right after a runner was read for a request and before the request continues. */
function afterNextReading(change: () => Promise<unknown>): void {
  const { runners } = gateway.services
  const authenticate = runners.authenticate
  runners.authenticate = async (...given) => {
    runners.authenticate = authenticate
    const found = await authenticate(...given)
    await change()
    return found
  }
}

it.each([
  ['that polls for the first time', async () => undefined],
  [
    'that polled before',
    async (token: string) => void (await gateway.post('/jobs/request', { token, system_id: 's_1' })),
  ],
])('a runner %s and is changed at the same moment finds the job that it may run now', async (_, before) => {
  const { id, token } = await gateway.register({ tag_list: 'old', run_untagged: false })
  await before(token)
  const wanted = `new-${id}`
  await gateway.admin('mutation', 'jobs.create', { name: 'made', definition: { script: ['true'], tags: [wanted] } })
  // Another manager of the runner polls, so that a queue value exists again before this one reads it.
  afterNextReading(async () => {
    await gateway.admin('mutation', 'runners.update', { id, tagList: [wanted] })
    await gateway.services.scratch.setIfAbsent(
      `queue:${(await gateway.services.runners.tokenDigest(id)) ?? ''}`,
      'v',
      60_000,
    )
  })
  const reply = await gateway.post('/jobs/request', { token, system_id: 's_1' })
  expect(reply.status).toBe(201)
})
