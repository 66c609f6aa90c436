import { beforeEach, describe, expect, it } from 'vitest'
import { MOST_ATTEMPTS, pauseAfter } from '../deliveries/attempt.ts'
import type { RequestSender, SentAnswer } from '../ports.ts'
import type { Services } from '../services.ts'
import { cancel, create, createMany, database, services, setUpScene } from '../testing/scene.ts'
import { createWebhook, updateWebhook } from './change-webhook.ts'
import { deliverWebhooks, redeliver, testWebhook } from './deliver-webhooks.ts'
import { signWebhook } from './sign-webhook.ts'

setUpScene()

type Sent = Parameters<RequestSender['send']>[0]

/** Receives requests in memory. */
class Receiver implements RequestSender {
  readonly received: Sent[] = []
  answer: (sent: Sent) => Promise<SentAnswer> = async () => ({ status: 200, headers: {}, body: '' })

  async send(sent: Sent) {
    this.received.push(sent)
    return await this.answer(sent)
  }

  get bodies(): Record<string, unknown>[] {
    return this.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  }
  answers(status: number, body = ''): void {
    this.answer = async () => ({ status, headers: {}, body })
  }
}

let receiver: Receiver
beforeEach(async () => {
  receiver = new Receiver()
  await database.db.script('delete from webhook_deliveries; delete from webhooks')
})

async function hook(given: object = {}): Promise<{ id: number; secret: string }> {
  const webhook = {
    projectId: null,
    url: 'http://receiver.example/',
    events: ['job' as const],
    statuses: ['pending' as const],
    enabled: true,
  }
  const made = await createWebhook(services, { ...webhook, ...given })
  if (!made.ok) throw new Error(made.error.kind)
  return { id: made.value.webhook.id, secret: made.value.secret }
}

const portsWith = (over: Partial<Services> = {}) => ({
  ...services,
  requestSender: receiver,
  ...over,
  showPipeline: ({ id, status }: { id: number; status: string }) => ({ id, status }),
  showJob: async ({ id, status }: { id: number; status: string }) => ({ id, status }),
})
/** Delivers like housekeeping does every second. */
const deliver = (over: Partial<Services> = {}) => deliverWebhooks(portsWith(over))
const deliveriesOf = (id: number) => services.webhooks.deliveries({ webhookId: id, limit: 100 })
/** Makes every waiting delivery due at once. */
const skipPause = () =>
  database.db.script("update webhook_deliveries set due_at = now() - interval '1 hour' where state = 'waiting'")
const createJobs = (count: number) =>
  createMany(Object.fromEntries(Array.from({ length: count }, (_, n) => [`job ${n}`, {}])))

describe('an event', () => {
  it('tells of every change of a job that its webhook wants, signed', async () => {
    const { secret } = await hook({ statuses: ['pending', 'canceled'] })
    const id = await create()
    await create({ when: 'manual' })
    await cancel(id)
    await services.background.settle()
    await deliver()
    const told = receiver.bodies.map(({ job, previousStatus }) => ({ job, previousStatus }))
    expect(told).toHaveLength(2)
    expect(told).toContainEqual({ job: { id, status: 'pending' }, previousStatus: null })
    expect(told).toContainEqual({ job: { id, status: 'canceled' }, previousStatus: 'pending' })
    for (const { url, headers, body } of receiver.received) {
      const sent = JSON.parse(body) as { id: string; event: string; time: string }
      expect(url).toBe('http://receiver.example/')
      expect(headers).toMatchObject({
        'Content-Type': 'application/json',
        'X-Yardmaster-Event': 'job',
        'X-Yardmaster-Delivery': sent.id,
      })
      const seconds = Number(/^t=(\d+),/.exec(headers['X-Yardmaster-Signature'] ?? '')?.[1])
      expect(headers['X-Yardmaster-Signature']).toBe(signWebhook(secret, body, new Date(seconds * 1_000)))
    }
  })

  it('goes to no webhook that is switched off or of another project', async () => {
    const project = await services.projects.create({ path: `hooks/${Date.now()}` })
    await hook({ enabled: false })
    await hook({ projectId: project?.id })
    await create()
    await deliver()
    expect(receiver.received).toEqual([])
  })
})

describe('a delivery', () => {
  it('that is answered with 500 is sent again, with the same key, until it arrives', async () => {
    receiver.answers(500, 'not now')
    const { id } = await hook()
    await create()
    await deliver()
    const [waiting] = await deliveriesOf(id)
    expect(waiting).toMatchObject({ state: 'waiting', attempts: [{ status: 500, response: 'not now' }] })
    expect((waiting?.dueAt?.getTime() ?? 0) - (waiting?.attempts[0]?.at.getTime() ?? 0)).toBeGreaterThan(2_000)
    await deliver()
    expect(receiver.received).toHaveLength(1)

    receiver.answers(200, 'thanks')
    await skipPause()
    await deliver()
    const [first, second] = receiver.received
    expect(second?.body).toBe(first?.body)
    expect(await deliveriesOf(id)).toMatchObject([
      {
        state: 'delivered',
        dueAt: null,
        attempts: [{ status: 500 }, { status: 200, error: null, response: 'thanks' }],
      },
    ])
  })

  it('that is not answered is sent again as well, and keeps the reason', async () => {
    receiver.answer = () => Promise.reject(new Error('no answer\0 within 10 s'))
    const { id } = await hook()
    await create()
    await deliver()
    expect(await deliveriesOf(id)).toMatchObject([
      { state: 'waiting', attempts: [{ status: null, response: null, error: 'no answer\uFFFD within 10 s' }] },
    ])
  })

  it('is given up after eight attempts, about a day later', async () => {
    receiver.answers(503)
    const { id } = await hook()
    await create()
    for (let attempt = 0; attempt < MOST_ATTEMPTS + 2; attempt++) {
      await skipPause()
      await deliver()
    }
    expect(receiver.received).toHaveLength(MOST_ATTEMPTS)
    expect(await deliveriesOf(id)).toMatchObject([{ state: 'failed', dueAt: null }])
    const pauses = Array.from({ length: MOST_ATTEMPTS - 1 }, (_, n) => pauseAfter(n + 1))
    const hours = pauses.reduce((sum, pause) => sum + pause) / 3_600_000
    expect(hours).toBeGreaterThan(20)
    expect(hours).toBeLessThan(32)
  })

  it('is sent once, even if two processes look for deliveries at once', async () => {
    const { id } = await hook()
    await createJobs(40)
    await Promise.all([deliver(), deliver()])
    const keys = receiver.bodies.map((body) => body.id)
    expect(keys).toHaveLength(40)
    expect(new Set(keys).size).toBe(40)
    expect(
      (await deliveriesOf(id)).every(({ state, attempts }) => state === 'delivered' && attempts.length === 1),
    ).toBe(true)
  })

  it('is sent in the same run, even if all requests end while further deliveries are looked for', async () => {
    const { id } = await hook()
    await createJobs(10)
    let taken = 0
    const delivered = async () => (await deliveriesOf(id)).filter(({ state }) => state === 'delivered').length
    const webhooks: Services['webhooks'] = {
      ...services.webhooks,
      async takeDue(query) {
        const due = await services.webhooks.takeDue(query)
        taken += due.length
        if (query.except.length > 0) await expect.poll(delivered).toBe(taken)
        return due
      },
    }
    await deliver({ webhooks })
    expect(receiver.received).toHaveLength(10)
  })

  it('is not lost when the process that changed the job or the one that took the delivery dies', async () => {
    const { id } = await hook()
    // The first process dies right after the change.
    await create()
    // The second one dies after taking the delivery.
    await services.webhooks.takeDue({ limit: 10, perTarget: 10, except: [], leaseMs: 50 })
    await expect.poll(async () => deliver().then(() => receiver.received.length)).toBe(1)
    expect(await deliveriesOf(id)).toMatchObject([{ state: 'delivered' }])
  })

  it('waits only for its own receiver', async () => {
    const { promise: answered, resolve } = Promise.withResolvers<void>()
    receiver.answer = async ({ url }) => {
      if (url.includes('slow')) await answered
      return { status: 200, headers: {}, body: '' }
    }
    await hook({ url: 'http://slow.example/' })
    await hook({ url: 'http://quick.example/' })
    await createJobs(8)
    const delivering = deliver()
    const quick = () => receiver.received.filter(({ url }) => url.includes('quick')).length
    await expect.poll(quick).toBe(8)
    expect(receiver.received).toHaveLength(8 + 4)
    resolve()
    await delivering
    expect(receiver.received).toHaveLength(16)
  })

  it('is not started once the program stops', async () => {
    await hook()
    await create()
    await deliverWebhooks(portsWith(), { signal: AbortSignal.abort() })
    expect(receiver.received).toEqual([])
  })

  it('is counted when its attempt is recorded', async () => {
    await hook()
    await create()
    const states: string[] = []
    receiver.answers(500)
    await deliverWebhooks(portsWith(), { attempted: (state) => states.push(state) })
    receiver.answers(204)
    await skipPause()
    await deliverWebhooks(portsWith(), { attempted: (state) => states.push(state) })
    expect(states).toEqual(['waiting', 'delivered'])
  })

  it('can be sent again by hand, as the same delivery', async () => {
    const { id } = await hook()
    await create()
    await deliver()
    const [delivered] = await deliveriesOf(id)
    const of = { webhookId: id, id: delivered?.id ?? 0 }
    expect(await redeliver(services, of)).toMatchObject({ ok: true, value: { id: of.id, state: 'waiting' } })
    await deliver()
    expect(receiver.bodies.map((body) => body.id)).toEqual([delivered?.key, delivered?.key])
    expect(await deliveriesOf(id)).toMatchObject([{ state: 'delivered', attempts: [{}, {}] }])
    expect(await redeliver(services, { ...of, id: 999_999 })).toEqual({
      ok: false,
      error: { kind: 'delivery_not_found', id: 999_999 },
    })
  })
})

describe('a test of a webhook', () => {
  it('is sent at once and once, even while it is switched off', async () => {
    receiver.answers(418, 'a teapot')
    const { id } = await hook({ enabled: false })
    expect(await testWebhook(portsWith(), id)).toMatchObject({
      value: { event: 'test', state: 'failed', dueAt: null, attempts: [{ status: 418, response: 'a teapot' }] },
    })
    expect(receiver.bodies).toEqual([{ id: expect.any(String), event: 'test', time: expect.any(String) }])
    const [tested] = await deliveriesOf(id)
    expect(await redeliver(services, { webhookId: id, id: tested?.id ?? 0 })).toMatchObject({
      error: { kind: 'delivery_not_sendable', because: 'test' },
    })
    expect(await testWebhook(portsWith(), 999_999)).toEqual({
      ok: false,
      error: { kind: 'webhook_not_found', id: 999_999 },
    })
  })
})

describe('a damaged webhook', () => {
  it('does not affect the others, fails its own deliveries once, and can be set again', async () => {
    const damaged = await hook()
    const whole = await hook()
    await database.db.query("update webhooks set url = decode('00', 'hex') where id = $1", [damaged.id])
    await create()
    await deliver()
    expect((await deliveriesOf(whole.id)).map(({ state }) => state)).toEqual(['delivered'])
    const [failed] = await deliveriesOf(damaged.id)
    expect(failed).toMatchObject({ state: 'failed', dueAt: null })
    expect(failed?.attempts.map(({ error }) => error)).toEqual([expect.stringContaining('cannot be read')])
    await updateWebhook(services, damaged.id, { url: 'http://receiver.example/' })
    await create()
    await deliver()
    expect((await deliveriesOf(damaged.id)).map(({ state }) => state)).toEqual(['delivered', 'failed'])
  })
})

describe('a damaged event', () => {
  it('fails once with its reason, and does not delay the others', async () => {
    const { id } = await hook()
    await create()
    await database.db.script("update webhook_deliveries set job = '{}'")
    await create()
    await deliver()
    expect(receiver.received).toHaveLength(1)
    const [delivered, failed] = await deliveriesOf(id)
    expect(delivered).toMatchObject({ state: 'delivered' })
    expect(failed).toMatchObject({ state: 'failed', attempts: [{ error: 'the stored event cannot be read' }] })
  })
})
