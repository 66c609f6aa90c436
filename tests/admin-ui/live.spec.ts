import { Admin } from '../support/admin.ts'
import { expect, test } from '../support/dashboard.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { Gateway } from '../support/gateway.ts'
import { notNull } from '../support/not-null.ts'
import { TakenJob } from '../support/taken-job.ts'

test.describe('while the server restarts', () => {
  // The browser reports the lost connections.
  test.use({ tolerated: /ERR_|status of 50|Failed to (?:load|fetch)|EventSource/ })

  test('an open list and an open job continue', async ({ page, context, startGateway }) => {
    const site = await startGateway()
    const admin = new Admin(site.url, { token: site.adminToken })
    const path = `live-${process.pid}-${Date.now()}`
    const project = await admin.mutate('projects.create', { path, instanceRunnersEnabled: false })
    const create = (name: string) =>
      admin.mutate('jobs.create', { projectId: project.id, name, definition: { script: ['true'] } })
    await create('before')
    const runner = await FakeRunner.register(site.url, notNull(project.registrationToken))
    const job = await runner.take()
    await page.request.post(`${site.url}/sign-in`, {
      form: { token: site.adminToken },
      headers: { Accept: 'application/json' },
    })
    await page.goto(`${site.url}/jobs?project=${project.id}`)
    await expect(page.getByRole('row', { name: /before/ })).toContainText('Running')
    const other = await context.newPage()
    await other.goto(`${site.url}/jobs/${job.id}`)
    await expect(other.getByTestId('status')).toHaveText('Running')

    await site.stop()
    const again = await Gateway.start(site.dataDir, { ...site.env, PORT: new URL(site.url).port })
    try {
      await create('after')
      await expect(page.getByRole('row', { name: /after/ })).toContainText('Pending')
      await job.finish('success')
      await expect(page.getByRole('row', { name: /before/ })).toContainText('Success')
      await expect(other.getByTestId('status')).toHaveText('Success')
      await expect(page.getByText('Reconnecting…')).toBeHidden()
    } finally {
      await again.stop()
    }
  })
})

test.describe('behind a proxy that has no server for a while', () => {
  test.use({ tolerated: /status of 502|EventSource/ })

  test('an open list is live again once there is one', async ({
    dashboard: page,
    open,
    project,
    createJob,
    runner,
  }) => {
    let refused = 0
    await page.route(/jobs\.watch/, async (route) => {
      refused += 1
      await route.fulfill({ status: 502, body: 'Bad Gateway' })
    })
    await createJob({}, { name: 'proxied' })
    await open(`/jobs?project=${project.id}`)
    await expect(page.getByText('Reconnecting…')).toBeVisible()
    await expect.poll(() => refused).toBeGreaterThan(1)
    await page.unroute(/jobs\.watch/)
    const job = await runner.take()
    await expect(page.getByRole('row', { name: /proxied/ })).toContainText('Running')
    await expect(page.getByText('Reconnecting…')).toBeHidden()
    await job.finish('success')
    await expect(page.getByRole('row', { name: /proxied/ })).toContainText('Success')
  })
})

test('changes made through another process are shown', async ({
  dashboard: page,
  open,
  project,
  createJob,
  runner,
  startGateway,
  storage,
}) => {
  test.skip(!storage.sharesObjects, 'several processes need servers that they share')
  const another = await startGateway()
  const admin = new Admin(another.url, { token: another.adminToken })
  const id = await createJob({}, { name: 'shared' })
  await open(`/jobs?project=${project.id}`)
  const row = page.getByRole('row', { name: /shared/ })
  await expect(row).toContainText('Pending')
  const taken = await runner.take()
  await expect(row).toContainText('Running')
  const there = new TakenJob(another.url, taken.payload)

  await open(`/jobs/${id}`)
  await expect(page.getByTestId('status')).toHaveText('Running')
  await there.say('said elsewhere\n')
  await expect(page.getByText('said elsewhere')).toBeVisible()
  await there.finish('success')
  await expect(page.getByTestId('status')).toHaveText('Success')
  await admin.mutate('jobs.retry', { id })
  await expect(page.getByText('This attempt is superseded')).toBeVisible()
})
