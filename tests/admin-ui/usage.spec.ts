import { expect, test } from '../support/dashboard.ts'

test('the usage of a month is shown by project and runner, and job times by tag', async ({
  dashboard: page,
  open,
  project,
  createJob,
  register,
  admin,
}) => {
  const tag = `used-${project.id}`
  const runner = await register({ description: `meter ${project.id}`, tagList: tag })
  await createJob({ tags: [tag] })
  const job = await runner.take()
  await job.finish('success')

  await open('/usage')
  const byProject = page
    .getByRole('table', { name: 'Usage by project', exact: true })
    .getByRole('row', { name: project.path })
  await expect(byProject).toContainText(/1\s*(< )?\d+(\.\d)? min/)
  const byRunner = page
    .getByRole('table', { name: 'Usage by runner', exact: true })
    .getByRole('row', { name: `meter ${project.id}` })
  await expect(byRunner).toContainText(/\d min/)
  const byTag = page
    .getByRole('table', { name: 'Waits and run times by tag', exact: true })
    .getByRole('row', { name: tag })
  await expect(byTag).toContainText('nine of ten within')

  await page.getByRole('button', { name: 'The month before', exact: true }).click()
  const now = new Date()
  const before = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1)).toISOString().slice(0, 7)
  await expect(page).toHaveURL(new RegExp(`month=.*${before}`))
  await expect(byRunner).toBeHidden()
  await expect(page.getByLabel('Month', { exact: true })).toHaveValue(before)
  await page.getByLabel('Jobs that ended in', { exact: true }).selectOption('Last 7 days')
  await expect(page).toHaveURL(/hours=168/)
  await page.reload()
  await expect(page.getByLabel('Month', { exact: true })).toHaveValue(before)
  await expect(byTag).toBeVisible()

  await byTag.getByText(tag).isVisible()
  await page.getByRole('button', { name: 'The month after', exact: true }).click()
  await byProject.getByRole('link').click()
  await expect(page.getByRole('heading', { level: 1, name: project.path, exact: true })).toBeVisible()
  expect(await admin.query('usage.times', { hours: 1, tag })).toMatchObject({ tags: [{ jobs: 1 }] })
})
