import type { Page } from '@playwright/test'
import { expect, test } from '../support/dashboard.ts'

const signOut = async (page: Page) => {
  await page.getByRole('button', { name: 'Appearance and session', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click()
}

// A request after the end of the session would be an error in the browser's console, which fails the test.
test('a page makes no further requests while the answer to its sign-out is under way', async ({
  dashboard: page,
  open,
  createJob,
}) => {
  await open('/jobs')
  const asked: string[] = []
  await page.route('**/sign-out', async (route) => {
    page.on('request', (request) => void asked.push(request.url()))
    const response = await route.fetch()
    // A change for the hidden view, and time for a closed connection to be reopened.
    await createJob()
    await new Promise((resolve) => setTimeout(resolve, 3000))
    await route.fulfill({ response })
  })
  await signOut(page)
  await expect(page).toHaveURL(/\/sign-in$/)
  expect(asked.filter((url) => url.includes('/trpc/'))).toEqual([])
})

test.describe('a sign-out that does not reach the server', () => {
  test.use({ tolerated: /net::ERR_FAILED/ })

  test('leaves the page as it was', async ({ dashboard: page, open, createJob }) => {
    await open('/jobs')
    const search = page.getByRole('combobox', { name: 'Search jobs', exact: true })
    await search.fill('late')
    await expect(page).toHaveURL(/q=late/)
    // When the view is hidden, one refresh has just been requested and the next one is scheduled.
    await createJob({}, { name: 'late before' })
    await expect(page.getByRole('link', { name: 'late before', exact: true })).toBeVisible()
    await page.route('**/sign-out', (route) => route.abort())
    await signOut(page)
    await expect(page.getByText('You are still signed in')).toBeVisible()
    await expect(search).toHaveValue('late')
    await createJob({}, { name: 'late' })
    await expect(page.getByRole('link', { name: 'late', exact: true }).first()).toBeVisible()
  })
})
