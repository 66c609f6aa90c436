import { expect, test } from '../support/dashboard.ts'

test('the attempts of a job are shown side by side, and an old one says that it is superseded', async ({
  dashboard: page,
  open,
  createJob,
  runner,
  admin,
}) => {
  const first = await createJob({}, { name: 'tried' })
  const job = await runner.take()
  await job.finish('failed', { failureReason: 'script_failure', exitCode: 2 })
  await open(`/jobs/${first}`)
  await expect(page.getByRole('region', { name: /^Attempts/ })).toBeHidden()

  const { id: second } = await admin.mutate('jobs.retry', { id: first })
  const attempts = page.getByRole('region', { name: 'Attempts (2)', exact: true }).getByRole('listitem')
  await expect(attempts).toHaveCount(2)
  await expect(attempts.nth(0)).toContainText('A command of the script failed')
  await expect(attempts.nth(1)).toContainText('newest')
  await expect(page.getByText('This attempt is superseded')).toBeVisible()
  await page.getByRole('link', { name: `Go to the newest attempt, #${second}`, exact: true }).click()
  await expect(page).toHaveURL(new RegExp(`/jobs/${second}$`))
  await expect(page.getByText('This attempt is superseded')).toBeHidden()
  await expect(attempts.nth(1).getByRole('link')).toHaveAttribute('aria-current', /./)
  const again = await runner.take()
  await expect(attempts.nth(1)).toContainText('Running')
  await again.finish('success')
  await expect(attempts.nth(1)).toContainText('Success')
})

test('a job that is skipped says because of which jobs', async ({ dashboard: page, open, project, runner, admin }) => {
  const job = (name: string, more = {}) => ({ name, definition: { script: ['true'], ...more } })
  const { ids } = await admin.mutate('jobs.createMany', {
    projectId: project.id,
    jobs: [job('compile'), job('publish', { needs: ['compile'] }), job('announce', { needs: ['publish'] })],
  })
  await open(`/jobs/${ids[1]}`)
  await expect(page.getByRole('region', { name: 'What it is waiting for', exact: true })).toContainText('compile')
  await (await runner.take()).finish('failed')
  await expect(page.getByTestId('status')).toHaveText('Skipped')
  const skip = page.getByRole('region', { name: 'Why it was skipped', exact: true })
  await expect(skip).toContainText('It runs when the jobs before it have succeeded. These have not:')
  await expect(skip.getByRole('listitem')).toContainText(['compile'])
  await open(`/jobs/${ids[2]}`)
  await skip.getByRole('link', { name: 'publish', exact: true }).click()
  await expect(skip.getByRole('listitem')).toContainText(['compile'])
})

test('jobs of one pipeline are listed by stage, and say what they are waiting for', async ({
  dashboard: page,
  open,
  project,
  runner,
  admin,
}) => {
  const job = (name: string, stage: string, more = {}) => ({ name, stage, definition: { script: ['true'], ...more } })
  const { ids } = await admin.mutate('jobs.createMany', {
    projectId: project.id,
    jobs: [
      job('zulu', 'prepare'),
      job('alpha', 'check'),
      job('bravo', 'check', { resource_group: 'one' }),
      job('charlie', 'check', { resource_group: 'one' }),
    ],
  })
  await open(`/jobs/${ids[3]}`)
  const pipeline = page.getByRole('region', { name: 'Pipeline (4)', exact: true })
  await expect(pipeline.getByRole('heading', { level: 3 })).toHaveText(['prepare', 'check'])
  const waits = page.getByRole('region', { name: 'What it is waiting for', exact: true })
  await expect(waits).toContainText('Whether it runs is decided when this job ends')
  await expect(waits.getByRole('listitem')).toContainText(['zulu'])

  await (await runner.take()).finish('success')
  await expect(page.getByTestId('status')).toHaveText('Waiting for resource')
  await expect(waits).toContainText('Only one job at a time may use the resource one')
  await expect(waits.getByRole('link', { name: 'bravo', exact: true })).toBeVisible()
  await expect(pipeline.getByRole('listitem').filter({ hasText: /^bravo/ })).toContainText('Pending')

  await pipeline.getByRole('link', { name: 'Show as graph', exact: true }).click()
  await expect(page).toHaveURL(/\/pipelines\/\d+$/)
  await page.getByRole('link', { name: 'Show as list', exact: true }).click()
  await expect(page).toHaveURL(/pipeline=\d+/)
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(5)
  await page.getByLabel('Pipeline', { exact: true }).selectOption('All pipelines')
  await expect(page).not.toHaveURL(/pipeline/)
})
