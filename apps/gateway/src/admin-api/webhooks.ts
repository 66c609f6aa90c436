import type { Services } from '@yardmaster/domain'
import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import {
  createWebhook,
  redeliver,
  removeWebhook,
  rotateWebhookSecret,
  testWebhook,
  updateWebhook,
  WEBHOOK_EVENTS,
  type Webhook,
} from '@yardmaster/domain/webhooks'
import { z } from 'zod'
import { showEvents } from '../shapes/show-events.ts'
import { Nothing } from '../shapes/values.ts'
import {
  DeliveriesShape,
  DeliveryShape,
  NewWebhookShape,
  SecretShape,
  showDelivery,
  showWebhook,
  WebhookShape,
  WebhooksShape,
} from '../shapes/webhook.ts'
import { Address, ById, before, defined, Id, longPage, page, pageOf } from './inputs.ts'
import { found, unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

const changes = {
  projectId: Id.nullable().optional(),
  url: Address,
  events: z.array(z.enum(WEBHOOK_EVENTS)).min(1).max(WEBHOOK_EVENTS.length).optional(),
  statuses: z.array(z.enum(JOB_STATUSES)).max(JOB_STATUSES.length).optional(),
  enabled: z.boolean().optional(),
}

async function mustExist({ webhooks }: Pick<Services, 'webhooks'>, id: number): Promise<Webhook> {
  return found(await webhooks.find(id), { kind: 'webhook_not_found', id })
}

/** `webhooks.*` of the admin API. */
export const webhooksRouter = router({
  list: procedure({
    rest: 'GET /webhooks',
    summary: 'Lists webhooks, the newest first.',
    output: WebhooksShape,
  })
    .input(z.strictObject({ ...page, projectId: Id.optional() }).default({ limit: 50 }))
    .query(async ({ ctx: { services }, input: { cursor, limit, projectId } }) =>
      pageOf(await services.webhooks.list({ projectId, before: before(cursor), limit: limit + 1 }), limit, showWebhook),
    ),

  get: procedure({
    rest: 'GET /webhooks/{id}',
    summary: 'Returns one webhook.',
    output: WebhookShape,
    refuses: ['webhook_not_found'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => showWebhook(await mustExist(services, id))),

  create: procedure({
    rest: 'POST /webhooks',
    summary: 'Creates a webhook, and returns its secret once.',
    output: NewWebhookShape,
    creates: true,
    refuses: ['webhook_invalid', 'project_not_found'],
  })
    .input(z.strictObject(changes))
    .mutation(
      async ({
        ctx: { services },
        input: { projectId = null, url, events = ['job'], statuses = [], enabled = true },
      }) => {
        const given = { projectId, url, events, statuses, enabled }
        const { webhook, secret } = unwrap(await createWebhook(services, given))
        return { ...showWebhook(webhook), secret }
      },
    ),

  update: procedure({
    rest: 'PATCH /webhooks/{id}',
    summary: 'Changes the given fields of a webhook.',
    output: WebhookShape,
    refuses: ['webhook_not_found', 'webhook_invalid', 'project_not_found'],
  })
    .input(z.strictObject({ id: Id, ...changes, url: changes.url.optional() }))
    .mutation(async ({ ctx: { services }, input: { id, ...given } }) =>
      showWebhook(unwrap(await updateWebhook(services, id, defined(given)))),
    ),

  rotateSecret: procedure({
    rest: 'POST /webhooks/{id}/rotate-secret',
    summary: 'Replaces the secret of a webhook at once.',
    output: SecretShape,
    refuses: ['webhook_not_found'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => ({
      secret: unwrap(await rotateWebhookSecret(services, id)),
    })),

  remove: procedure({
    rest: 'DELETE /webhooks/{id}',
    summary: 'Removes a webhook and its deliveries.',
    output: Nothing,
    refuses: ['webhook_not_found'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => {
      unwrap(await removeWebhook(services, id))
    }),

  deliveries: procedure({
    rest: 'GET /webhooks/{id}/deliveries',
    summary: 'Lists the deliveries of a webhook, the newest first.',
    output: DeliveriesShape,
    refuses: ['webhook_not_found'],
  })
    .input(z.strictObject({ ...longPage, id: Id }))
    .query(async ({ ctx: { services }, input: { id, cursor, limit } }) => {
      await mustExist(services, id)
      const found = await services.webhooks.deliveries({ webhookId: id, before: before(cursor), limit: limit + 1 })
      return pageOf(found, limit, showDelivery)
    }),

  redeliver: procedure({
    rest: 'POST /webhooks/{id}/deliveries/{deliveryId}/redeliver',
    summary: 'Sends a delivery again.',
    output: DeliveryShape,
    refuses: ['webhook_not_found', 'delivery_not_found', 'delivery_not_sendable'],
  })
    .input(z.strictObject({ id: Id, deliveryId: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }))
    .mutation(async ({ ctx: { services }, input: { id, deliveryId } }) => {
      await mustExist(services, id)
      return showDelivery(unwrap(await redeliver(services, { webhookId: id, id: deliveryId })))
    }),

  test: procedure({
    rest: 'POST /webhooks/{id}/test',
    summary: 'Sends a test event, and returns its result.',
    output: DeliveryShape,
    refuses: ['webhook_not_found'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) =>
      showDelivery(unwrap(await testWebhook({ ...services, ...showEvents(services) }, id))),
    ),
})
