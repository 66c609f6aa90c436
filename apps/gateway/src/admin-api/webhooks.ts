import { TRPCError } from '@trpc/server'
import {
  createWebhook,
  JOB_STATUSES,
  type Ports,
  redeliver,
  removeWebhook,
  rotateWebhookSecret,
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

async function mustExist({ webhooks }: Pick<Ports, 'webhooks'>, id: number): Promise<Webhook> {
  const webhook = await webhooks.find(id)
  if (!webhook) throw new TRPCError({ code: 'NOT_FOUND', message: `There is no webhook ${id}.` })
  return webhook
}

/** `webhooks.*` of the admin API. */
export const webhooksRouter = router({
  list: adminProcedure
    .input(z.strictObject({ ...page, projectId: Id.optional() }).default({ limit: 50 }))
    .query(async ({ ctx: { ports }, input: { cursor, limit, projectId } }) =>
      pageOf(await ports.webhooks.list({ projectId, before: before(cursor), limit: limit + 1 }), limit, show),
    ),

  get: adminProcedure.input(ById).query(async ({ ctx: { ports }, input: { id } }) => show(await mustExist(ports, id))),

  create: adminProcedure
    .input(z.strictObject(changes))
    .mutation(async ({ ctx: { ports }, input: { projectId = null, url, statuses = [], enabled = true } }) => {
      const { webhook, secret } = unwrap(await createWebhook(ports, { projectId, url, statuses, enabled }))
      return { ...show(webhook), secret }
    }),

  update: adminProcedure
    .input(z.strictObject({ id: Id, ...changes, url: changes.url.optional() }))
    .mutation(async ({ ctx: { ports }, input: { id, ...given } }) =>
      show(unwrap(await updateWebhook(ports, id, defined(given)))),
    ),

  rotateSecret: adminProcedure.input(ById).mutation(async ({ ctx: { ports }, input: { id } }) => ({
    secret: unwrap(await rotateWebhookSecret(ports, id)),
  })),

  remove: adminProcedure.input(ById).mutation(async ({ ctx: { ports }, input: { id } }) => {
    unwrap(await removeWebhook(ports, id))
  }),

  deliveries: adminProcedure
    .input(z.strictObject({ ...longPage, id: Id }))
    .query(async ({ ctx: { ports }, input: { id, cursor, limit } }) => {
      await mustExist(ports, id)
      const found = await ports.webhooks.deliveries({ webhookId: id, before: before(cursor), limit: limit + 1 })
      return pageOf(found, limit, (delivery) => delivery)
    }),

  redeliver: adminProcedure
    .input(z.strictObject({ id: Id, deliveryId: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }))
    .mutation(async ({ ctx: { ports }, input: { id, deliveryId } }) => {
      await mustExist(ports, id)
      return unwrap(await redeliver(ports, { webhookId: id, id: deliveryId }))
    }),

  test: adminProcedure
    .input(ById)
    .mutation(async ({ ctx: { ports }, input: { id } }) =>
      unwrap(await testWebhook({ ...ports, showJob: (job) => showJob(ports, job) }, id)),
    ),
})
