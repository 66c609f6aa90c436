import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'

const CONTENT = `
deploy:
  script: [x]
  environment: { name: review/topic, url: https://review.example.com, on_stop: stop, auto_stop_in: 1 week }
stop: { script: [x], needs: [], when: manual, environment: { name: review/topic, action: stop } }`

test('a project shows its environments with their last deployment, and stops one', async ({
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
  await expect(row.getByRole('button')).toHaveCount(0)

  await page.getByLabel('Protected environments', { exact: true }).fill('production, our review/*')
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(page.getByText('Project saved')).toBeVisible()
  expect((await admin.query('projects.get', { id: project.id })).protectedEnvironments).toEqual([
    'production',
    'our review/*',
  ])
})
