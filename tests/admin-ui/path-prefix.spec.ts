import { expect, test } from '../support/dashboard.ts'

test.use({ gatewayEnv: { EXTERNAL_URL: 'http://yard.example/ci/yard' }, prefix: '/ci/yard' })

test('everything works below a path prefix', async ({ dashboard: page, open, createJob, gateway }) => {
  const id = await createJob({}, { name: 'below' })
  await open(`/jobs/${id}`)
  await expect(page.getByTestId('status')).toHaveText('Pending')
  await page.getByRole('link', { name: 'Jobs', exact: true }).first().click()
  await expect(page).toHaveURL(`${gateway.url}/ci/yard/jobs`)
  await page.getByRole('link', { name: 'below', exact: true }).click()
  await expect(page).toHaveURL(`${gateway.url}/ci/yard/jobs/${id}`)
  await expect(page.getByRole('link', { name: 'Download', exact: true })).toHaveAttribute(
    'href',
    `/ci/yard/download/jobs/${id}/trace`,
  )
  await page.getByRole('button', { name: 'Appearance and session', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click()
  await expect(page).toHaveURL(`${gateway.url}/ci/yard/sign-in`)
})

test('the root redirects below the prefix', async ({ dashboard: page, gateway }) => {
  await page.goto('/settings')
  await expect(page).toHaveURL(`${gateway.url}/ci/yard/settings`)
  await expect(page.getByRole('heading', { level: 1, name: 'Settings', exact: true })).toBeVisible()
})
