import { TRPCError } from '@trpc/server'
import {
  createWebhook,
  JOB_STATUSES,
  redeliver,
  removeWebhook,
  rotateWebhookSecret,
  type Services,
  testWebhook,
  updateWebhook,
  type Webhook,
} from '@yardmaster/domain'
import { z } from 'zod'
import { showJob } from '../shapes/show-jobs.ts'
import { withoutSecrets } from '../shapes/views.ts'
import { Address, ById, before, defined, Id, longPage, page, pageOf } from './inputs.ts'
import { adminProcedure, router, unwrap } from './trpc.ts'

const changes = {
  projectId: Id.nullable().optional(),
  url: Address,
  statuses: z.array(z.enum(JOB_STATUSES)).max(JOB_STATUSES.length).optional(),
  enabled: z.boolean().optional(),
}

const show = (webhook: Webhook) => ({ ...webhook, url: webhook.url === '' ? '' : withoutSecrets(webhook.url) })

async function mustExist({ webhooks }: Pick<Services, 'webhooks'>, id: number): Promise<Webhook> {
  const webhook = await webhooks.find(id)
  if (!webhook) throw new TRPCError({ code: 'NOT_FOUND', message: `There is no webhook ${id}.` })
  return webhook
}

/** `webhooks.*` of the admin API. */
export const webhooksRouter = router({
  list: adminProcedure
    .input(z.strictObject({ ...page, projectId: Id.optional() }).default({ limit: 50 }))
    .query(async ({ ctx: { services }, input: { cursor, limit, projectId } }) =>
      pageOf(await services.webhooks.list({ projectId, before: before(cursor), limit: limit + 1 }), limit, show),
    ),

  get: adminProcedure
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => show(await mustExist(services, id))),

  create: adminProcedure
    .input(z.strictObject(changes))
    .mutation(async ({ ctx: { services }, input: { projectId = null, url, statuses = [], enabled = true } }) => {
      const { webhook, secret } = unwrap(await createWebhook(services, { projectId, url, statuses, enabled }))
      return { ...show(webhook), secret }
    }),

  update: adminProcedure
    .input(z.strictObject({ id: Id, ...changes, url: changes.url.optional() }))
    .mutation(async ({ ctx: { services }, input: { id, ...given } }) =>
      show(unwrap(await updateWebhook(services, id, defined(given)))),
    ),

  rotateSecret: adminProcedure.input(ById).mutation(async ({ ctx: { services }, input: { id } }) => ({
    secret: unwrap(await rotateWebhookSecret(services, id)),
  })),

  remove: adminProcedure.input(ById).mutation(async ({ ctx: { services }, input: { id } }) => {
    unwrap(await removeWebhook(services, id))
  }),

  deliveries: adminProcedure
    .input(z.strictObject({ ...longPage, id: Id }))
    .query(async ({ ctx: { services }, input: { id, cursor, limit } }) => {
      await mustExist(services, id)
      const found = await services.webhooks.deliveries({ webhookId: id, before: before(cursor), limit: limit + 1 })
      return pageOf(found, limit, (delivery) => delivery)
    }),

  redeliver: adminProcedure
    .input(z.strictObject({ id: Id, deliveryId: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }))
    .mutation(async ({ ctx: { services }, input: { id, deliveryId } }) => {
      await mustExist(services, id)
      return unwrap(await redeliver(services, { webhookId: id, id: deliveryId }))
    }),

  test: adminProcedure
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) =>
      unwrap(await testWebhook({ ...services, showJob: (job) => showJob(services, job) }, id)),
    ),
})
