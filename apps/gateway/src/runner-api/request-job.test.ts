import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** Once, right after a runner was read for a request, this happens before the request goes on. */
function afterNextReading(happens: () => Promise<unknown>): void {
  const { runners } = gateway.services
  const authenticate = runners.authenticate
  runners.authenticate = async (...given) => {
    runners.authenticate = authenticate
    const found = await authenticate(...given)
    await happens()
    return found
  }
}

it.each([
  ['that asks for the first time', async () => undefined],
  [
    'that asked before',
    async (token: string) => void (await gateway.post('/jobs/request', { token, system_id: 's_1' })),
  ],
])('a runner %s and is changed at the same moment finds what it may take now', async (_, before) => {
  const { id, token } = await gateway.register({ tag_list: 'old', run_untagged: false })
  await before(token)
  const wanted = `new-${id}`
  await gateway.admin('mutation', 'jobs.create', { name: 'made', definition: { script: ['true'], tags: [wanted] } })
  // Another of its managers asks, so that there is a value again before this one looks.
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
