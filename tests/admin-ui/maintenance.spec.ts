import { expect, test } from '../support/dashboard.ts'
import { notNull } from '../support/not-null.ts'

test.afterEach(({ admin }) => admin.mutate('settings.update', { maintenance: false }))

test('maintenance has to be confirmed, is shown on every page, and is the first reason why a job waits', async ({
  dashboard: page,
  open,
  admin,
  createJob,
  runner,
}) => {
  expect((await runner.request()).status).toBe(204)
  const waiting = await createJob()
  const maintenance = async () => (await admin.query('settings.get')).maintenance
  const notice = page.getByRole('status').filter({ hasText: 'Maintenance: no jobs are handed out' })

  await open('/settings')
  const toggle = page.getByRole('switch', { name: 'Maintenance', exact: true })
  await toggle.click()
  await page.getByRole('dialog').getByRole('button', { name: 'Not now', exact: true }).click()
  await expect(toggle).not.toBeChecked()
  expect(await maintenance()).toBe(false)
  await toggle.click()
  await page.getByRole('dialog').getByRole('button', { name: 'Begin', exact: true }).click()
  await expect(notice).toBeVisible()
  expect(await maintenance()).toBe(true)

  for (const path of ['/jobs', `/runners/${runner.id}`, '/usage']) {
    await open(path)
    await expect(notice).toBeVisible()
  }
  const explanation = await admin.query('jobs.explain', { id: waiting })
  expect(Object.keys(explanation)[0]).toBe('maintenance')
  expect(explanation).toMatchObject({
    maintenance: true,
    runners: expect.arrayContaining([
      expect.objectContaining({
        runnerId: runner.id,
        fits: false,
        rule: null,
        detail: expect.stringContaining('maintenance'),
      }),
    ]),
  })
  await open(`/jobs/${waiting}`)
  await expect(page.getByText('The instance is in maintenance: no jobs are handed out until it ends.')).toBeVisible()

  // Ending it needs no confirmation.
  await open('/settings')
  await page.getByRole('switch', { name: 'Maintenance', exact: true }).click()
  await expect(notice).toBeHidden()
  await expect.poll(maintenance).toBe(false)
})

test('a delayed job says when it starts', async ({ dashboard: page, open, admin, createJob, project }) => {
  const id = await createJob({ when: 'delayed', start_in: '3 days' }, { name: 'later' })
  const job = await admin.query('jobs.get', { id })
  const days = (Date.parse(notNull(job.scheduledAt)) - Date.parse(job.createdAt)) / 86_400_000
  expect(days).toBeCloseTo(3, 3)
  await open(`/jobs/${id}`)
  await expect(page.getByRole('region', { name: 'Times', exact: true })).toContainText(/starts \S+/)
  await open(`/jobs?project=${project.id}`)
  await expect(page.getByRole('row', { name: /later/ }).locator(`time[datetime="${job.scheduledAt}"]`)).toBeVisible()
})
