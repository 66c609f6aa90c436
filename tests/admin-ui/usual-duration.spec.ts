import { expect, expectAccessible, test } from '../support/dashboard.ts'

test('a job that waits or runs says how long it usually takes', async ({
  dashboard: page,
  open,
  createJob,
  runner,
}) => {
  const usual = page.getByTestId('usual')
  const first = await createJob({}, { name: 'compile' })
  const run = await runner.take()
  await open(`/jobs/${first}`)
  await expect(page.getByTestId('status')).toHaveText('Running')
  await expect(page.getByText('No output yet.', { exact: true })).toBeVisible()
  await run.finish('success')
  await expect(page.getByTestId('status')).toHaveText('Success')
  await expect(usual).toHaveCount(0)

  const second = await createJob({}, { name: 'compile' })
  await open(`/jobs/${second}`)
  await expect(usual).toHaveText(/^Usually (\d+ [hms] ?)+ once it runs ?the only successful run on main$/)
  await expectAccessible(page)
  const again = await runner.take()
  await expect(usual).toHaveText(/^Usually (\d+ [hms] ?)+, .*(left|this time) ?the only successful run on main$/)
  await again.finish('failed')
  await expect(page.getByTestId('status')).toHaveText('Failed')
  await expect(usual).toHaveCount(0)
})
