import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

const BOUNDARY = 'b'.repeat(60)

let gateway: TestGateway
let runner: { id: number; token: string }

beforeAll(async () => {
  gateway = await startTestGateway()
  runner = await gateway.register()
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** Creates a running job with an archive. */
async function jobWithArchive(): Promise<{ id: number; token: string; key: string }> {
  await gateway.admin('mutation', 'jobs.create', { name: 'sample', definition: { script: ['true'] } })
  const { body } = await gateway.post('/jobs/request', { token: runner.token })
  const { id, token } = body as { id: number; token: string }
  const form = [
    `--${BOUNDARY}`,
    'Content-Disposition: form-data; name="file"; filename="artifacts.zip"',
    '',
    'hello',
    `--${BOUNDARY}--`,
  ].join('\r\n')
  const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, 'job-token': token }
  expect((await gateway.call('POST', `/api/v4/jobs/${id}/artifacts`, { body: form, headers })).status).toBe(201)
  const stored = await gateway.services.artifacts.find(id, 'archive')
  return { id, token, key: stored?.key ?? '' }
}

const download = (job: { id: number; token: string }, method = 'GET', query = '') =>
  gateway.call(method, `/api/v4/jobs/${job.id}/artifacts${query}`, { headers: { 'job-token': job.token } })

test('a missing file is answered with 404, however it is requested', async () => {
  const job = await jobWithArchive()
  expect((await download(job)).text).toBe('hello')
  await gateway.services.objects.delete([job.key])
  for (const query of ['', '?direct_download=true']) {
    const answer = await download(job, 'GET', query)
    expect([answer.status, answer.body]).toEqual([404, { message: '404 Not Found' }])
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.headers['content-disposition']).toBeUndefined()
    expect((await download(job, 'HEAD', query)).status).toBe(404)
  }
})

test('deleted archives are answered with 404', async () => {
  const job = await jobWithArchive()
  await gateway.services.artifacts.removeAll(job.id)
  expect((await download(job)).status).toBe(404)
})

test('the token of a finished job downloads nothing', async () => {
  const job = await jobWithArchive()
  await gateway.call('PUT', `/api/v4/jobs/${job.id}`, { json: { token: job.token, state: 'success' } })
  expect((await download(job)).status).toBe(401)
})
