import { followChildren, startChildren } from '@yardmaster/domain/children'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const CONTENT = `
variables: { GREETING: hello }
child:
  trigger:
    include: [{ local: ci/child.yml, inputs: { who: world } }]
    strategy: depend
broken:
  allow_failure: true
  trigger: { include: ci/none.yml }
`
const FILES = {
  'ci/child.yml': 'spec: { inputs: { who: {} } }\n---\ngreet:\n  script: echo $GREETING $[[ inputs.who ]]\n',
}

interface Shown {
  readonly id: number
  readonly name: string
  readonly [key: string]: unknown
}

it('shows which pipeline is whose child, what a trigger job waits for, and why one has no child', async () => {
  const runner = await gateway.register()
  const query = <T>(name: string, input: object) => gateway.admin<T>('query', name, input)
  const { id } = await gateway.admin<{ id: number }>('mutation', 'pipelines.create', { content: CONTENT, files: FILES })
  await gateway.services.background.settle()
  await startChildren(gateway.services)
  await gateway.services.background.settle()

  const { jobs } = await query<{ jobs: Shown[] }>('pipelines.jobs', { id })
  const [child, broken] = jobs
  const childId = Number(child?.downstreamPipelineId)
  expect(child).toMatchObject({ kind: 'trigger', status: 'running', downstreamStatus: 'pending' })
  expect(broken).toMatchObject({
    ...{ kind: 'trigger', status: 'failed', downstreamPipelineId: null, downstreamStatus: null },
    failureReason: 'downstream_pipeline_creation_failed',
    failureDetail: 'Local file `ci/none.yml` does not exist!',
  })
  expect(await query('jobs.get', { id: child?.id })).toMatchObject({
    ...{ kind: 'trigger', strategy: 'depend', downstreamPipelineId: childId, runnerId: null },
  })
  expect(await query('jobs.explain', { id: child?.id })).toMatchObject({ waitsForPipelineId: childId, runners: [] })
  expect(await query('pipelines.get', { id: childId })).toMatchObject({
    ...{ parentId: id, parentJobId: child?.id, source: 'parent_pipeline' },
    variables: [{ key: 'GREETING', value: 'hello' }],
  })
  expect(await query('pipelines.get', { id })).toMatchObject({ parentId: null, parentJobId: null })

  const ids = async (filter: object) =>
    (await query<{ items: Shown[] }>('pipelines.list', filter)).items.map((pipeline) => pipeline.id)
  expect(await ids({})).toEqual([id])
  expect(await ids({ parentId: id })).toEqual([childId])
  expect(await ids({ withChildren: true })).toEqual([childId, id])

  const { body } = await gateway.post('/jobs/request', { token: runner.token, info: {} })
  const job = body as { id: number; token: string; steps: { script: string[] }[] }
  expect(job.steps[0]?.script).toEqual(['echo $GREETING world'])
  await gateway.call('PUT', `/api/v4/jobs/${job.id}`, { json: { token: job.token, state: 'success' } })
  await gateway.services.background.settle()
  await followChildren(gateway.services)
  await gateway.services.background.settle()
  expect(await query('pipelines.get', { id })).toMatchObject({ status: 'success', hasAllowedFailures: true })
})

it('hands a job the artifacts of one of the parent pipeline, which it downloads with its own token', async () => {
  const runner = await gateway.register()
  const content = `
build: { script: make }
child: { needs: [], variables: { PARENT: $CI_PIPELINE_ID }, trigger: { include: child.yml } }`
  const files = { 'child.yml': 'fetch: { script: x, needs: [{ pipeline: $PARENT, job: build }] }' }
  await gateway.admin('mutation', 'pipelines.create', { content, files })
  const next = async () => {
    const { body } = await gateway.post('/jobs/request', { token: runner.token, info: {} })
    return body as { id: number; token: string; job_info: { name: string }; dependencies: object[] }
  }
  const build = await next()
  const body = [
    '--boundary\r\nContent-Disposition: form-data; name="file"; filename="artifacts.zip"\r\n',
    'hello',
    '--boundary--',
  ].join('\r\n')
  const headers = { 'content-type': 'multipart/form-data; boundary=boundary', 'job-token': build.token }
  expect((await gateway.call('POST', `/api/v4/jobs/${build.id}/artifacts`, { body, headers })).status).toBe(201)
  await gateway.call('PUT', `/api/v4/jobs/${build.id}`, { json: { token: build.token, state: 'success' } })
  await gateway.services.background.settle()
  await startChildren(gateway.services)
  await gateway.services.background.settle()

  const fetch = await next()
  expect(fetch).toMatchObject({
    job_info: { name: 'fetch' },
    dependencies: [
      { id: build.id, name: 'build', token: fetch.token, artifacts_file: { filename: 'artifacts.zip', size: 5 } },
    ],
  })
  const download = { headers: { 'job-token': fetch.token } }
  expect((await gateway.call('GET', `/api/v4/jobs/${build.id}/artifacts`, download)).text).toBe('hello')
  await gateway.call('PUT', `/api/v4/jobs/${fetch.id}`, { json: { token: fetch.token, state: 'success' } })
})

it('lints trigger jobs', async () => {
  const { jobs } = await gateway.admin<{ jobs: Shown[] }>('query', 'pipelines.lint', { content: CONTENT })
  expect(jobs.map(({ name, kind, included }) => [name, kind, included])).toEqual([
    ['child', 'trigger', true],
    ['broken', 'trigger', true],
  ])
})

it('counts no trigger job as one of a runner', async () => {
  const counted = await gateway.services.jobs.countByStatus()
  expect(counted).toEqual({ success: 3 })
})
