import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

test('a runner with control characters in its names registers, and is shown with each of them replaced', async () => {
  const { id, token } = await gateway.register({
    description: 'edge\u202e70',
    maintenance_note: 'one\ntwo\u2067',
    tag_list: ['li\u0007nux'],
    info: { name: 'gitlab\u200frunner' },
  })
  const info = { platform: 'li\u202enux', version: '1\n2', features: { variables: true, 'a\u202eb': 'c\u2069' } }
  expect((await gateway.post('/jobs/request', { token, system_id: 's_1\u202e', info })).status).toBe(204)
  expect(await gateway.admin('query', 'runners.get', { id })).toMatchObject({
    description: 'edge\ufffd70',
    maintenanceNote: 'one\ntwo\ufffd',
    tagList: ['li\ufffdnux'],
    name: 'gitlab\ufffdrunner',
    platform: 'li\ufffdnux',
    managers: [{ systemId: 's_1\ufffd', features: { variables: true, 'a\ufffdb': 'c\ufffd' } }],
  })
})

test('a runner’s features with texts that no database can store are dropped, and its request is answered', async () => {
  const { id, token } = await gateway.register()
  for (const features of ['{"a":{"b":{"c":"\\u0000"}}}', '{"a":{"b":{"\\ud83d":1}}}', '{"a":[[[["\\udc00"]]]]}']) {
    const body = `{"token":${JSON.stringify(token)},"info":{"version":"1","features":${features}}}`
    const headers = { 'content-type': 'application/json' }
    expect((await gateway.call('POST', '/api/v4/jobs/request', { body, headers })).status).toBe(204)
  }
  expect(await gateway.admin('query', 'runners.get', { id })).toMatchObject({ managers: [{ features: {} }] })
})
