import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'

const CONTENT = `
deploy:
  script: [x]
  environment: { name: review/topic, url: https://review.example.com, on_stop: stop, auto_stop_in: 1 week }
stop: { script: [x], needs: [], when: manual, environment: { name: review/topic, action: stop } }`

test('a project shows its environments with their last deployment, stops one and removes it', async ({
  dashboard: page,
  open,
  project,
  admin,
  runner,
}) => {
  const { id } = await admin.mutate('pipelines.create', { projectId: project.id, content: CONTENT })
  await (await runner.take()).finish('success')
  await open(`/projects/${project.id}`)
  const row = page
    .getByRole('region', { name: 'Environments', exact: true })
    .getByRole('listitem', { name: 'review/topic' })
  await expect(row).toContainText('Available')
  await expect(row).toContainText('development')
  await expect(row).toContainText('Stops in')
  await expect(row.getByRole('link', { name: 'deploy', exact: true })).toBeVisible()
  await expect(row.getByRole('link', { name: `pipeline #${id}`, exact: true })).toBeVisible()
  await expect(row.getByRole('link', { name: 'https://review.example.com' })).toHaveAttribute('rel', 'noreferrer')
  await expectAccessibleLightAndDark(page)

  await row.getByRole('button', { name: 'Stop review/topic', exact: true }).click()
  await expect(row).toContainText('Stopping')
  await (await runner.take()).finish('success')
  await expect(row).toContainText('Stopped')
  await row.getByRole('button', { name: 'Remove review/topic', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Keep it', exact: true }).click()
  await expect(row).toContainText('Stopped')
  await row.getByRole('button', { name: 'Remove review/topic', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove the environment', exact: true }).click()
  await expect(page.getByText('Environment review/topic removed', { exact: true })).toBeVisible()
  await expect(row).toBeHidden()
  expect((await admin.query('environments.list', { projectId: project.id })).items).toEqual([])

  await page.getByLabel('Protected environments', { exact: true }).fill('production, our review/*')
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(page.getByText('Project saved')).toBeVisible()
  expect((await admin.query('projects.get', { id: project.id })).protectedEnvironments).toEqual([
    'production',
    'our review/*',
  ])
})
