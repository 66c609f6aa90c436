import { gzipSync } from 'node:zlib'
import { expect, test } from '../support/fixtures.ts'

const RIGHT_TO_LEFT = '\u202e'
const JUNIT = `<testsuite name="s${RIGHT_TO_LEFT}"><testcase name="a&#10;b"/>
  <testcase name="c"><failure>\u001b[31mred\u001b[0m ${RIGHT_TO_LEFT}\n at 3</failure></testcase></testsuite>`

test('the tests of a pipeline are the same by both ways, without what could disguise text', async ({
  admin,
  project,
  runner,
}) => {
  const { id } = await admin.mutate('pipelines.create', {
    projectId: project.id,
    content: 'unit: { script: [x], artifacts: { reports: { junit: a.xml } } }',
  })
  const job = await runner.take()
  expect((await job.upload(gzipSync(JUNIT), { type: 'junit', format: 'gzip' })).status).toBe(201)
  const tests = await admin.query('pipelines.tests', { id: id ?? 0 })
  expect(tests).toMatchObject({
    ...{ total: 2, failed: 1, skipped: 0, flaky: [], newlyFailed: [], comparedWith: null, notes: [], truncated: false },
    suites: [{ name: 's\ufffd', jobId: job.id, jobName: 'unit', cases: [{ output: 'red \ufffd\n at 3' }, {}] }],
  })
  const { status, body } = await admin.send('GET', `/api/admin/v1/pipelines/${id}/tests`)
  expect(status).toBe(200)
  expect(JSON.parse(body.toString())).toEqual(tests)
  expect((await admin.send('GET', '/api/admin/v1/pipelines/999999/tests')).status).toBe(404)
  const { browsable, type } = (await admin.query('artifacts.list', { jobId: job.id }))[0] ?? {}
  expect({ browsable, type }).toEqual({ browsable: false, type: 'junit' })
})
