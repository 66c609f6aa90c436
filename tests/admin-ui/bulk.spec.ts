import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'

test('many jobs are canceled at once: those that were chosen, or all that match', async ({
  dashboard: page,
  open,
  admin,
  project,
}) => {
  await admin.mutate('jobs.createMany', {
    projectId: project.id,
    jobs: Array.from({ length: 60 }, (_, at) => ({ name: `many ${at}`, definition: { script: ['true'] } })),
  })
  const pending = async () => (await admin.query('jobs.count', { projectId: project.id, status: 'pending' })).jobs
  await open(`/jobs?project=${project.id}`)
  const bar = page.getByRole('region', { name: 'Chosen jobs', exact: true })
  const dialog = page.getByRole('dialog')
  await expect(bar).toBeHidden()

  await page.getByRole('checkbox', { name: /^Choose many 59 #/ }).check()
  await page.getByRole('checkbox', { name: /^Choose many 58 #/ }).press('Space')
  await expect(bar).toContainText('2 jobs chosen')
  await expectAccessibleLightAndDark(page)
  await bar.getByRole('button', { name: 'Cancel', exact: true }).click()
  await dialog.getByRole('button', { name: 'Not now', exact: true }).click()
  expect(await pending()).toBe(60)
  await bar.getByRole('button', { name: 'Cancel', exact: true }).click()
  await dialog.getByRole('button', { name: 'Cancel 2 jobs', exact: true }).click()
  await expect(page.getByText('2 jobs canceled', { exact: true })).toBeVisible()
  await expect(bar).toBeHidden()
  expect(await pending()).toBe(58)

  await page.getByRole('checkbox', { name: 'Choose all shown', exact: true }).check()
  await expect(bar).toContainText('50 jobs chosen')
  await bar.getByRole('button', { name: 'Choose all 60 that match', exact: true }).click()
  await expect(bar).toContainText('All 60 jobs that match')
  await bar.getByRole('button', { name: 'Cancel', exact: true }).click()
  await expect(dialog).toContainText('These are all jobs that match the filters.')
  await dialog.getByRole('button', { name: 'Cancel 60 jobs', exact: true }).click()
  await expect(page.getByText('58 jobs canceled; 2 could not be', { exact: true })).toBeVisible()
  expect(await pending()).toBe(0)
  const { items } = await admin.query('audit.list', { action: 'jobs.changeMatching', limit: 1 })
  expect(items[0]).toMatchObject({ outcome: 'done', details: { changed: 58, refused: 2 } })
})

test('a change of many shows its progress, and can be stopped', async ({
  dashboard: page,
  open,
  createJob,
  project,
}) => {
  await createJob({}, { name: 'slowly' })
  await page.route(/jobs\.changeMany/, () => undefined)
  await page.route(/bulk\.progress/, async (route) => {
    const answer = await route.fetch()
    const body = (await answer.text()).replaceAll('"done":0', '"done":1')
    await route.fulfill({ response: answer, body })
  })
  await open(`/jobs?project=${project.id}`)
  await page.getByRole('checkbox', { name: /^Choose slowly #/ }).check()
  await page.getByRole('region', { name: 'Chosen jobs', exact: true }).getByRole('button', { name: 'Erase' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Erase 1 job', exact: true }).click()
  await expect(dialog.getByRole('progressbar', { name: 'Progress', exact: true })).toHaveAttribute('aria-valuenow', '1')
  await expect(dialog).toContainText('1 of 1. It may be stopped: what was done stays done.')
  await dialog.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(page.getByText('Stopped. What was done stays done; the audit says how many.')).toBeVisible()
  await expect(dialog).toBeHidden()
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } })

  test('runners that were never seen are removed', async ({ dashboard: page, open, admin, register, project }) => {
    const tag = `unseen-${project.id}`
    for (let count = 0; count < 3; count++) await register({ tagList: tag })
    await open(`/runners?status=never_contacted&tag=${tag}`)
    await expect(page.getByText('3 runners', { exact: true })).toBeVisible()
    for (const box of await page.getByRole('checkbox', { name: /^Choose / }).all()) await box.check()
    const bar = page.getByRole('region', { name: 'Chosen runners', exact: true })
    await expect(bar).toContainText('3 runners chosen')
    await expectAccessibleLightAndDark(page)
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(sideways).toBeLessThanOrEqual(0)
    await bar.getByRole('button', { name: 'Pause', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Pause 3 runners', exact: true }).click()
    await expect(page.getByText('3 runners paused', { exact: true })).toBeVisible()
    for (const box of await page.getByRole('checkbox', { name: /^Choose / }).all()) await box.check()
    await bar.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove 3 runners', exact: true }).click()
    await expect(page.getByText('3 runners removed', { exact: true })).toBeVisible()
    expect(await admin.query('runners.count', { tag })).toEqual({ runners: 0 })
  })
})
