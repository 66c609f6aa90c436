import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'

test.use({ tolerated: /status of 400/ })

test('a token of a project is created, shown once and revoked', async ({ dashboard: page, open, project, admin }) => {
  await open(`/projects/${project.id}`)
  const panel = page.getByRole('region', { name: 'Project tokens', exact: true })
  await expect(panel).toContainText('password of git over HTTP')
  await panel.getByRole('button', { name: 'New token', exact: true }).click()
  const form = page.getByRole('dialog', { name: 'New project token', exact: true })
  await form.getByRole('button', { name: 'Create token', exact: true }).click()
  await expect(form.getByLabel('Name', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await form.getByLabel('Name', { exact: true }).fill('Laptop')
  await form.getByLabel('Access', { exact: true }).selectOption('write')
  await form.getByLabel('Expires', { exact: true }).selectOption('In 30 days')
  await expectAccessibleLightAndDark(page)
  await form.getByRole('button', { name: 'Create token', exact: true }).click()
  const made = page.getByRole('dialog', { name: 'Token created', exact: true })
  await expect(made).toContainText(/ympt-[\w-]{24}/)
  await made.getByRole('button', { name: 'Done', exact: true }).click()

  const row = panel.getByRole('listitem', { name: 'Laptop', exact: true })
  await expect(row).toContainText('write')
  await expect(row).toContainText('Used never')
  const { items } = await admin.query('projectTokens.list', { projectId: project.id })
  expect(items).toMatchObject([{ name: 'Laptop', access: 'write', expiresAt: expect.any(String) }])
  await expectAccessibleLightAndDark(page)

  await row.getByRole('button', { name: 'Revoke: Laptop', exact: true }).click()
  await page.getByRole('button', { name: 'Revoke the token', exact: true }).click()
  await expect(row).toBeHidden()
  expect((await admin.query('projectTokens.list', { projectId: project.id })).items).toEqual([])
})
