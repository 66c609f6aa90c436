import { expect, test } from '../support/dashboard.ts'
import { verifies, WebhookReceiver } from '../support/webhook-receiver.ts'

test('a webhook is created, tested, watched, changed, given another secret and removed', async ({
  dashboard: page,
  open,
  project,
  createJob,
  admin,
}) => {
  await using receiver = await WebhookReceiver.open()
  const last = () => receiver.received.at(-1)
  await open('/webhooks?new=true')
  const form = page.getByRole('dialog', { name: 'New webhook' })
  await form.getByLabel('Address').fill(receiver.url)
  await form.getByLabel('Jobs of').fill(project.path)
  await form.getByRole('option', { name: project.path }).click()
  await form.getByLabel('Canceled').check()
  await form.getByRole('button', { name: 'Create webhook' }).click()
  const made = page.getByRole('dialog', { name: 'Webhook created' })
  const secret = (await made.locator('pre').first().textContent()) ?? ''
  await made.getByText('How a receiver verifies').click()
  await expect(made).toContainText('timingSafeEqual')
  await made.getByRole('button', { name: 'Done' }).click()

  const row = page.getByRole('row').filter({ hasText: project.path })
  await expect(row).toContainText('canceled')
  await row.getByRole('link', { name: receiver.url }).click()
  await expect(page.getByText('Nothing has been sent yet')).toBeVisible()
  await page.getByRole('button', { name: 'Send a test' }).click()
  await expect(page.getByText(/^The receiver answered 204 in/)).toBeVisible()
  expect(last()?.body.event).toBe('test')
  expect(receiver.received.every((hook) => verifies(hook, secret))).toBe(true)

  const deliveries = page.getByRole('list', { name: 'Deliveries, newest first' })
  receiver.status = 500
  const job = await createJob()
  await admin.mutate('jobs.cancel', { id: job })
  const delivery = deliveries.getByRole('listitem').filter({ hasText: `Job #${job}: pending → canceled` })
  await expect(delivery).toContainText('500 in')
  await delivery.locator('summary').click()
  await expect(delivery).toContainText('the receiver answered 500')
  receiver.status = 204
  await expect(delivery).toContainText('Delivered', { timeout: 20_000 })
  await expect(delivery).toContainText('Attempt 2')
  await expect(delivery.getByRole('link', { name: `Job #${job}` })).toBeVisible()
  await delivery.getByRole('button', { name: 'Send again' }).click()
  await expect(page.getByText('Sending again')).toBeVisible()
  await expect(delivery).toContainText('Attempt 3')

  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Rotate the secret' }).click()
  await page.getByRole('button', { name: 'Rotate', exact: true }).click()
  const rotated = page.getByRole('dialog', { name: 'Secret rotated' })
  const another = (await rotated.locator('pre').first().textContent()) ?? ''
  expect(another).not.toBe(secret)
  await rotated.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: 'Send a test' }).click()
  await expect.poll(() => last()?.body.event === 'test' && verifies(last() as never, another)).toBe(true)

  await page.getByRole('switch', { name: 'Enabled' }).click()
  await page.getByLabel('Failed').check()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await expect(page.getByText('Webhook saved')).toBeVisible()
  const id = Number(page.url().split('/').at(-1))
  expect(await admin.query('webhooks.get', { id })).toMatchObject({
    url: receiver.url,
    projectId: project.id,
    statuses: ['failed', 'canceled'],
    enabled: false,
  })

  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Remove' }).click()
  await page.getByRole('button', { name: 'Remove the webhook' }).click()
  await expect(page).toHaveURL(/\/webhooks$/)
  await expect(admin.query('webhooks.get', { id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test.describe('a disabled webhook', () => {
  test.use({ tolerated: /status of 409/ })

  test('gets no redelivery, and the page says why', async ({ dashboard: page, open, project, createJob, admin }) => {
    await using receiver = await WebhookReceiver.open()
    const made = { url: receiver.url, projectId: project.id }
    const { id } = await admin.mutate('webhooks.create', made)
    const job = await createJob()
    await expect.poll(() => receiver.changesOf(job)).toHaveLength(1)
    await admin.mutate('webhooks.update', { id, enabled: false })
    await open(`/webhooks/${id}`)
    const delivery = page.getByRole('listitem').filter({ hasText: `Job #${job}` })
    await delivery.locator('summary').click()
    await delivery.getByRole('button', { name: /Send/ }).click()
    await expect(page.getByText('The webhook is switched off.')).toBeVisible()
    await admin.mutate('webhooks.remove', { id })
  })
})

test('a password in an address is neither shown nor lost when something else is saved', async ({
  dashboard: page,
  open,
  admin,
}) => {
  await using receiver = await WebhookReceiver.open()
  const url = receiver.url.replace('http://', 'http://ci:open-sesame@')
  const { id } = await admin.mutate('webhooks.create', { url, statuses: ['skipped'] })
  await open(`/webhooks/${id}`)
  await expect(page.getByLabel('Address')).toHaveValue(receiver.url.replace('http://', 'http://ci:***@'))
  await page.getByLabel('Failed').check()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await expect(page.getByText('Webhook saved')).toBeVisible()
  await page.getByRole('button', { name: 'Send a test' }).click()
  await expect(page.getByText(/^The receiver answered 204/)).toBeVisible()
  expect(receiver.received.at(-1)?.headers.authorization).toBe(`Basic ${btoa('ci:open-sesame')}`)
  await admin.mutate('webhooks.remove', { id })
})

test.describe('an invalid address', () => {
  test.use({ tolerated: /status of 400/ })

  test('is refused at the field', async ({ dashboard: page, open }) => {
    await open('/webhooks?new=true')
    const form = page.getByRole('dialog', { name: 'New webhook' })
    await form.getByLabel('Address').fill('chat')
    await form.getByRole('button', { name: 'Create webhook' }).click()
    await expect(form.getByLabel('Address')).toHaveAttribute('aria-invalid', 'true')
    await expect(form.getByLabel('Address')).toHaveAccessibleDescription(/http/)
  })
})
