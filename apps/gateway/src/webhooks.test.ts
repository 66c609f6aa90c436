import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Services } from '@yardmaster/domain'
import { deliverWebhooks } from '@yardmaster/domain/webhooks'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { HttpRequestSender } from './adapters/http-request-sender.ts'
import { showEvents } from './shapes/show-events.ts'
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts'
import { type Received, Receiver } from './testing/webhook-receiver.ts'

interface Delivery {
  readonly id: number
  readonly key: string
  readonly state: string
  readonly status: string | null
  readonly dueAt: string | null
  readonly attempts: {
    at: string
    status: number | null
    error: string | null
    response: string | null
    durationMs: number
  }[]
}

let gateway: TestGateway
let services: Services

beforeAll(async () => {
  gateway = await startTestGateway()
  services = gateway.services
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(() => gateway.database.db.script('delete from webhook_deliveries; delete from webhooks'))

const createJob = async () =>
  (await gateway.admin<{ id: number }>('mutation', 'jobs.create', { name: 'x', definition: { script: ['x'] } })).id

const hook = (input: object) =>
  gateway.admin<{ id: number; url: string; secret: string }>('mutation', 'webhooks.create', input)

const deliveriesOf = async (id: number) =>
  (await gateway.admin<{ items: Delivery[] }>('query', 'webhooks.deliveries', { id })).items

/** Delivers like housekeeping does every second. */
const deliver = (over: Partial<Services> = {}) => deliverWebhooks({ ...services, ...over, ...showEvents(services) })

/** Makes every waiting delivery due at once. */
const skipPause = () =>
  gateway.database.db.script("update webhook_deliveries set due_at = now() - interval '1 hour' where state = 'waiting'")

/** Verifies a signature as a receiver does: it signs the header's time, a dot and the body. */
function verifies({ headers, text }: Received, secret: string): boolean {
  const { t = '', v1 = '' } = Object.fromEntries(
    String(headers['x-yardmaster-signature'])
      .split(',')
      .map((part) => part.split('=')),
  )
  const expected = createHmac('sha256', secret).update(`${t}.${text}`).digest()
  return timingSafeEqual(Buffer.from(v1, 'hex'), expected) && Math.abs(Date.now() / 1000 - Number(t)) < 60
}

describe('a webhook', () => {
  it('gets headers and bodies as in the OpenAPI document, for a job with artifacts too', async () => {
    await using receiver = await new Receiver().open()
    const { id: webhook } = await hook({ url: receiver.url, events: ['job', 'pipeline'] })
    const runner = await gateway.register()
    const id = await createJob()
    const taken = (await gateway.post('/jobs/request', { token: runner.token })).body as { id: number; token: string }
    expect(taken.id).toBe(id)
    const upload = await gateway.call(
      'POST',
      `/api/v4/jobs/${id}/artifacts?artifact_type=api_fuzzing&artifact_format=raw`,
      {
        headers: { 'job-token': taken.token, 'content-type': 'multipart/form-data; boundary=b' },
        body: '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n',
      },
    )
    expect([upload.status, upload.text]).toEqual([201, '201'])
    await gateway.call('PUT', `/api/v4/jobs/${id}`, { json: { token: taken.token, state: 'success' } })
    await services.background.settle()
    await deliver()
    await gateway.admin('mutation', 'webhooks.test', { id: webhook })

    const document = (await gateway.call('GET', '/api/openapi.json')).body as {
      webhooks: Record<string, { post: { parameters: { name: string; required: boolean }[] } }>
    }
    const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { 'date-time': true } })
    ajv.addSchema({ $id: 'document', ...document })
    const events = receiver.received.map(({ body }) => body.event)
    expect(events.toSorted().filter((event) => event !== 'pipeline')).toEqual(['job', 'job', 'job', 'test'])
    expect(new Set(events)).toEqual(new Set(Object.keys(document.webhooks)))
    for (const { headers, body } of receiver.received) {
      const fits = ajv.getSchema(`document#/webhooks/${body.event}/post/requestBody/content/application~1json/schema`)
      expect([fits?.(body), fits?.errors]).toEqual([true, null])
      for (const { name, required } of document.webhooks[body.event]?.post.parameters ?? [])
        expect(required && name.toLowerCase() in headers, name).toBe(true)
    }
    const artifacts = receiver.received.map(({ body }) => (body.job as { artifacts?: unknown[] })?.artifacts?.length)
    expect(artifacts).toContain(1)
  })

  it('is told of pipelines, as they are after each change', async () => {
    await using receiver = await new Receiver().open()
    await hook({ url: receiver.url, events: ['pipeline'] })
    const id = await createJob()
    const { pipelineId } = await gateway.admin<{ pipelineId: number }>('query', 'jobs.get', { id })
    await gateway.admin('mutation', 'jobs.cancel', { id })
    await services.background.settle()
    await deliver()
    const shown = await gateway.admin<Record<string, unknown>>('query', 'pipelines.get', { id: pipelineId })
    const last = receiver.received.find(({ body }) => body.pipeline?.status === 'canceled')?.body
    expect(shown).toMatchObject(last?.pipeline ?? {})
    expect(last).toMatchObject({ event: 'pipeline', url: `${gateway.url}/pipelines/${pipelineId}` })
    const first = receiver.received.find(({ body }) => body.previousStatus === null)?.body
    expect(first).toMatchObject({ event: 'pipeline', pipeline: { id: pipelineId, finishedAt: null } })
    expect(receiver.received.every(({ body }) => body.job === undefined)).toBe(true)
  })

  it('receives every change, signed, with the job as the admin API shows it', async () => {
    await using receiver = await new Receiver().open()
    const { secret } = await hook({ url: receiver.url })
    const id = await createJob()
    const shown = await gateway.admin('query', 'jobs.get', { id })
    await gateway.admin('mutation', 'jobs.cancel', { id })
    await deliver()
    expect(receiver.received).toHaveLength(2)
    const [made, canceled] = receiver.received.toSorted((a) => (a.body.previousStatus === null ? -1 : 1))
    if (!made || !canceled) throw new Error('an event is missing')
    expect(made.body).toEqual({
      id: made.headers['x-yardmaster-delivery'],
      event: 'job',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      previousStatus: null,
      url: `${gateway.url}/jobs/${id}`,
      job: shown,
    })
    expect(canceled.body).toMatchObject({ previousStatus: 'pending', job: { id, status: 'canceled', artifacts: [] } })
    expect(made.headers).toMatchObject({
      'content-type': 'application/json',
      'x-yardmaster-event': 'job',
      'user-agent': 'Yardmaster/0.0.0',
    })
    expect([verifies(made, secret), verifies(canceled, secret)]).toEqual([true, true])
    expect(verifies(made, `${secret}x`)).toBe(false)
    expect(verifies({ ...made, text: made.text.replace('pending', 'running') }, secret)).toBe(false)
  })

  it('shows its secret once, and its password never', async () => {
    const { id, url, secret } = await hook({ url: 'https://user:hunter2@example.com/hook' })
    expect(secret).toMatch(/^ymwh-[\w-]{24}$/)
    expect(url).toBe('https://user:***@example.com/hook')
    const answers = [
      await gateway.admin('query', 'webhooks.list'),
      await gateway.admin('query', 'webhooks.get', { id }),
      await gateway.admin('mutation', 'webhooks.update', { id, statuses: ['failed'] }),
    ]
    expect(JSON.stringify(answers)).not.toMatch(/hunter2|ymwh-/)
    const rotated = await gateway.admin<{ secret: string }>('mutation', 'webhooks.rotateSecret', { id })
    expect(rotated.secret).not.toBe(secret)
  })

  it('gets the user and password of its address as basic authentication', async () => {
    await using receiver = await new Receiver().open()
    const { id } = await hook({ url: receiver.url.replace('//', '//me:p%40ss@') })
    await gateway.admin('mutation', 'webhooks.test', { id })
    expect(receiver.received[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`)
  })

  it.each([
    ['an invalid address', { url: 'example' }, /400 .*url/],
    ['an address of another kind', { url: 'ftp://example.com/' }, /400 .*url/],
    ['a status that does not exist', { url: 'http://example.com', statuses: ['asleep'] }, /400 .*statuses/],
    ['a project that does not exist', { url: 'http://example.com', projectId: 2_147_483_000 }, /404 .*project/],
  ])('with %s is refused', async (_what, input, refusal) => {
    await expect(hook(input)).rejects.toThrow(refusal)
  })

  it('that does not exist is not found', async () => {
    for (const [kind, name] of [
      ['query', 'get'],
      ['query', 'deliveries'],
      ['mutation', 'update'],
      ['mutation', 'remove'],
      ['mutation', 'rotateSecret'],
      ['mutation', 'test'],
    ] as const) {
      await expect(gateway.admin(kind, `webhooks.${name}`, { id: 2_147_483_000 })).rejects.toThrow(/404/)
    }
  })

  it('can be tested at once, even while it is switched off', async () => {
    await using receiver = await new Receiver().open()
    receiver.answer = { status: 418, text: 'a teapot\0'.padEnd(5000, '.') }
    const { id, secret } = await hook({ url: receiver.url, enabled: false })
    const tested = await gateway.admin<Delivery>('mutation', 'webhooks.test', { id })
    expect(tested).toMatchObject({ state: 'failed', dueAt: null, attempts: [{ status: 418, error: /418/ }] })
    expect(tested.attempts[0]?.response).toMatch(/^a teapot\uFFFD\.{1000,1015}$/)
    const [received] = receiver.received
    expect(received?.body).toEqual({ id: tested.key, event: 'test', time: expect.any(String) })
    expect(received && verifies(received, secret)).toBe(true)
  })
})

describe('a delivery', () => {
  it('that is refused, cut off, redirected or not answered in time is sent again', async () => {
    await using receiver = await new Receiver().open()
    await using elsewhere = await new Receiver().open()
    const { id } = await hook({ url: receiver.url, statuses: ['pending'] })
    await createJob()
    receiver.answer = 'cut'
    await deliver()
    receiver.answer = { status: 307, headers: { location: elsewhere.url } }
    await skipPause()
    await deliver()
    receiver.answer = 'silence'
    await skipPause()
    await deliver({ requestSender: new HttpRequestSender({ timeoutMs: 200 }) })
    await receiver[Symbol.asyncDispose]()
    await skipPause()
    await deliver()
    const [delivery] = await deliveriesOf(id)
    expect(delivery).toMatchObject({ state: 'waiting' })
    expect(delivery?.attempts.map(({ status, error }) => `${status} ${error}`)).toEqual([
      expect.stringMatching(/^null can’t reach the receiver: /),
      expect.stringMatching(/^307 /),
      'null no answer within 0.2 s',
      expect.stringMatching(/^null can’t reach the receiver: .*ECONNREFUSED/),
    ])
    expect(elsewhere.received).toEqual([])
  })
})
