import { expect, test } from '../support/dashboard.ts'
import { WebhookReceiver } from '../support/webhook-receiver.ts'

const CONTENT = 'build: {script: [x], tags: [nobody]}'

// Saving an address that is none is refused.
test.use({ tolerated: /status of 400/ })

test('commit statuses are set up, watched, sent again and stopped', async ({
  dashboard: page,
  open,
  project,
  admin,
}) => {
  await using forge = await WebhookReceiver.open()
  const address = new URL('/harbour/lantern', forge.url).href
  forge.status = 403
  await open(`/projects/${project.id}`)
  const panel = page.getByRole('region', { name: 'Commit statuses', exact: true })
  await expect(panel).toContainText('No forge is told')
  await panel.getByRole('button', { name: 'Set up', exact: true }).click()
  const form = page.getByRole('dialog', { name: 'Commit statuses', exact: true })
  await form.getByLabel('Forge', { exact: true }).selectOption('GitHub')
  await form.getByLabel('Repository there', { exact: true }).fill('https://github.example/')
  await form.getByLabel('Token', { exact: true }).fill('a-secret-token')
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(form).toContainText('such as https://github.com/owner/name')
  await form.getByLabel('Repository there', { exact: true }).fill(address)
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(panel).toContainText(`GitHub at ${address}`)
  await expect(panel).toContainText('Nothing has been sent yet')

  const { id } = await admin.mutate('pipelines.create', {
    ...{ projectId: project.id, content: CONTENT, sha: '7'.repeat(40) },
  })
  const statuses = panel.getByRole('list', { name: 'Commit statuses, newest first', exact: true })
  const status = statuses.getByRole('listitem').first()
  await expect(status).toContainText('Failed')
  await expect(status).toContainText('The token may not write statuses of this repository')
  await page.goto(page.url().replace(/\/projects\/.*$/, `/pipelines/${id}`))
  const about = page.getByRole('region', { name: 'About', exact: true })
  await expect(about).toContainText('the token may not write statuses of this repository')

  forge.status = 201
  await about.getByRole('link', { name: 'Failed', exact: true }).click()
  await status.locator('summary').click()
  await status.getByRole('button', { name: 'Send again', exact: true }).click()
  await expect(status).toContainText('Delivered')
  await expect(status).toContainText('Attempt 2')
  expect(forge.received.at(-1)?.body).toMatchObject({ state: 'pending', context: 'yardmaster', description: 'Waiting' })
  expect(forge.received.at(-1)?.headers.authorization).toBe('Bearer a-secret-token')
  await status.getByRole('link', { name: `Pipeline #${id}`, exact: true }).click()
  await expect(about.getByRole('link', { name: 'Delivered', exact: true })).toBeVisible()

  await page.goBack()
  await panel.getByRole('button', { name: 'Change', exact: true }).click()
  await expect(form.getByLabel('Token', { exact: true })).toHaveValue('')
  await form.getByRole('switch', { name: 'Jobs, too', exact: true }).click()
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(panel).toContainText('each job as yardmaster/…')
  await panel.getByRole('button', { name: 'Stop', exact: true }).click()
  await page.getByRole('button', { name: 'Stop sending', exact: true }).click()
  await expect(panel).toContainText('No forge is told')
  expect(await admin.query('projects.get', { id: project.id })).toMatchObject({ commitStatus: null })
})

test('a repository’s address is guessed from where the project’s jobs clone, and said to be a guess', async ({
  dashboard: page,
  open,
  project,
  admin,
}) => {
  await admin.mutate('projects.update', {
    id: project.id,
    repoUrl: 'https://user:secret@codeberg.org/harbour/lantern.git',
  })
  await open(`/projects/${project.id}`)
  await page
    .getByRole('region', { name: 'Commit statuses', exact: true })
    .getByRole('button', { name: 'Set up', exact: true })
    .click()
  const form = page.getByRole('dialog', { name: 'Commit statuses', exact: true })
  await expect(form.getByLabel('Forge', { exact: true })).toHaveValue('forgejo')
  await expect(form.getByLabel('Repository there', { exact: true })).toHaveValue('https://codeberg.org/harbour/lantern')
  await expect(form).toContainText('A guess from where the project’s jobs clone')
})
