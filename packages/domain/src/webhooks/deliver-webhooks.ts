import { err, ok, type Result } from '@yardmaster/common'
import { type Attempt, MOST_ATTEMPTS, pauseAfter } from '../deliveries/attempt.ts'
import { LEASE_MS, sendDue } from '../deliveries/send-due.ts'
import { sendRequest } from '../deliveries/send-request.ts'
import type { DeliveryNotFound, DeliveryNotSendable, WebhookNotFound } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import type { Services } from '../services.ts'
import { signWebhook } from './sign-webhook.ts'
import type { Delivery, PipelineInEvent, TakenDelivery } from './webhook.ts'

export interface DeliverPorts extends Pick<Services, 'webhooks' | 'requestSender' | 'policy' | 'clock' | 'background'> {
  /** Returns the job as the admin API shows it. */
  showJob(job: Job): Promise<unknown>
  /** Returns the pipeline as events show it. */
  showPipeline(pipeline: PipelineInEvent): unknown
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
  await sendDue(
    ports,
    {
      recording: 'record a delivery',
      take: (query) => ports.webhooks.takeDue(query),
      targetOf: ({ webhookId }) => webhookId,
      async send(delivery) {
        const settled = await deliver(ports, delivery)
        if (settled) attempted?.(settled.state)
      },
    },
    signal,
  )
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
  const again = !arrived && delivery.event !== 'test' && made < MOST_ATTEMPTS && isWhole(delivery)
  return await ports.webhooks.settle(delivery.id, attempt, {
    state: arrived ? 'delivered' : again ? 'waiting' : 'failed',
    againInMs: again ? pauseAfter(made) : null,
  })
}

async function send(ports: DeliverPorts, delivery: TakenDelivery): Promise<Attempt> {
  const { policy, clock } = ports
  const { target } = delivery
  const unsent = { at: clock.now(), durationMs: 0, status: null, response: null }
  if (!target) return { ...unsent, error: UNREADABLE }
  const { job, pipeline } = delivery
  if (job === 'damaged' || pipeline === 'damaged') return { ...unsent, error: UNREADABLE_EVENT }
  const body = JSON.stringify(await payloadOf(ports, delivery, { job, pipeline }))
  const { outcome, attempt } = await sendRequest(ports, {
    url: target.url,
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': `Yardmaster/${policy.version}`,
      'X-Yardmaster-Event': delivery.event,
      'X-Yardmaster-Delivery': delivery.key,
      'X-Yardmaster-Signature': signWebhook(target.secret, body, clock.now()),
    },
    body,
  })
  return { ...attempt, error: 'failure' in outcome ? outcome.failure : errorIn(outcome.answer.status) }
}

const errorIn = (status: number): string | null =>
  status >= 200 && status < 300 ? null : `the receiver answered ${status}, expected is 2xx`

const UNREADABLE = 'the stored address or secret of the webhook cannot be read: set both again'
const UNREADABLE_EVENT = 'the stored event cannot be read'

/** Damaged data stays damaged, so it is not tried again. */
const isWhole = ({ target, job, pipeline }: TakenDelivery): boolean =>
  target !== null && job !== 'damaged' && pipeline !== 'damaged'

async function payloadOf(
  ports: DeliverPorts,
  { event, key, createdAt, previousStatus }: TakenDelivery,
  { job, pipeline }: { job: Job | null; pipeline: PipelineInEvent | null },
) {
  const { externalUrl } = ports.policy
  const envelope = { id: key, event, time: createdAt }
  if (job) return { ...envelope, previousStatus, url: `${externalUrl}/jobs/${job.id}`, job: await ports.showJob(job) }
  if (!pipeline) return envelope
  const url = `${externalUrl}/pipelines/${pipeline.id}`
  return { ...envelope, previousStatus, url, pipeline: ports.showPipeline(pipeline) }
}
