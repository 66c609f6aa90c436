import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import { type Delivery, WEBHOOK_EVENTS, type Webhook } from '@yardmaster/domain/webhooks'
import { z } from 'zod'
import { withoutSecrets } from './address.ts'
import { AttemptsShape, showAttempts } from './attempt.ts'
import { IdOrNull, IdShape, list, pageOfItems, Time, TimeOrNull } from './values.ts'

const fields = {
  id: IdShape,
  projectId: IdOrNull.describe('Null for all projects.'),
  url: z.string().describe('Passwords in it are replaced by `***`. Empty when the stored address is damaged.'),
  events: list(z.enum(WEBHOOK_EVENTS)).describe('What it is told of.'),
  statuses: list(z.enum(JOB_STATUSES)).describe('Statuses that are sent to it; all when the list is empty.'),
  enabled: z.boolean(),
  createdAt: Time,
  updatedAt: Time,
}

export const WebhookShape = z.strictObject(fields).meta({ id: 'Webhook' })

export const WebhooksShape = pageOfItems(WebhookShape).meta({ id: 'Webhooks' })

export const NewWebhookShape = z
  .strictObject({ ...fields, secret: z.string().describe('Shown once.') })
  .meta({ id: 'NewWebhook' })

export const showWebhook = (webhook: Webhook): z.input<typeof WebhookShape> => ({
  id: webhook.id,
  projectId: webhook.projectId,
  url: webhook.url === '' ? '' : withoutSecrets(webhook.url),
  events: webhook.events,
  statuses: webhook.statuses,
  enabled: webhook.enabled,
  createdAt: webhook.createdAt,
  updatedAt: webhook.updatedAt,
})

export const SecretShape = z.strictObject({ secret: z.string() }).meta({ id: 'Secret' })

export const DeliveryShape = z
  .strictObject({
    id: IdShape,
    key: z.string().describe('Identifies the delivery for the receiver; the same at every attempt.'),
    webhookId: IdShape,
    event: z.enum([...WEBHOOK_EVENTS, 'test']),
    jobId: IdOrNull,
    pipelineId: IdOrNull,
    previousStatus: z.enum(JOB_STATUSES).nullable().describe('Null when the job or the pipeline was just created.'),
    status: z.enum(JOB_STATUSES).nullable(),
    createdAt: Time,
    state: z.enum(['waiting', 'delivered', 'failed']),
    dueAt: TimeOrNull.describe('Time of the next attempt; null when there is none.'),
    attempts: AttemptsShape,
  })
  .meta({ id: 'Delivery' })

export const DeliveriesShape = pageOfItems(DeliveryShape).meta({ id: 'Deliveries' })

export const showDelivery = (delivery: Delivery): z.input<typeof DeliveryShape> => ({
  id: delivery.id,
  key: delivery.key,
  webhookId: delivery.webhookId,
  event: delivery.event,
  jobId: delivery.jobId,
  pipelineId: delivery.pipelineId,
  previousStatus: delivery.previousStatus,
  status: delivery.status,
  createdAt: delivery.createdAt,
  state: delivery.state,
  dueAt: delivery.dueAt,
  attempts: showAttempts(delivery.attempts),
})
