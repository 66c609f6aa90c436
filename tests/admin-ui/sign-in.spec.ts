import { expect, test } from '../support/dashboard.ts'

test.use({ tolerated: /status of (401|403|429)/, gatewayEnv: { TRUSTED_PROXIES: '127.0.0.0/8,::1/128' } })

test('a visitor without a session is asked for the token, then led to the requested page', async ({
  page,
  gateway,
}) => {
  await page.goto('/runners?status=online')
  const token = page.getByLabel('Administrator’s token', { exact: true })
  await expect(token).toBeFocused()
  await token.fill('not the token')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('alert')).toHaveText('That is not an administrator’s token.')
  await token.fill(gateway.adminToken)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page).toHaveURL(/\/runners\?status=online$/)
  await expect(page.getByRole('heading', { name: 'Runners', exact: true })).toBeVisible()
})

test('an address on another server is not followed after signing in', async ({ page, gateway }) => {
  await page.goto('/sign-in?next=//evil.example/')
  await page.getByLabel('Administrator’s token', { exact: true }).fill(gateway.adminToken)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page).toHaveURL(`${gateway.url}/pipelines`)
})

test('the printed link signs in once and says so afterwards', async ({ page, gateway, context }) => {
  const link = /Sign in, once: +(\S+)/.exec(gateway.output)?.[1] ?? ''
  await page.goto(link)
  await page.reload()
  const button = page.getByRole('button', { name: 'Sign in', exact: true })
  await expect(button).toBeFocused()
  await button.click()
  await expect(page.getByRole('heading', { name: 'Pipelines', exact: true })).toBeVisible()
  const [cookie] = await context.cookies()
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
  // The page would navigate to the sign-in by itself, in the middle of ours.
  await page.goto('about:blank')
  await context.clearCookies()
  await page.goto(link)
  await expect(page.getByRole('alert')).toHaveText('This sign-in link was used or has expired.')
})

test('all sessions end on demand, in this browser too', async ({ dashboard: page, open }) => {
  await open('/settings')
  await page.getByRole('button', { name: 'End all sessions', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End all sessions', exact: true }).click()
  await expect(page).toHaveURL(/\/sign-in/)
  await page.goto('/jobs')
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fjobs$/)
})

test('signing out ends the session, and a session that ends leads back to the sign-in', async ({
  dashboard: page,
  open,
  context,
}) => {
  await open('/jobs')
  await page.getByRole('button', { name: 'Appearance and session', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click()
  await expect(page).toHaveURL(/\/sign-in$/)
  await page.goto('/settings')
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fsettings$/)
  expect(await context.cookies()).toEqual([])
})

test('a session that ends while a page is open leads to the sign-in and back', async ({
  dashboard: page,
  open,
  context,
}) => {
  await open('/settings')
  await context.clearCookies()
  await page.getByRole('link', { name: 'Projects', exact: true }).click()
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fprojects$/)
})

test.describe('a visitor who guesses tokens', () => {
  // From a separate address: gateways on one Redis share their counts.
  test.use({ extraHTTPHeaders: { 'X-Forwarded-For': `203.0.113.${1 + Math.floor(Math.random() * 250)}` } })

  test('has to wait after too many wrong tokens', async ({ page }) => {
    await page.goto('/sign-in')
    for (let attempt = 0; attempt < 11; attempt++) {
      const reply = await page.request.post('/sign-in', { form: { token: 'wrong' } })
      expect([403, 429]).toContain(reply.status())
    }
    await page.getByLabel('Administrator’s token', { exact: true }).fill('wrong again')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await expect(page.getByRole('alert')).toContainText('Too many attempts')
  })
})
