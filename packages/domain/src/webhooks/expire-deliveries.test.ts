import { expect, it } from 'vitest'
import { create, database, services, setUpScene } from '../testing/scene.ts'
import { createWebhook } from './change-webhook.ts'
import { expireDeliveries } from './expire-deliveries.ts'

setUpScene()

it('deletes deliveries that are older than thirty days, whatever became of them', async () => {
  const given = { projectId: null, url: 'http://example.com', events: ['job' as const], statuses: [], enabled: false }
  const made = await createWebhook(services, { ...given, enabled: true })
  if (!made.ok) throw new Error(made.error.kind)
  const { id } = made.value.webhook
  await create()
  await create()
  const ids = async () => (await services.webhooks.deliveries({ webhookId: id, limit: 10 })).map((one) => one.id)
  const [newer, older] = await ids()
  const age = (days: number, delivery = 0) =>
    database.db.query(`update webhook_deliveries set created_at = now() - $1 * interval '1 day' where id = $2`, [
      days,
      delivery,
    ])
  await age(29, newer)
  await age(31, older)
  await expireDeliveries(services)
  expect(await ids()).toEqual([newer])
})
