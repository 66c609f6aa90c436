import { gzipSync } from 'node:zlib'
import type { Admin } from '../support/admin.ts'
import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'
import type { TakenJob } from '../support/taken-job.ts'

test.use({ colorScheme: 'light' })

const CONFIG = `unit: { script: [x], coverage: '/(\\d+)%/', artifacts: { reports: { junit: a.xml } } }`
const FAILS =
  '<failure message="expected 19.00, got 18.99">Error: expected 19.00, got 18.99\n    at taxes.js:12</failure>'

const report = (cases: readonly (readonly [name: string, inside: string])[], suite = 'cart') =>
  `<testsuite name="${suite}">${cases
    .map(([name, inside], at) => `<testcase name="${name}" classname="Cart" time="${at / 10}">${inside}</testcase>`)
    .join('')}</testsuite>`

async function createPipeline(admin: Admin, projectId: number): Promise<number> {
  const { id } = await admin.mutate('pipelines.create', { projectId, content: CONFIG, ref: 'main' })
  return id ?? 0
}

/** Ends a job with a report, and a line that tells its coverage. */
async function finish(job: TakenJob, xml: string, { coverage = 80, state = 'failed' as 'failed' | 'success' } = {}) {
  await job.say(`covered: ${coverage}%\n`)
  const upload = { type: 'junit', format: 'gzip', filename: 'junit.xml.gz' }
  expect((await job.upload(gzipSync(xml), upload)).status).toBe(201)
  await job.finish(state)
}

test('the tests of a pipeline are shown: what failed first, what is new, flaky and slow, and the coverage', async ({
  dashboard: page,
  open,
  admin,
  project,
  runner,
}) => {
  const first = await createPipeline(admin, project.id)
  await finish(
    await runner.take(),
    report([
      ['adds', ''],
      ['taxes', FAILS],
      ['rounds', ''],
    ]),
    { coverage: 85 },
  )
  const id = await createPipeline(admin, project.id)
  await open(`/pipelines/${id}`)
  await expect(page.getByRole('region', { name: /^Tests/ })).toHaveCount(0)
  const failed = await runner.take()
  await finish(
    failed,
    report([
      ['adds', FAILS],
      ['taxes', FAILS],
      ['rounds', FAILS],
      ['later', '<skipped/>'],
    ]),
  )

  const panel = page.getByRole('region', { name: 'Tests (4)', exact: true })
  await expect(panel).toContainText('3 failed')
  await expect(panel.getByText('at taxes.js:12').first()).toBeVisible()
  await expect(panel.getByRole('link', { name: `#${first}`, exact: true })).toBeVisible()
  await panel.getByRole('link', { name: 'Newly failed 2', exact: true }).click()
  await expect(page).toHaveURL(/\?tests=new$/)
  const rows = panel.getByRole('list', { name: /^Tests: / }).getByRole('listitem')
  await expect(rows).toHaveCount(2)
  await expect(rows.first()).toContainText('adds')
  const coverage = page.getByRole('region', { name: 'About', exact: true })
  await expect(coverage).toContainText('80 %')
  await expect(coverage).toContainText('−5')
  await expect(page.getByRole('img', { name: 'Coverage of the last pipelines of main: 85 %, 80 %' })).toBeVisible()

  await admin.mutate('jobs.retry', { id: failed.id })
  const again = await runner.take()
  await finish(
    again,
    report([
      ['adds', ''],
      ['taxes', FAILS],
      ['rounds', ''],
      ['later', '<skipped/>'],
    ]),
  )
  await expect(panel).toContainText('1 failed')
  await panel.getByRole('link', { name: 'Flaky 2', exact: true }).click()
  await expect(rows).toHaveText([/adds/, /rounds/])
  await panel.getByRole('link', { name: 'Slowest', exact: true }).click()
  await expect(rows).toHaveText([/later/, /rounds/, /taxes/])
  await panel.getByRole('link', { name: 'All 4', exact: true }).click()
  await expect(rows).toHaveCount(4)
  await rows.first().getByRole('link', { name: 'unit', exact: true }).click()
  await expect(page).toHaveURL(new RegExp(`/jobs/${again.id}$`))
  await open(`/pipelines?project=${project.id}`)
  await expect(page.getByRole('columnheader', { name: 'Coverage', exact: true })).toBeVisible()
  await expect(page.getByRole('row', { name: new RegExp(`Pipeline #${id}`) })).toContainText('80 %')
})

for (const viewport of [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]) {
  test.describe(`${viewport.width} px wide`, () => {
    test.use({ viewport })

    test('thousands of tests and a broken report are accessible, fit, and are shown in parts', async ({
      dashboard: page,
      open,
      admin,
      project,
      runner,
    }) => {
      const id = await createPipeline(admin, project.id)
      const many = Array.from(
        { length: 5_000 },
        (_, at) => [`test ${at} ${'of the cart '.repeat(at % 9)}`, ''] as const,
      )
      const failures = Array.from({ length: 5 }, (_, at) => [`fails_${'long_'.repeat(30)}${at}`, FAILS] as const)
      await finish(await runner.take(), `${report([...failures, ...many], 'a.b.c.'.repeat(12))}<`)
      await open(`/pipelines/${id}`)
      const panel = page.getByRole('region', { name: 'Tests (5005)', exact: true })
      await expect(panel).toContainText('File 1 of the report is broken')
      for (const view of ['Failed 5', 'All 5005']) {
        await panel.getByRole('link', { name: view, exact: true }).click()
        await expect(panel.getByRole('link', { name: view, exact: true })).toHaveAttribute('aria-current', /true|page/)
        await expectAccessibleLightAndDark(page)
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        expect(sideways).toBeLessThanOrEqual(0)
      }
      const rows = panel.getByRole('list', { name: 'Tests: All', exact: true }).getByRole('listitem')
      await expect(rows).toHaveCount(100)
      await panel.getByRole('button', { name: 'Show 100 more of 5005', exact: true }).click()
      await expect(rows).toHaveCount(200)
    })
  })
}
