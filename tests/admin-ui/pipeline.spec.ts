import type { Page } from '@playwright/test'
import { test as base, expect, expectAccessibleLightAndDark } from '../support/dashboard.ts'

const test = base.extend<{
  /** Creates a pipeline in the test's project; resolves with its id. */
  create: (content: string, input?: Record<string, unknown>) => Promise<number>
}>({
  create: async ({ admin, project }, use) =>
    use(async (content, input = {}) => {
      const { id } = await admin.mutate('pipelines.create', { projectId: project.id, content, ...input })
      return id ?? 0
    }),
})

const chip = (page: Page, name: string, status: string) =>
  page.getByTestId('graph').getByRole('link', { name: `${name}, ${status}`, exact: true })

const THREE_STAGES = `
stages: [build, test, deploy]
workflow: { name: 'Release of $CI_COMMIT_BRANCH' }
compile: { stage: build, script: [make] }
unit: { stage: test, script: [make test], allow_failure: true }
production: { stage: deploy, script: [./deploy], when: manual, allow_failure: false }
`

test('a pipeline is made, and goes through its stages while the list and its page follow', async ({
  dashboard: page,
  context,
  open,
  project,
  create,
  runner,
}) => {
  await open(`/pipelines?project=${project.id}`)
  await expect(page.getByRole('heading', { name: 'No pipelines match these filters', exact: true })).toBeVisible()
  const id = await create(THREE_STAGES, { sha: 'ab12cd34'.repeat(5) })
  const row = page.getByRole('row', { name: /Release of main/ })
  await expect(row).toContainText('Pending')
  await expect(row).toContainText(`#${id}`)
  await expect(row).toContainText('main')
  await expect(row).toContainText('ab12cd34')
  await expect(row).toContainText('Admin token')
  await expect(row.getByRole('link', { name: /: / })).toHaveCount(3)
  // None of the listed pipelines measures any.
  await expect(page.getByRole('columnheader', { name: 'Coverage', exact: true })).toHaveCount(0)

  const tab = await context.newPage()
  await tab.goto(`/pipelines/${id}`)
  await expect(tab.getByRole('heading', { level: 1, name: 'Release of main', exact: true })).toBeVisible()
  await expect(tab.getByTestId('status')).toHaveText('Pending')
  const compile = await runner.take()
  for (const shown of [row, tab.getByTestId('status')]) await expect(shown).toContainText('Running')
  await expect(chip(tab, 'compile', 'Running')).toBeVisible()
  await expect(row.getByRole('link', { name: 'build: Running', exact: true })).toBeVisible()
  await compile.finish('success')
  await expect(chip(tab, 'compile', 'Success')).toBeVisible()
  await expect(chip(tab, 'unit', 'Pending')).toBeVisible()
  await expect(row.getByRole('link', { name: 'build: Success', exact: true })).toBeVisible()
  await (await runner.take()).finish('failed')
  await expect(chip(tab, 'unit', 'Failed, allowed')).toBeVisible()
  await expect(row.getByRole('link', { name: 'test: Passed with warnings', exact: true })).toBeVisible()
  await expect(tab.getByRole('heading', { name: 'Passed with warnings: test', exact: true })).toBeVisible()
  await expect(chip(tab, 'production', 'Manual')).toBeVisible()
  for (const shown of [row, tab.getByTestId('status')]) await expect(shown).toContainText('Manual')

  await tab.getByRole('button', { name: 'Play production', exact: true }).click()
  await expect(chip(tab, 'production', 'Pending')).toBeFocused()
  const production = await runner.take()
  await expect(chip(tab, 'production', 'Running')).toBeFocused()
  await production.finish('success')
  for (const shown of [row, tab.getByTestId('status')]) await expect(shown).toContainText('Passed with warnings')

  await row.getByRole('link', { name: 'Release of main', exact: true }).click()
  await expect(page).toHaveURL(new RegExp(`/pipelines/${id}$`))
  await chip(page, 'production', 'Success').click()
  await expect(page).toHaveURL(new RegExp(`/jobs/${production.id}$`))
  await page.getByRole('link', { name: 'Show as graph', exact: true }).click()
  await expect(page).toHaveURL(new RegExp(`/pipelines/${id}$`))
})

test.describe('the whole pipeline', () => {
  // The page asks for the pipeline once more when it is removed.
  test.use({ tolerated: /status of 404/ })

  test('a pipeline is canceled, retried, and removed once it is over', async ({
    dashboard: page,
    open,
    create,
    runner,
    project,
  }) => {
    const id = await create(`
      one: { script: [x] }
      two: { stage: deploy, script: [x] }
    `)
    await open(`/pipelines/${id}`)
    await expect(page.getByRole('button', { name: 'More actions', exact: true })).toBeHidden()
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await expect(page.getByTestId('status')).toHaveText('Canceled')
    await expect(chip(page, 'two', 'Canceled')).toBeVisible()
    await page.getByRole('button', { name: 'Retry canceled jobs', exact: true }).click()
    await expect(chip(page, 'one', 'Pending')).toBeVisible()
    await (await runner.take()).finish('failed')
    await expect(page.getByTestId('status')).toHaveText('Failed')
    await expect(chip(page, 'two', 'Skipped')).toBeVisible()

    await page.getByRole('button', { name: 'Retry one', exact: true }).click()
    await expect(chip(page, 'one', 'Pending')).toBeFocused()
    await (await runner.take()).finish('failed')
    await expect(chip(page, 'one', 'Failed')).toBeVisible()
    await page.getByRole('button', { name: 'Retry failed jobs', exact: true }).click()
    await expect(chip(page, 'one', 'Pending')).toBeVisible()
    await (await runner.take()).finish('success')
    await (await runner.take()).finish('success')
    await expect(page.getByTestId('status')).toHaveText('Success')

    await page.getByRole('button', { name: 'More actions', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Remove', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Remove this pipeline?', exact: true })
    await dialog.getByRole('button', { name: 'Remove the pipeline', exact: true }).click()
    await expect(page).toHaveURL(/\/pipelines$/)
    await expect(page.getByRole('link', { name: `Pipeline #${id}`, exact: true })).toBeHidden()
    await open(`/audit?kind=pipeline&id=${id}`)
    await expect(page.getByRole('button', { name: 'pipelines.remove', exact: true })).toBeVisible()
    await page
      .getByRole('link', { name: `Pipeline #${id}`, exact: true })
      .first()
      .click()
    await expect(page.getByRole('heading', { name: 'There is no such pipeline', exact: true })).toBeVisible()
    await open(`/jobs?project=${project.id}`)
    await expect(page.getByRole('heading', { name: 'No jobs match these filters', exact: true })).toBeVisible()
  })
})

test.describe('the graph of a pipeline', () => {
  const WITH_NEEDS = `
    stages: [build, test, deploy]
    compile: { stage: build, script: [x], parallel: { matrix: [{ OS: [linux, mac] }] } }
    docs: { stage: build, script: [x] }
    unit: { stage: test, script: [x], needs: ['compile: [linux]'] }
    lint: { stage: test, script: [x], needs: [] }
    publish: { stage: deploy, script: [x], needs: [unit, docs] }
  `
  const columns = (page: Page) => page.getByTestId('graph').getByRole('heading', { level: 3 })

  test('is arranged by stage or by needs, which the address keeps', async ({ dashboard: page, open, create }) => {
    const id = await create(WITH_NEEDS)
    await open(`/pipelines/${id}`)
    await expect(columns(page)).toContainText(['build', 'test', 'deploy'])
    await page.getByRole('link', { name: 'By needs', exact: true }).click()
    await expect(page).toHaveURL(/\?by=needs$/)
    await expect(columns(page)).toHaveText(['Step 1', 'Step 2', 'Step 3'])
    const first = page.getByRole('region', { name: 'Step 1', exact: true })
    await expect(first.getByRole('link', { name: 'lint, Pending', exact: true })).toBeVisible()
    await page.reload()
    await expect(columns(page)).toHaveCount(3)
    await expect(columns(page)).toHaveText(['Step 1', 'Step 2', 'Step 3'])
  })

  test('folds parallel jobs, and highlights what a job needs and what needs it', async ({
    dashboard: page,
    open,
    create,
  }) => {
    const id = await create(WITH_NEEDS)
    await open(`/pipelines/${id}`)
    const group = page.getByRole('button', { name: 'compile, 2 jobs: 2 pending', exact: true })
    await expect(group).toHaveAttribute('aria-expanded', 'false')
    await expect(chip(page, 'compile: [linux]', 'Pending')).toBeHidden()
    await group.click()
    await expect(chip(page, 'compile: [linux]', 'Pending')).toBeVisible()

    const highlighted = page.getByTestId('highlighted')
    const lines = async () => ((await highlighted.getAttribute('d')) ?? '').split('M').length - 1
    await chip(page, 'unit', 'Created').hover()
    await expect.poll(lines).toBe(2)
    await chip(page, 'publish', 'Created').hover()
    await expect.poll(lines).toBe(3)
    await chip(page, 'lint', 'Pending').hover()
    await expect.poll(lines).toBe(0)
  })

  test('is walked with the arrow keys, has one tab stop, and opens a job with Enter', async ({
    dashboard: page,
    open,
    create,
  }) => {
    const id = await create(WITH_NEEDS)
    await open(`/pipelines/${id}`)
    const graph = page.getByTestId('graph')
    await expect(graph.locator('[data-target][tabindex="0"]')).toHaveCount(1)
    const group = page.getByRole('button', { name: /^compile, 2 jobs/ })
    await group.focus()
    await page.keyboard.press('ArrowDown')
    await expect(chip(page, 'docs', 'Pending')).toBeFocused()
    await page.keyboard.press('ArrowRight')
    await expect(chip(page, 'lint', 'Pending')).toBeFocused()
    await page.keyboard.press('Home')
    await expect(chip(page, 'unit', 'Created')).toBeFocused()
    await page.keyboard.press('ArrowRight')
    await expect(chip(page, 'publish', 'Created')).toBeFocused()
    await expect(graph.locator('[data-target][tabindex="0"]')).toHaveCount(1)
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/jobs\/\d+$/)
    await expect(page.getByRole('heading', { level: 1, name: 'publish', exact: true })).toBeVisible()
  })

  test('is a list by stage on a phone', async ({ dashboard: page, open, create }) => {
    await page.setViewportSize({ width: 390, height: 844 })
    const id = await create(WITH_NEEDS)
    await open(`/pipelines/${id}?by=needs`)
    await expect(columns(page)).toContainText(['build', 'test', 'deploy'])
    await expect(page.getByRole('link', { name: 'By needs', exact: true })).toBeHidden()
    await expect(page.getByTestId('highlighted')).toBeHidden()
    const box = await chip(page, 'unit', 'Created').boundingBox()
    expect(box?.width).toBeGreaterThan(280)
    await expectAccessibleLightAndDark(page)
  })
})

test('a job that may fail has the mark of a warning only when it failed', async ({
  dashboard: page,
  open,
  create,
  runner,
}) => {
  const id = await create(
    'good: { script: [a], allow_failure: true }\nbad: { stage: deploy, script: [b], allow_failure: true }',
  )
  await (await runner.take()).finish('success')
  await (await runner.take()).finish('failed')
  await open(`/pipelines/${id}`)
  const mark = (name: string, status: string) => chip(page, name, status).locator('svg')
  await expect(mark('good', 'Success')).toHaveClass(/text-good/)
  await expect(mark('bad', 'Failed, allowed')).toHaveClass(/text-warn/)
})

test('variables and the configuration of a pipeline are shown, masked values are not', async ({
  dashboard: page,
  open,
  create,
}) => {
  const id = await create('one: { script: [echo hello] }', {
    variables: [
      { key: 'TARGET', value: 'staging' },
      { key: 'SECRET', value: 'hush-hush-hush', masked: true },
    ],
  })
  await open(`/pipelines/${id}`)
  const variables = page.getByRole('region', { name: 'Variables (2)', exact: true })
  await expect(variables.getByRole('listitem')).toHaveText([/^TARGETstaging$/, /^SECRET\s*hidden$/])
  await expect(page.getByRole('region', { name: 'Configuration', exact: true })).toContainText('echo hello')
  await expect(page.getByText('hush-hush-hush')).toHaveCount(0)
})

test('the list of pipelines is filtered by status, ref, source and text, in the address', async ({
  dashboard: page,
  open,
  create,
  project,
  runner,
}) => {
  await create('one: { script: [x] }', { ref: 'v1.0', tag: true, source: 'push' })
  await (await runner.take()).finish('success')
  await create('two: { script: [x] }\nworkflow: { name: Nightly }', { ref: 'topic/one', source: 'schedule' })
  await open(`/pipelines?project=${project.id}`)
  const rows = page.getByRole('table').getByRole('row')
  await expect(rows).toHaveCount(3)
  await page.getByLabel('Source', { exact: true }).selectOption('Schedule')
  await expect(rows).toHaveCount(2)
  await expect(rows.nth(1)).toContainText('Nightly')
  await page.getByLabel('Source', { exact: true }).selectOption('Any source')
  await page.getByLabel('Status', { exact: true }).selectOption('Success')
  await expect(page).toHaveURL(/status=success/)
  await expect(rows.nth(1)).toContainText('v1.0')
  await page.getByLabel('Status', { exact: true }).selectOption('Any status')
  await page.getByLabel('Ref', { exact: true }).fill('topic/one')
  await expect(page).toHaveURL(/ref=topic/)
  await expect(rows).toHaveCount(2)
  await page.getByLabel('Ref', { exact: true }).fill('')
  await page.getByRole('searchbox').fill('night')
  await expect(page).toHaveURL(/q=night/)
  await expect(rows).toHaveCount(2)
  await page.getByRole('link', { name: 'Nightly', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Nightly', exact: true })).toBeVisible()
})
