import { expect, test } from '../support/dashboard.ts'

test('audit events are listed, filtered by the address, and opened', async ({
  dashboard: page,
  open,
  admin,
  createJob,
}) => {
  const id = await createJob({}, { name: 'on-record' })
  await admin.mutate('jobs.cancel', { id })
  await expect(admin.mutate('jobs.cancel', { id })).rejects.toMatchObject({ code: 'CONFLICT' })

  await open('/settings')
  await page
    .getByRole('navigation', { name: 'Settings', exact: true })
    .getByRole('link', { name: 'Audit', exact: true })
    .click()
  await expect(page.getByRole('heading', { level: 1, name: 'Audit', exact: true })).toBeFocused()
  const main = page.getByRole('navigation', { name: 'Main', exact: true })
  await expect(main.getByRole('link', { name: 'Settings', exact: true })).toHaveAttribute('aria-current', 'page')

  await page.getByLabel('Subject', { exact: true }).selectOption('job')
  await page.getByLabel('Subject ID', { exact: true }).fill(String(id))
  await expect(page).toHaveURL(new RegExp(`kind=job&id=${id}`))
  const rows = page.getByRole('row').filter({ hasText: `Job #${id}` })
  await expect(rows).toHaveCount(3)
  await expect(rows.nth(0)).toContainText('jobs.cancel')
  await expect(rows.nth(0)).toContainText('Refused')
  await expect(rows.nth(2)).toContainText('jobs.create')
  await expect(rows.nth(2)).toContainText('Admin token')
  await expect(rows.nth(2)).toContainText('name: on-record')

  await page.getByLabel('Action', { exact: true }).selectOption('jobs.create')
  await expect(rows).toHaveCount(1)
  await page.reload()
  await expect(rows).toHaveCount(1)
  await rows.getByRole('button', { name: 'jobs.create', exact: true }).click()
  const event = page.getByRole('dialog', { name: 'jobs.create', exact: true })
  await expect(event).toContainText('An administrator’s token, at the admin API')
  await expect(event).toContainText('the value is not recorded')
  await page.keyboard.press('Escape')
  await rows.getByRole('link', { name: `Job #${id}`, exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'on-record', exact: true })).toBeVisible()
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } })

  test('events are cards, and the tabs are within reach', async ({ dashboard: page, open, createJob }) => {
    const id = await createJob()
    await open('/jobs')
    await page.getByRole('link', { name: 'Settings', exact: true }).click()
    await page.getByRole('link', { name: 'Audit', exact: true }).click()
    const card = page.getByRole('listitem').filter({ hasText: `Job #${id}` })
    await expect(card).toContainText('jobs.create')
    await card.getByRole('button', { name: 'jobs.create', exact: true }).click()
    await expect(page.getByRole('dialog')).toContainText('It was done.')
  })
})
