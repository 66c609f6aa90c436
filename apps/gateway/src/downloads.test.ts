import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from './testing/test-gateway.ts'

let gateway: TestGateway
let runner: { id: number; token: string }
let jobId: number

beforeAll(async () => {
  gateway = await startTestGateway()
  runner = await gateway.register()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

beforeEach(async () => {
  await gateway.admin('mutation', 'jobs.create', { name: 'sample', definition: { script: ['true'] } })
  const { body } = await gateway.post('/jobs/request', { token: runner.token })
  jobId = (body as { id: number }).id
})

const BYTES = Buffer.from('0123456789')
const SHA256 = createHash('sha256').update(BYTES).digest('hex')

/** Stores an artifact as an upload does. */
async function store({ type = 'archive', filename = 'artifacts.zip', expireAt = null as Date | null } = {}) {
  const { artifacts, objects } = gateway.services
  const key = `artifacts/${randomUUID()}`
  await artifacts.announce([key], new Date(Date.now() + 3_600_000))
  await objects.put(key, BYTES)
  const format = type === 'archive' ? 'zip' : 'raw'
  const record = { jobId, type, format, filename, size: BYTES.length, sha256: SHA256, key, listingKey: null, expireAt }
  expect(await artifacts.store({ ...record, format, accessibility: 'public' })).toBe('stored')
  return { key }
}

const download = (path = 'artifacts/archive', headers: Record<string, string> = {}, method = 'GET') =>
  gateway.call(method, `/download/jobs/${jobId}/${path}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
  })

describe('/download/jobs/:id/artifacts/:type', () => {
  it('sends the bytes as they were uploaded, to be saved and not shown', async () => {
    await store({ type: 'sast', filename: 'gl-sast-report.json' })
    const { status, text, headers } = await download('artifacts/sast')
    expect([status, text]).toEqual([200, '0123456789'])
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '10',
      'content-disposition': `attachment; filename="gl-sast-report.json"; filename*=UTF-8''gl-sast-report.json`,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      etag: `"${SHA256}"`,
    })
  })

  it('answers ranges, HEAD and conditions', async () => {
    await store()
    const part = await download('artifacts/archive', { range: 'bytes=2-4' })
    expect([part.status, part.text, part.headers['content-range']]).toEqual([206, '234', 'bytes 2-4/10'])
    const head = await download('artifacts/archive', {}, 'HEAD')
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', '10'])
    const same = await download('artifacts/archive', { 'if-none-match': `"${SHA256}"` })
    expect([same.status, same.text]).toEqual([304, ''])
    const changed = await download('artifacts/archive', { range: 'bytes=2-4', 'if-range': '"another"' })
    expect([changed.status, changed.text]).toEqual([200, '0123456789'])
    const behind = await download('artifacts/archive', { range: 'bytes=10-' })
    expect([behind.status, behind.headers['content-range']]).toEqual([416, 'bytes */10'])
  })

  it('answers 404 for an expired artifact, even if it is not deleted yet', async () => {
    await store({ expireAt: new Date(Date.now() - 1000) })
    expect((await download()).status).toBe(404)
    expect(await gateway.admin('query', 'artifacts.list', { jobId })).toEqual([])
  })

  it('answers 404, without an attachment, when the bytes are gone', async () => {
    const { key } = await store()
    await gateway.services.objects.delete([key])
    const { status, headers, body } = await download()
    expect(status).toBe(404)
    expect(headers).not.toHaveProperty('content-disposition')
    expect(headers['content-type']).toContain('application/json')
    expect(body).toEqual({
      message: 'There is no such artifact, or no such file in it.',
      refusal: { kind: 'artifact_not_found', fields: [], details: {} },
    })
  })

  it.each(['artifacts/archive', 'artifacts/trace', 'artifacts/%00', 'files/a.txt'])(
    'answers 404 without an artifact: %s',
    async (path) => {
      expect((await download(path)).status).toBe(404)
    },
  )

  it.each(['0', '-1', '1.5', 'x', '99999999999'])('answers 404 for the job %s', async (id) => {
    for (const path of ['artifacts/archive', 'files/a.txt', 'trace']) {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
      expect((await gateway.call('GET', `/download/jobs/${id}/${path}`, { headers })).status).toBe(404)
    }
  })

  it('answers 401 to any other caller', async () => {
    await store()
    for (const headers of [{}, { authorization: `Bearer ${runner.token}` }, { cookie: 'yardmaster_session=x' }]) {
      for (const path of ['artifacts/archive', 'files/a.txt']) {
        expect((await gateway.call('GET', `/download/jobs/${jobId}/${path}`, { headers })).status).toBe(401)
      }
    }
  })
})
