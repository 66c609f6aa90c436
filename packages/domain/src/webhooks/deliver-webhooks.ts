import { setTimeout as pause } from 'node:timers/promises'
import { err, ok, type Result, toStorable } from '@yardmaster/common'
import type { DeliveryNotFound, DeliveryNotSendable, WebhookNotFound } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import type { Services } from '../services.ts'
import { signWebhook } from './sign-webhook.ts'
import type { Attempt, Delivery, TakenDelivery } from './webhook.ts'

/** Most concurrent requests of one process, and to one webhook. */
const AT_ONCE = 32
const AT_ONCE_PER_WEBHOOK = 4
/** Longer than the 10 s of an attempt plus the time to record it. */
const LEASE_MS = 30_000
/** While requests are in progress, this is how often newly due deliveries are looked for. */
const LOOK_AGAIN_MS = 1_000

export const MOST_ATTEMPTS = 8
const FIRST_PAUSE_MS = 5_000
/** 5 s, 25 s, 2 min, 10 min, 52 min, 4.3 h, 21.7 h: a receiver may be away for more than a day. */
const GROWTH = 5

export interface DeliverPorts extends Pick<Services, 'webhooks' | 'webhookSender' | 'policy' | 'clock' | 'background'> {
  /** Returns the job as the admin API shows it. */
  showJob(job: Job): Promise<unknown>
}

/**
 * Sends due deliveries until none are left. Any number of processes may do so at once: each delivery is taken by one of
 * them. A delivery whose process dies is sent again, so a receiver may get an event twice, and in any order.
 *
 * @param signal - when it aborts, no further delivery is begun.
 * @param attempted - receives the result of each recorded attempt; `waiting` means that it will be tried again.
 */
export async function deliverWebhooks(
  ports: DeliverPorts,
  { signal, attempted }: { signal?: AbortSignal; attempted?: (state: Delivery['state']) => void } = {},
): Promise<void> {
  const underWay = new Map<Promise<void>, number>()
  try {
    for (;;) {
      const busy = [...underWay.values()]
      const due = signal?.aborted ? [] : await takeDue(ports, busy)
      for (const delivery of due) {
        // If it can't be recorded, it stays taken until its lease is over, and is then sent again.
        const sending: Promise<void> = deliver(ports, delivery)
          .then((settled) => settled && attempted?.(settled.state))
          .catch((error: unknown) => ports.background.report('record a delivery', error))
          .then(() => void underWay.delete(sending))
        underWay.set(sending, delivery.webhookId)
      }
      if (underWay.size > 0) await nextTurn([...underWay.keys()])
      // A webhook that was busy when deliveries were taken may have more of them now.
      else if (busy.length === 0 || signal?.aborted) return
    }
  } finally {
    await Promise.all(underWay.keys())
  }
}

/** @param busy - the webhooks of requests in progress. */
async function takeDue({ webhooks }: DeliverPorts, busy: readonly number[]): Promise<TakenDelivery[]> {
  if (busy.length >= AT_ONCE) return []
  const enough = (id: number) => busy.filter((other) => other === id).length >= AT_ONCE_PER_WEBHOOK
  return await webhooks.takeDue({
    limit: AT_ONCE - busy.length,
    perWebhook: AT_ONCE_PER_WEBHOOK,
    except: [...new Set(busy)].filter(enough),
    leaseMs: LEASE_MS,
  })
}

async function nextTurn(underWay: readonly Promise<void>[]): Promise<void> {
  const over = new AbortController()
  const late = pause(LOOK_AGAIN_MS, undefined, { signal: over.signal }).catch(() => undefined)
  await Promise.race([...underWay, late])
  over.abort()
}

/** Sends a test event without a job, once, and returns the result. Disabled webhooks can be tested, too. */
export async function testWebhook(ports: DeliverPorts, id: number): Promise<Result<Delivery, WebhookNotFound>> {
  const delivery = await ports.webhooks.addTest(id)
  const settled = delivery && (await deliver(ports, delivery))
  return settled ? ok(settled) : err({ kind: 'webhook_not_found', id })
}

/**
 * Sends a delivery again within a second or two: one that was delivered, failed, or waits for another attempt. It stays
 * the same delivery with the same key; if it fails, it is tried again while there are attempts left.
 */
export async function redeliver(
  { webhooks }: Pick<Ports, 'webhooks'>,
  of: { webhookId: number; id: number },
): Promise<Result<Delivery, DeliveryNotFound | DeliveryNotSendable>> {
  const due = await webhooks.makeDue(of, LEASE_MS)
  if (due === null) return err({ kind: 'delivery_not_found', id: of.id })
  return typeof due === 'string' ? err({ kind: 'delivery_not_sendable', id: of.id, because: due }) : ok(due)
}

async function deliver(ports: DeliverPorts, delivery: TakenDelivery): Promise<Delivery | null> {
  const attempt = await send(ports, delivery)
  const made = delivery.attempts.length + 1
  const arrived = attempt.error === null
  const again = !arrived && delivery.event === 'job' && made < MOST_ATTEMPTS && isWhole(delivery)
  return await ports.webhooks.settle(delivery.id, attempt, {
    state: arrived ? 'delivered' : again ? 'waiting' : 'failed',
    againInMs: again ? pauseAfter(made) : null,
  })
}

async function send(ports: DeliverPorts, delivery: TakenDelivery): Promise<Attempt> {
  const { webhookSender, policy, clock } = ports
  const at = clock.now()
  const { target } = delivery
  const unsent = { at, durationMs: 0, status: null, response: null }
  if (!target) return { ...unsent, error: UNREADABLE }
  if (delivery.job === 'damaged') return { ...unsent, error: UNREADABLE_EVENT }
  const begun = performance.now()
  const body = JSON.stringify(await payloadOf(ports, delivery, delivery.job))
  const outcome = await webhookSender
    .send({
      url: target.url,
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': `Yardmaster/${policy.version}`,
        'X-Yardmaster-Event': delivery.event,
        'X-Yardmaster-Delivery': delivery.key,
        'X-Yardmaster-Signature': signWebhook(target.secret, body, at),
      },
      body,
    })
    .then(
      ({ status, body: response }) => ({
        status,
        response: toStorable(response),
        error: status >= 200 && status < 300 ? null : `the receiver answered ${status}, expected is 2xx`,
      }),
      (error: unknown) => ({ status: null, response: null, error: toStorable(sentenceOf(error)) }),
    )
  return { at, durationMs: Math.round(performance.now() - begun), ...outcome }
}

const UNREADABLE = 'the stored address or secret of the webhook cannot be read: set both again'
const UNREADABLE_EVENT = 'the stored event cannot be read'

/** Damaged data stays damaged, so it is not tried again. */
const isWhole = ({ target, job }: TakenDelivery): boolean => target !== null && job !== 'damaged'

async function payloadOf(
  ports: DeliverPorts,
  { event, key, createdAt, previousStatus }: TakenDelivery,
  job: Job | null,
) {
  const envelope = { id: key, event, time: createdAt }
  return job ? { ...envelope, previousStatus, job: await ports.showJob(job) } : envelope
}

/**
 * Returns the pause after this many failed attempts; randomised, so that simultaneous failures do not retry together.
 */
export const pauseAfter = (attempts: number): number =>
  Math.round(FIRST_PAUSE_MS * GROWTH ** (attempts - 1) * (1 + Math.random() / 10))

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
