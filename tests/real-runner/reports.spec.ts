import { expect, serve, test } from '../support/real-fixtures.ts'

const suite = (name: string, cases: string) => `<testsuite name="${name}">${cases}</testsuite>`
const UNIT = suite(
  'unit',
  '<testcase name="adds" time="0.5"/><testcase name="divides"><failure message="by zero"/></testcase>',
)
const SLOW = suite('slow', '<testcase name="waits" time="2"/><testcase name="later"><skipped/></testcase>')
const LCOV = '<?xml version="1.0"?><coverage line-rate="0.5" lines-valid="10" lines-covered="5"></coverage>'

const CONFIGURATION = `
unit:
  coverage: '/coverage: (\\d+\\.\\d+)%/'
  script:
    - mkdir -p out
    - echo '${UNIT}' > out/unit.xml
    - echo '${SLOW}' > out/slow.xml
    - echo '[]' > quality.json
    - echo '{}' > sast.json
    - echo '${LCOV}' > cobertura.xml
    - 'echo "coverage: 87.5%"'
  artifacts:
    reports:
      junit: [out/unit.xml, out/slow.xml]
      codequality: quality.json
      sast: sast.json
      coverage_report: { coverage_format: cobertura, path: cobertura.xml }
broken:
  script:
    - echo '<testsuite><testcase name="cut"/>' > broken.xml
  artifacts: { reports: { junit: broken.xml } }
`

test('reports and the coverage of a job are read', async ({ real, gateway, admin, project, over }) => {
  const made = await admin.mutate('pipelines.create', { projectId: project.id, content: CONFIGURATION })
  const id = made.id ?? 0
  const [unit = 0, broken = 0] = made.jobs.map((job) => job.id ?? 0)
  await serve(real, gateway.url, project)
  for (const job of [unit, broken]) expect((await over(job)).status).toBe('success')

  await expect.poll(async () => (await admin.query('jobs.get', { id: unit })).coverage).toBe(87.5)
  await expect.poll(async () => (await admin.query('pipelines.get', { id })).coverage).toBe(87.5)
  const tests = await admin.query('pipelines.tests', { id })
  expect(tests).toMatchObject({
    ...{ total: 5, failed: 1, skipped: 1, seconds: 2.5, flaky: [], newlyFailed: [], comparedWith: null },
    notes: [{ jobId: broken, message: expect.stringMatching(/^File 1 of the report is broken/) }],
  })
  expect(tests.suites.map(({ name, jobId, cases }) => [name, jobId, cases.map((one) => one.name)])).toEqual([
    ['unit', unit, ['divides', 'adds']],
    ['slow', unit, ['waits', 'later']],
    ['broken', broken, ['cut']],
  ])
  const { artifacts } = await admin.query('jobs.get', { id: unit })
  expect(artifacts.map(({ type }) => type).sort()).toEqual(['cobertura', 'codequality', 'junit', 'sast'])
})
