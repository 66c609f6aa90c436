import type { Locator, Page } from '@playwright/test'
import { test as base, expect, expectAccessible } from '../support/dashboard.ts'
import { freshDataDir } from '../support/data-dir.ts'
import type { Gateway } from '../support/gateway.ts'

const test = base.extend<{ openForm: (path: string, name: string) => Promise<Locator> }>({
  openForm: async ({ dashboard, open }, use) => {
    await use(async (path, name) => {
      await open(path)
      return dashboard.getByRole('dialog', { name, exact: true })
    })
  },
})

test.use({ tolerated: /status of 40[13]|net::ERR_|Failed to load resource/ })

const question = (page: Page) => page.getByRole('dialog', { name: 'Your session has ended', exact: true })

/** Ends all sessions as another browser would, which makes the cookie of this page invalid. */
async function endAllSessions({ url, adminToken }: Gateway): Promise<void> {
  const reply = await fetch(`${url}/trpc/settings.endSessions`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' },
  })
  expect(reply.status).toBe(200)
}

/** Submits without a session. The dialog may be open already, because the page also makes requests by itself. */
async function sendInVain(form: Locator, button: string): Promise<void> {
  await form.getByRole('button', { name: button, exact: true }).dispatchEvent('click')
  await expect(form.getByText('Your session has ended. Sign in, then try again.')).toBeVisible()
}

async function signInAgain(page: Page, token: string): Promise<void> {
  await question(page).getByLabel('Administrator’s token', { exact: true }).fill(token)
  await question(page).getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(question(page)).toBeHidden()
}

test('a new job that was filled in survives the end of all sessions', async ({
  dashboard: page,
  openForm,
  gateway,
  project,
}) => {
  const form = await openForm('/jobs?new=true', 'New job')
  await form.getByLabel('Name', { exact: true }).fill('typed for a long time')
  await form.getByLabel('Project', { exact: true }).fill(project.path)
  await form.getByRole('option', { name: project.path, exact: true }).click()
  await form.getByLabel('Script', { exact: true }).fill('make\nmake check')
  await form.getByRole('button', { name: 'Add a variable', exact: true }).click()
  await form.getByLabel('Key of variable 1', { exact: true }).fill('COLOUR')
  await form.getByLabel('Value of variable COLOUR', { exact: true }).fill('green')
  await endAllSessions(gateway)
  await sendInVain(form, 'Create job')
  await expect(question(page)).toBeVisible()
  await expectAccessible(page)
  await question(page).getByLabel('Administrator’s token', { exact: true }).fill('not the token')
  await question(page).getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(question(page).getByRole('alert')).toHaveText('That is not an administrator’s token.')
  await signInAgain(page, gateway.adminToken)

  await expect(form.getByLabel('Name', { exact: true })).toHaveValue('typed for a long time')
  await expect(form.getByLabel('Script', { exact: true })).toHaveValue('make\nmake check')
  await form.getByRole('button', { name: 'Create job', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'typed for a long time', exact: true })).toBeVisible()
})

test('a new project survives; the sign-in can be dismissed, and is asked for again at the next attempt', async ({
  dashboard: page,
  openForm,
  gateway,
  context,
}) => {
  const path = `kept/${Date.now()}`
  const form = await openForm('/projects?new=true', 'New project')
  await form.getByLabel('Path', { exact: true }).fill(path)
  await context.clearCookies()
  await sendInVain(form, 'Create project')
  await question(page).getByRole('button', { name: 'Close', exact: true }).click()
  await expect(form.getByLabel('Path', { exact: true })).toHaveValue(path)
  await sendInVain(form, 'Create project')
  await signInAgain(page, gateway.adminToken)
  await form.getByRole('button', { name: 'Create project', exact: true }).click()
  await expect(page.getByRole('heading', { name: path, exact: true })).toBeVisible()
})

test('a new runner survives, and so does its token, which is shown once', async ({
  dashboard: page,
  openForm,
  gateway,
  context,
}) => {
  const form = await openForm('/runners?new=true', 'New runner')
  await form.getByLabel('Description', { exact: true }).fill('a runner that took a while')
  await context.clearCookies()
  await sendInVain(form, 'Create runner')
  await signInAgain(page, gateway.adminToken)
  await form.getByRole('button', { name: 'Create runner', exact: true }).click()
  const made = page.getByRole('dialog', { name: 'Runner created', exact: true })
  const token = made.locator('pre').first()
  await expect(token).toHaveText(/^glrt-/)
  await context.clearCookies()
  // The list behind the dialog refreshes itself, and so notices the end.
  await expect(question(page)).toBeVisible()
  await signInAgain(page, gateway.adminToken)
  await expect(token).toHaveText(/^glrt-/)
  await made.getByRole('button', { name: 'Done', exact: true }).click()
})

test('a new webhook survives; signing in in another tab is enough', async ({
  dashboard: page,
  openForm,
  gateway,
  context,
}) => {
  const form = await openForm('/webhooks?new=true', 'New webhook')
  const address = `http://127.0.0.1:9/${Date.now()}`
  await form.getByLabel('Address', { exact: true }).fill(address)
  await form.getByLabel('Failed', { exact: true }).check()
  await context.clearCookies()
  await sendInVain(form, 'Create webhook')
  await expect(question(page)).toBeVisible()
  const other = await context.newPage()
  await other.goto('/jobs')
  await other.getByLabel('Administrator’s token', { exact: true }).fill(gateway.adminToken)
  await other.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(other.getByRole('heading', { name: 'Jobs', exact: true })).toBeVisible()
  await expect(question(page)).toBeHidden()
  await expect(form.getByLabel('Address', { exact: true })).toHaveValue(address)
  await expect(form.getByLabel('Failed', { exact: true })).toBeChecked()
  await form.getByRole('button', { name: 'Create webhook', exact: true }).click()
  await expect(page.getByRole('dialog', { name: 'Webhook created', exact: true })).toBeVisible()
})

test('changed settings of a project survive a restart with another token', async ({ page, startGateway }) => {
  const directory = await freshDataDir({})
  const first = await startGateway({
    dataDir: directory.path,
    env: { ADMIN_TOKEN: 'ymat-the-token-before-the-restart' },
  })
  await page.goto(`${first.url}/sign-in?next=/projects/1`)
  await page.getByLabel('Administrator’s token', { exact: true }).fill(first.adminToken)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  const branch = page.getByLabel('Default branch', { exact: true })
  await branch.fill('trunk')
  await first.stop()
  const token = 'ymat-the-token-after-the-restart'
  await startGateway({ dataDir: directory.path, env: { ADMIN_TOKEN: token, PORT: new URL(first.url).port } })
  await sendInVain(page.getByRole('form', { name: 'Project settings', exact: true }), 'Save changes')
  await signInAgain(page, token)
  await expect(branch).toHaveValue('trunk')
  await page.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(page.getByText(/saved/)).toBeVisible()
  await page.reload()
  await expect(branch).toHaveValue('trunk')
  await page.goto('about:blank')
  await directory.dispose()
})

test('a form without input is reopened after the sign-in', async ({ dashboard: page, open, gateway, context }) => {
  await open('/webhooks?new=true')
  await context.clearCookies()
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Projects', exact: true }).click()
  await page.getByLabel('Administrator’s token', { exact: true }).fill(gateway.adminToken)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Projects', exact: true })).toBeVisible()
})
