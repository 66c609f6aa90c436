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
    const runner = await register({ description: 'to be changed', tagList: 'big machine' })
    await open(`/runners/${runner.id}`)
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await expect(page.getByText('Paused', { exact: true })).toBeVisible()
    expect((await admin.query('runners.get', { id: runner.id })).paused).toBe(true)

    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    const form = page.getByRole('dialog', { name: 'Edit runner', exact: true })
    await form.getByLabel('Description', { exact: true }).fill('changed')
    await form.getByLabel('Tags', { exact: true }).fill('big machine, one two')
    await form.getByLabel('Job time limit', { exact: true }).fill('2')
    await form.getByLabel('Cost factor', { exact: true }).fill('2.5')
    await form.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'changed', exact: true })).toBeVisible()
    expect(await admin.query('runners.get', { id: runner.id })).toMatchObject({
      description: 'changed',
      tagList: ['big machine', 'one', 'two'],
      maximumTimeout: 7200,
      costFactor: 2.5,
    })

    await page.getByRole('button', { name: 'More actions', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Rotate the token', exact: true }).click()
    await page.getByRole('button', { name: 'Rotate', exact: true }).click()
    await expect(page.getByRole('dialog', { name: 'Token rotated', exact: true })).toContainText(
      'gitlab-runner register',
    )
    expect((await runner.verify()).status).toBe(403)
    await page.getByRole('button', { name: 'Done', exact: true }).click()

    await page.getByRole('button', { name: 'More actions', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Remove', exact: true }).click()
    await page.getByRole('button', { name: 'Keep it', exact: true }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'changed', exact: true })).toBeVisible()
    await page.getByRole('button', { name: 'More actions', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Remove', exact: true }).click()
    await page.getByRole('button', { name: 'Remove the runner', exact: true }).click()
    await expect(page).toHaveURL(/\/runners$/)
    await expect(admin.query('runners.get', { id: runner.id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

test.describe('an invalid runner', () => {
  test.use({ tolerated: /status of 400/ })

  test('is refused with the allowed values at the field', async ({ dashboard: page, open }) => {
    await open('/runners?new=true')
    const form = page.getByRole('dialog', { name: 'New runner', exact: true })
    await form.getByLabel('Serves', { exact: true }).selectOption('project_type')
    await form.getByRole('button', { name: 'Create runner', exact: true }).click()
    await expect(form.getByLabel('Project', { exact: true })).toHaveAttribute('aria-invalid', 'true')
    await form.getByLabel('Serves', { exact: true }).selectOption('instance_type')
    await form.getByLabel('Unit', { exact: true }).selectOption('minutes')
    await form.getByLabel('Job time limit', { exact: true }).fill('5')
    await form.getByRole('button', { name: 'Create runner', exact: true }).click()
    await expect(form.getByLabel('Job time limit', { exact: true })).toHaveAccessibleDescription(/10 minutes|600/)
  })
})

test('runners are filtered by the address', async ({ dashboard: page, open, register }) => {
  await register({ description: 'findable-one', tagList: 'rare-tag' })
  await register({ description: 'findable-two' })
  await open('/runners?tag=rare-tag')
  await expect(page.getByRole('link', { name: 'findable-one', exact: true })).toBeVisible()
  await expect(page.getByRole('link', { name: 'findable-two', exact: true })).toBeHidden()
  await page.getByLabel('Tag', { exact: true }).fill('')
  await page.getByRole('searchbox').fill('findable')
  await expect(page.getByRole('link', { name: 'findable-two', exact: true })).toBeVisible()
  await page.getByRole('link', { name: 'findable-two', exact: true }).click()
  await expect(page.getByText('It has not taken any jobs yet.')).toBeVisible()
})
