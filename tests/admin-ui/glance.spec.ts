import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'

test.afterEach(({ admin }) => admin.mutate('settings.update', { maintenance: false }))

test('every page shows what waits, who could work, and who switched maintenance on', async ({
  dashboard: page,
  open,
  admin,
  createJob,
  register,
}) => {
  const glance = page.getByRole('region', { name: 'At a glance', exact: true })
  const runners = glance.getByRole('list', { name: 'Runners', exact: true })
  await open('/settings')
  await expect(runners.getByRole('link', { name: /^\d+ runners? online$/ })).toBeVisible()
  // Other tests may have left jobs and runners.
  const { waiting } = (await admin.query('overview.get')).queue
  await createJob({ tags: ['nobody-has-this'] })
  await createJob({ tags: ['nobody-has-this'] })
  await register()
  await expect(
    glance.getByRole('link', { name: new RegExp(`^${waiting + 2} jobs wait, the oldest for `) }),
  ).toBeVisible()
  await expect(runners.getByRole('link', { name: /^[1-9]\d* runners? never contacted$/ })).toBeVisible()

  const notice = page.getByRole('status').filter({ hasText: 'Maintenance: no jobs are handed out' })
  await expect(notice).toBeHidden()
  await page.getByRole('switch', { name: 'Maintenance', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Begin', exact: true }).click()
  await expect(notice).toContainText(/Switched on just now by session [0-9a-f]{8}\./)
  for (const path of ['/pipelines', '/usage', '/settings']) {
    await open(path)
    await expect(notice).toBeVisible()
    await expect(glance.getByRole('link', { name: /jobs wait/ })).toBeVisible()
  }
  await notice.getByRole('link', { name: /^session/ }).click()
  await expect(page).toHaveURL(/\/audit\?action=settings\.update/)
  await glance.getByRole('link', { name: /never contacted$/ }).focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/runners\?status=never_contacted/)
})

test.describe('on the narrowest phones', () => {
  test.use({ viewport: { width: 320, height: 640 } })

  test('it fits, and is accessible', async ({ dashboard: page, open, admin, createJob, register }) => {
    await createJob({ tags: ['nobody-has-this'] })
    await register()
    await admin.mutate('settings.update', { maintenance: true })
    await open('/jobs')
    await expect(page.getByRole('region', { name: 'At a glance', exact: true })).toContainText('never contacted')
    await expect(page.getByText('Switched on')).toBeVisible()
    await expectAccessibleLightAndDark(page)
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(sideways).toBeLessThanOrEqual(0)
  })
})

test.describe('without a connection', () => {
  test.use({ tolerated: /Failed to (?:load|fetch)|ERR_/ })

  test('a page without live lists says that it may be out of date', async ({ dashboard: page, open }) => {
    await open('/settings')
    const notice = page.getByRole('status').filter({ hasText: 'Connection lost: what you see may be out of date' })
    await page.route(/overview\.get/, (route) => route.abort())
    await expect(notice).toBeVisible()
    await page.unroute(/overview\.get/)
    await expect(notice).toBeHidden()
  })
})

test('a job that waits says what is before it, how busy its runners are, and predicts nothing', async ({
  dashboard: page,
  open,
  createJob,
  runner,
}) => {
  await createJob({}, { name: 'taken' })
  await runner.take()
  await createJob({}, { name: 'earlier' })
  const id = await createJob({}, { name: 'waits' })
  await open(`/jobs/${id}`)
  const why = page.getByRole('region', { name: 'Why it is waiting', exact: true })
  await expect(why).toContainText('1 fitting runner is online and runs other jobs; 1 job is before it.')
  await expect(why.getByRole('listitem').first()).toContainText('Runs 1')
  await expect(why).not.toContainText('soon')
})

test('jobs that wait for a person, for a time or for a failed job say so', async ({
  dashboard: page,
  open,
  admin,
  createJob,
  project,
  runner,
}) => {
  const what = page.getByRole('region', { name: 'What it is waiting for', exact: true })
  await open(`/jobs/${await createJob({ when: 'manual' }, { name: 'asks' })}`)
  await expect(what).toContainText('It waits for a person, who has to play it.')
  await open(`/jobs/${await createJob({ when: 'delayed', start_in: '2 hours' }, { name: 'later' })}`)
  await expect(what).toContainText(/It is delayed: it is queued in (?:2 h 00 m|1 h 5\d m), at /)

  const script = ['true']
  const { ids } = await admin.mutate('jobs.createMany', {
    projectId: project.id,
    jobs: [
      { name: 'bad', stage: 'build', definition: { script } },
      { name: 'slow', stage: 'build', definition: { script } },
      { name: 'deploy', stage: 'deploy', definition: { script } },
    ],
  })
  await (await runner.take()).finish('failed', { exitCode: 1 })
  await open(`/jobs/${ids[2]}`)
  await expect(what).toContainText(
    'A job before it has not succeeded. Unless that one is retried, this one will be skipped:',
  )
  await expect(what.getByRole('link', { name: 'bad', exact: true })).toBeVisible()
  await expect(what).toContainText('These jobs have not ended yet:')
  await expect(what.getByRole('link', { name: 'slow', exact: true })).toBeVisible()
})
