import { expect, test } from '../support/dashboard.ts'
import { notNull } from '../support/not-null.ts'

test('a project is created and set up; masked values stay hidden and stored', async ({
  dashboard: page,
  open,
  admin,
}) => {
  const path = `made-here/${Date.now()}`
  await open('/projects?new=true')
  await page.getByRole('dialog').getByLabel('Path', { exact: true }).fill(path)
  await page.getByRole('button', { name: 'Create project', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: path, exact: true })).toBeVisible()
  const id = Number(page.url().split('/').at(-1))

  await page.getByRole('button', { name: 'Add a variable', exact: true }).click()
  await page.getByLabel('Key of variable 1', { exact: true }).fill('DEPLOY_KEY')
  await page.getByLabel('Value of variable DEPLOY_KEY', { exact: true }).fill('very-secret-value')
  await page.getByLabel('Masked: variable DEPLOY_KEY', { exact: true }).check()
  await page.getByLabel('Protected refs', { exact: true }).fill('main, release-*')
  await page.getByRole('switch', { name: 'Instance runners', exact: true }).click()
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(page.getByText('Project saved')).toBeVisible()
  await page.reload()
  await expect(page.getByLabel('Value of variable DEPLOY_KEY', { exact: true })).toHaveValue('')
  await expect(page.getByLabel('Value of variable DEPLOY_KEY', { exact: true })).toHaveAttribute(
    'placeholder',
    'stored, hidden',
  )
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(page.getByText('Project saved')).toBeVisible()
  expect(await admin.query('projects.get', { id })).toMatchObject({
    groupPath: 'made-here',
    protectedRefs: ['main', 'release-*'],
    instanceRunnersEnabled: false,
    variables: [{ key: 'DEPLOY_KEY', masked: true, value: null }],
  })

  const registrationToken = notNull((await admin.query('projects.get', { id })).registrationToken)
  await expect(page.getByTestId('secret')).not.toContainText(registrationToken)
  await page.getByRole('button', { name: 'Show the registration token of the project', exact: true }).click()
  await expect(page.getByTestId('secret')).toHaveText(registrationToken)
  await page.getByRole('button', { name: 'Rotate the registration token of the project', exact: true }).click()
  await page.getByRole('button', { name: 'Rotate', exact: true }).click()
  await expect(page.getByTestId('secret')).not.toHaveText(registrationToken)
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByRole('button', { name: 'Remove the project', exact: true }).click()
  await expect(page).toHaveURL(/\/projects$/)
})

test('the lines of a file variable are shown and kept', async ({ dashboard: page, open, project, admin }) => {
  await admin.mutate('projects.update', { id: project.id, variables: [{ key: 'CONFIG', value: 'a\nb\n', file: true }] })
  await open(`/projects/${project.id}`)
  const value = page.getByLabel('Value of variable CONFIG', { exact: true })
  await expect(value).toHaveValue('a\nb\n')
  await value.fill('one\ntwo\n')
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(page.getByText('Project saved')).toBeVisible()
  expect((await admin.query('projects.get', { id: project.id })).variables).toMatchObject([
    { key: 'CONFIG', value: 'one\ntwo\n' },
  ])
})

test('a raw variable stays raw when its key is changed, and can be made expanded', async ({
  dashboard: page,
  open,
  project,
  admin,
}) => {
  const variables = async () => (await admin.query('projects.get', { id: project.id })).variables
  await admin.mutate('projects.update', { id: project.id, variables: [{ key: 'PRICE', value: '$5', raw: true }] })
  await open(`/projects/${project.id}`)
  await page.getByLabel('Key of variable 1', { exact: true }).fill('COST')
  const save = page.getByRole('button', { name: 'Save changes', exact: true })
  await save.click()
  await expect.poll(variables).toMatchObject([{ key: 'COST', value: '$5', raw: true }])
  await page.getByLabel('Raw: variable COST', { exact: true }).uncheck()
  await save.click()
  await expect.poll(variables).toMatchObject([{ key: 'COST', value: '$5', raw: false }])
})

test('settings take effect at once', async ({ dashboard: page, open, admin }) => {
  await open('/settings')
  const fair = page.getByRole('switch', { name: 'Fair scheduling', exact: true })
  await expect(fair).toBeChecked()
  await fair.click()
  await expect(page.getByText('Setting saved')).toBeVisible()
  expect((await admin.query('settings.get')).fairScheduling).toBe(false)
  await fair.click()
  await expect.poll(async () => (await admin.query('settings.get')).fairScheduling).toBe(true)
  await page.getByLabel('Archive jobs after', { exact: true }).fill('30')
  await page.getByRole('button', { name: 'Save the archive setting', exact: true }).click()
  await expect.poll(async () => (await admin.query('settings.get')).archiveAfter).toBe(30 * 86_400)
  await admin.mutate('settings.update', { archiveAfter: null })

  const quota = page.getByLabel('Storage quota per project (MiB)', { exact: true })
  await quota.fill('lots')
  await page.getByRole('button', { name: 'Save the storage quota per project', exact: true }).click()
  await expect(page.getByText('Enter a number of MiB, or leave the field empty.')).toBeVisible()
  await quota.fill('1.5')
  await page.getByRole('button', { name: 'Save the storage quota per project', exact: true }).click()
  await expect.poll(async () => (await admin.query('settings.get')).maxStoredBytes).toBe(1.5 * 1_048_576)
  await admin.mutate('settings.update', { maxStoredBytes: null })
  await expect(page.getByText('at most 100 MiB').first()).toBeVisible()
})

test('a project says for how long its pipelines and logs are kept', async ({
  dashboard: page,
  open,
  project,
  admin,
}) => {
  await open(`/projects/${project.id}`)
  const pipelines = page.getByLabel('Keep finished pipelines for (days)', { exact: true })
  const logs = page.getByLabel('Keep logs of finished jobs for (days)', { exact: true })
  await expect(pipelines).toHaveAttribute('placeholder', 'for ever')
  await pipelines.fill('1.5')
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(page.getByText('Enter a whole number of days from 1 to 36500')).toBeVisible()
  await pipelines.fill('90')
  await logs.fill('14')
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(page.getByText('Project saved')).toBeVisible()
  expect(await admin.query('projects.get', { id: project.id })).toMatchObject({
    jobRetentionDays: 90,
    logRetentionDays: 14,
  })
  await page.reload()
  await expect(logs).toHaveValue('14')
  await pipelines.fill('')
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect.poll(async () => (await admin.query('projects.get', { id: project.id })).jobRetentionDays).toBeNull()
})

test('a project shows its badges, and makes them public', async ({
  dashboard: page,
  open,
  project,
  admin,
  browser,
}) => {
  await open(`/projects/${project.id}`)
  const image = page.getByRole('img', { name: 'Pipeline of main', exact: true })
  const width = () => image.evaluate((element) => (element as HTMLImageElement).naturalWidth)
  await expect.poll(width).toBeGreaterThan(50)
  const address = new URL((await image.getAttribute('src')) ?? '', page.url()).href
  await expect(page.getByText(`![Pipeline](${address})`, { exact: true })).toBeVisible()

  const stranger = await browser.newContext()
  expect((await stranger.request.get(address)).status()).toBe(404)
  await page.getByLabel('Public badges', { exact: true }).click()
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(page.getByText('They need no sign-in.')).toBeVisible()
  expect(await admin.query('projects.get', { id: project.id })).toMatchObject({ publicBadges: true })
  const shown = await stranger.request.get(address)
  expect([shown.status(), await shown.text()]).toEqual([200, expect.stringContaining('pipeline: unknown')])
  await stranger.close()
})
