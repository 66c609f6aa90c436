import { expect, test } from '../support/dashboard.ts'

test.describe('from its first change to its removal', () => {
  // The page may request the runner once more while it is being removed.
  test.use({ tolerated: /status of 404/ })

  test('a runner is edited, paused, given another token and removed', async ({
    dashboard: page,
    open,
    register,
    admin,
  }) => {
    const runner = await register({ description: 'to be changed' })
    await open(`/runners/${runner.id}`)
    await page.getByRole('button', { name: 'Pause' }).click()
    await expect(page.getByText('Paused', { exact: true })).toBeVisible()
    expect((await admin.query('runners.get', { id: runner.id })).paused).toBe(true)

    await page.getByRole('button', { name: 'Edit' }).click()
    const form = page.getByRole('dialog', { name: 'Edit runner' })
    await form.getByLabel('Description').fill('changed')
    await form.getByLabel('Tags', { exact: true }).fill('one two')
    await form.getByLabel('Job time limit').fill('2')
    await form.getByLabel('Cost factor').fill('2.5')
    await form.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'changed', exact: true })).toBeVisible()
    expect(await admin.query('runners.get', { id: runner.id })).toMatchObject({
      description: 'changed',
      tagList: ['one', 'two'],
      maximumTimeout: 7200,
      costFactor: 2.5,
    })

    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Rotate the token' }).click()
    await page.getByRole('button', { name: 'Rotate', exact: true }).click()
    await expect(page.getByRole('dialog', { name: 'Token rotated' })).toContainText('gitlab-runner register')
    expect((await runner.verify()).status).toBe(403)
    await page.getByRole('button', { name: 'Done' }).click()

    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Remove' }).click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'changed', exact: true })).toBeVisible()
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Remove' }).click()
    await page.getByRole('button', { name: 'Remove the runner' }).click()
    await expect(page).toHaveURL(/\/runners$/)
    await expect(admin.query('runners.get', { id: runner.id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

test.describe('an invalid runner', () => {
  test.use({ tolerated: /status of 400/ })

  test('is refused with the allowed values at the field', async ({ dashboard: page, open }) => {
    await open('/runners?new=true')
    const form = page.getByRole('dialog', { name: 'New runner' })
    await form.getByLabel('Serves').selectOption('project_type')
    await form.getByRole('button', { name: 'Create runner' }).click()
    await expect(form.getByLabel('Project', { exact: true })).toHaveAttribute('aria-invalid', 'true')
    await form.getByLabel('Serves').selectOption('instance_type')
    await form.getByLabel('Unit').selectOption('minutes')
    await form.getByLabel('Job time limit').fill('5')
    await form.getByRole('button', { name: 'Create runner' }).click()
    await expect(form.getByLabel('Job time limit')).toHaveAccessibleDescription(/10 minutes|600/)
  })
})

test('runners are filtered by the address', async ({ dashboard: page, open, register }) => {
  await register({ description: 'findable-one', tagList: 'rare-tag' })
  await register({ description: 'findable-two' })
  await open('/runners?tag=rare-tag')
  await expect(page.getByRole('link', { name: 'findable-one' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'findable-two' })).toBeHidden()
  await page.getByLabel('Tag', { exact: true }).fill('')
  await page.getByRole('searchbox').fill('findable')
  await expect(page.getByRole('link', { name: 'findable-two' })).toBeVisible()
  await page.getByRole('link', { name: 'findable-two' }).click()
  await expect(page.getByText('It has not taken any jobs yet.')).toBeVisible()
})
