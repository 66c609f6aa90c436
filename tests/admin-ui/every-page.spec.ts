import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'

test.use({ tolerated: /status of 40[34]/ })

const WIDTHS = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]

for (const viewport of WIDTHS) {
  test.describe(`${viewport.width} px wide`, () => {
    test.use({ viewport, colorScheme: 'light' })

    test('the page behind a sign-in link is accessible and fits', async ({ page, gateway }) => {
      const link = /Sign in, once: +(\S+)/.exec(gateway.output)?.[1] ?? ''
      for (const address of [link, `${gateway.url}/sign-in?token=used`]) {
        await page.goto(address)
        await expect(page.getByRole('heading', { name: 'Sign in to Yardmaster', exact: true })).toBeVisible()
        await expectAccessibleLightAndDark(page)
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        expect(sideways).toBeLessThanOrEqual(0)
      }
    })

    test('every view is accessible and fits, light and dark', async ({
      dashboard: page,
      open,
      project,
      createJob,
      runner,
      admin,
    }) => {
      const id = await createJob({ tags: [] }, { name: 'seen-everywhere', variables: [{ key: 'SHOWN', value: 'yes' }] })
      const job = await runner.take()
      await job.say('\u001b[31mred\u001b[0m\n')
      await job.finish('failed', { failureReason: 'script_failure', exitCode: 2 })
      const waiting = await createJob({ tags: ['nobody-has-this'] }, { name: 'waits' })
      const { id: again } = await admin.mutate('jobs.retry', { id })
      const { ids: steps } = await admin.mutate('jobs.createMany', {
        projectId: project.id,
        jobs: ['first', 'second'].map((stage) => ({ name: stage, stage, definition: { script: ['true'] } })),
      })
      // Nothing listens there, so that a failed attempt is shown.
      const { id: webhook } = await admin.mutate('webhooks.create', { url: 'http://127.0.0.1:9/hook' })
      await admin.mutate('webhooks.test', { id: webhook })
      await admin.mutate('projects.update', {
        id: project.id,
        commitStatus: { forge: 'gitlab', address: 'http://127.0.0.1:9/harbour/lantern', token: 'unused' },
      })
      const { id: pipeline } = await admin.mutate('pipelines.create', {
        ...{ projectId: project.id, sha: '7'.repeat(40) },
        content: `
          workflow: { name: 'Seen everywhere' }
          build: { stage: build, script: [x], parallel: { matrix: [{ OS: [linux, mac] }] } }
          unit: { script: [x], needs: ['build: [linux]'] }
          ask: { script: [x], when: manual }
          later: { script: [x], when: delayed, start_in: 1 day, needs: [] }
        `,
        variables: [{ key: 'SECRET', value: 'hidden-value', masked: true }],
      })
      await admin.mutate('schedules.create', {
        ...{ projectId: project.id, description: 'Seen every night', cron: '0 4 * * *', timeZone: 'Europe/Berlin' },
        content: 'job: { script: [x] }',
      })
      for (const path of [
        '/pipelines',
        '/pipelines?q=nothing-is-called-so',
        `/pipelines/${pipeline}`,
        `/pipelines/${pipeline}?by=needs`,
        '/pipelines/999999',
        `/schedules?project=${project.id}`,
        '/schedules?new=true',
        '/jobs',
        '/jobs?new=true',
        '/jobs?q=nothing-is-called-so',
        `/jobs/${id}`,
        `/jobs/${waiting}`,
        `/jobs/${again}`,
        `/jobs/${steps[1]}`,
        `/jobs?pipeline=1`,
        '/runners',
        '/runners?new=true',
        `/runners/${runner.id}`,
        '/projects',
        '/projects?new=true',
        `/projects/${project.id}`,
        '/lint',
        '/settings',
        '/webhooks',
        '/webhooks?new=true',
        `/webhooks/${webhook}`,
        '/audit',
        '/audit?kind=session&id=999',
        '/usage',
        '/usage?month=2020-02',
        '/nothing/is/here',
        '/jobs/999999',
      ]) {
        await test.step(path, async () => {
          await open(path)
          await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
          await expectAccessibleLightAndDark(page)
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          )
          expect(overflow).toBe(0)
        })
      }
      await test.step('dialogs and menus', async () => {
        await open(`/webhooks/${webhook}`)
        await page.getByRole('listitem').getByText('Test', { exact: true }).click()
        await page.getByText('How a receiver verifies').click()
        await expectAccessibleLightAndDark(page)
        await open('/audit?action=jobs.createMany')
        await page.getByRole('button', { name: 'jobs.createMany', exact: true }).first().click()
        await expect(page.getByRole('dialog', { name: 'jobs.createMany', exact: true })).toBeVisible()
        await expectAccessibleLightAndDark(page)
      })
      await admin.mutate('webhooks.remove', { id: webhook })
      await page.context().clearCookies()
      await open('/sign-in')
      await expectAccessibleLightAndDark(page)
    })
  })
}

test('the appearance is chosen and kept', async ({ dashboard: page, open }) => {
  await open('/jobs')
  await page.getByRole('button', { name: 'Appearance and session', exact: true }).click()
  await page.getByRole('menuitemradio', { name: 'Dark', exact: true }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
})

test('hashed files are cached for ever, the page is revalidated every time', async ({ dashboard: page }) => {
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
