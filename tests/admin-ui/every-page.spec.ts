import { expect, expectAccessible, test } from '../support/dashboard.ts'

test.use({ tolerated: /status of 404/ })

const LOOKS = [
  { colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const

for (const look of LOOKS) {
  test.describe(`${look.colorScheme}, ${look.viewport.width} px wide`, () => {
    test.use(look)

    test('every view is accessible and fits', async ({ dashboard: page, open, project, createJob, runner }) => {
      test.slow()
      const id = await createJob({ tags: [] }, { name: 'seen-everywhere', variables: [{ key: 'SHOWN', value: 'yes' }] })
      const job = await runner.take()
      await job.say('\u001b[31mred\u001b[0m\n')
      await job.finish('failed', { failureReason: 'script_failure', exitCode: 2 })
      const waiting = await createJob({ tags: ['nobody-has-this'] }, { name: 'waits' })
      for (const path of [
        '/jobs',
        '/jobs?new=true',
        '/jobs?q=nothing-is-called-so',
        `/jobs/${id}`,
        `/jobs/${waiting}`,
        '/runners',
        '/runners?new=true',
        `/runners/${runner.id}`,
        '/projects',
        '/projects?new=true',
        `/projects/${project.id}`,
        '/settings',
        '/nothing/is/here',
        '/jobs/999999',
      ]) {
        await test.step(path, async () => {
          await open(path)
          await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
          await expectAccessible(page)
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          )
          expect(overflow).toBe(0)
        })
      }
      await page.context().clearCookies()
      await open('/sign-in')
      await expectAccessible(page)
    })
  })
}

test('the appearance is chosen and kept', async ({ dashboard: page, open }) => {
  await open('/jobs')
  await page.getByRole('button', { name: 'Appearance and session' }).click()
  await page.getByRole('menuitemradio', { name: 'Dark' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
})

test('hashed files are kept for ever, the page is asked for every time', async ({ dashboard: page }) => {
  const reply = await page.request.get('/jobs')
  expect(reply.headers()['cache-control']).toBe('no-cache')
  expect(reply.headers()['content-security-policy']).not.toContain('unsafe')
  const asset = /src="(\/assets\/[^"]+)"/.exec(await reply.text())?.[1] ?? ''
  for (const encoding of ['br', 'gzip', 'identity']) {
    const headers = (await page.request.get(asset, { headers: { 'Accept-Encoding': encoding } })).headers()
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(headers['content-encoding'] ?? 'identity').toBe(encoding)
    expect(headers.vary).toContain('Accept-Encoding')
  }
  expect((await page.request.get('/assets/gone.js')).status()).toBe(404)
  expect((await page.request.get('/nothing', { headers: { Accept: 'text/html' } })).status()).toBe(404)
  expect(
    (await page.request.get('/api/v4/nothing', { headers: { Accept: 'text/html' } })).headers()['content-type'],
  ).toContain('json')
})
