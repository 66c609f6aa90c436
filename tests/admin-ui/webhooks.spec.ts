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
  const form = page.getByRole('dialog', { name: 'New webhook', exact: true })
  await form.getByLabel('Address', { exact: true }).fill(receiver.url)
  await form.getByLabel('Project', { exact: true }).fill(project.path)
  await form.getByRole('option', { name: project.path, exact: true }).click()
  await form.getByLabel('Pipelines', { exact: true }).check()
  await form.getByLabel('Canceled', { exact: true }).check()
  await form.getByRole('button', { name: 'Create webhook', exact: true }).click()
  const made = page.getByRole('dialog', { name: 'Webhook created', exact: true })
  const secret = (await made.locator('pre').first().textContent()) ?? ''
  await made.getByText('How a receiver verifies').click()
  await expect(made).toContainText('timingSafeEqual')
  await made.getByRole('button', { name: 'Done', exact: true }).click()

  const row = page.getByRole('row').filter({ hasText: project.path })
  await expect(row).toContainText('canceled')
  await row.getByRole('link', { name: receiver.url, exact: true }).click()
  await expect(page.getByText('Nothing has been sent yet')).toBeVisible()
  await page.getByRole('button', { name: 'Send a test', exact: true }).click()
  await expect(page.getByText(/^The receiver answered 204 in/)).toBeVisible()
  expect(last()?.body.event).toBe('test')
  expect(receiver.received.every((hook) => verifies(hook, secret))).toBe(true)

  const deliveries = page.getByRole('list', { name: 'Deliveries, newest first', exact: true })
  receiver.status = 500
  const job = await createJob()
  await admin.mutate('jobs.cancel', { id: job })
  const delivery = deliveries.getByRole('listitem').filter({ hasText: `Job #${job}: pending → canceled` })
  await expect(delivery).toContainText('500 in')
  await delivery.locator('summary').click()
  await expect(delivery).toContainText('the receiver answered 500')
  receiver.status = 204
  await expect(delivery).toContainText('Delivered')
  await expect(delivery).toContainText('Attempt 2')
  await expect(delivery.getByRole('link', { name: `Job #${job}`, exact: true })).toBeVisible()
  await expect(deliveries.getByRole('listitem').filter({ hasText: /Pipeline #\d+: pending → canceled/ })).toHaveCount(1)
  await delivery.getByRole('button', { name: 'Send again', exact: true }).click()
  await expect(page.getByText('Sending again')).toBeVisible()
  await expect(delivery).toContainText('Attempt 3')

  await page.getByRole('button', { name: 'More actions', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Rotate the secret', exact: true }).click()
  await page.getByRole('button', { name: 'Rotate', exact: true }).click()
  const rotated = page.getByRole('dialog', { name: 'Secret rotated', exact: true })
  const another = (await rotated.locator('pre').first().textContent()) ?? ''
  expect(another).not.toBe(secret)
  await rotated.getByRole('button', { name: 'Done', exact: true }).click()
  await page.getByRole('button', { name: 'Send a test', exact: true }).click()
  await expect.poll(() => last()?.body.event === 'test' && verifies(last() as never, another)).toBe(true)

  await page.getByRole('switch', { name: 'Enabled', exact: true }).click()
  await page.getByLabel('Failed', { exact: true }).check()
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(page.getByText('Webhook saved')).toBeVisible()
  const id = Number(page.url().split('/').at(-1))
  expect(await admin.query('webhooks.get', { id })).toMatchObject({
    url: receiver.url,
    projectId: project.id,
    events: ['job', 'pipeline'],
    statuses: ['failed', 'canceled'],
    enabled: false,
  })

  await page.getByRole('button', { name: 'More actions', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Remove', exact: true }).click()
  await page.getByRole('button', { name: 'Remove the webhook', exact: true }).click()
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
  await expect(page.getByLabel('Address', { exact: true })).toHaveValue(
    receiver.url.replace('http://', 'http://ci:***@'),
  )
  await page.getByLabel('Failed', { exact: true }).check()
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(page.getByText('Webhook saved')).toBeVisible()
  await page.getByRole('button', { name: 'Send a test', exact: true }).click()
  await expect(page.getByText(/^The receiver answered 204/)).toBeVisible()
  expect(receiver.received.at(-1)?.headers.authorization).toBe(`Basic ${btoa('ci:open-sesame')}`)
  await admin.mutate('webhooks.remove', { id })
})

test.describe('an invalid address', () => {
  test.use({ tolerated: /status of 400/ })

  test('is refused at the field', async ({ dashboard: page, open }) => {
    await open('/webhooks?new=true')
    const form = page.getByRole('dialog', { name: 'New webhook', exact: true })
    await form.getByLabel('Address', { exact: true }).fill('chat')
    await form.getByRole('button', { name: 'Create webhook', exact: true }).click()
    await expect(form.getByLabel('Address', { exact: true })).toHaveAttribute('aria-invalid', 'true')
    await expect(form.getByLabel('Address', { exact: true })).toHaveAccessibleDescription(/http/)
  })
})
