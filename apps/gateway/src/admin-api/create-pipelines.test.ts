import { cancelAfterFailures } from '@yardmaster/domain/pipelines'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
let runner: { token: string }

beforeAll(async () => {
  gateway = await startTestGateway()
  runner = await gateway.register()
})
afterAll(() => gateway[Symbol.asyncDispose]())

interface Made {
  readonly id: number
  readonly jobs: readonly {
    readonly id: number
    readonly name: string
    readonly stage: string
    readonly status: string
  }[]
  readonly warnings: readonly string[]
}
interface Shown {
  readonly status: string
  readonly stages: readonly { readonly name: string; readonly status: string; readonly jobs: readonly number[] }[]
  readonly [key: string]: unknown
}
interface Payload {
  readonly id: number
  readonly token: string
  readonly job_info: { readonly name: string }
  readonly variables: readonly { readonly key: string; readonly value: string }[]
  readonly dependencies: readonly { readonly name: string }[]
}

const create = (content: string, input: Record<string, unknown> = {}) =>
  gateway.admin<Made>('mutation', 'pipelines.create', { content, ...input })
const get = (id: number) => gateway.admin<Shown>('query', 'pipelines.get', { id })

async function take(): Promise<Payload | null> {
  const { status, body } = await gateway.post('/jobs/request', { token: runner.token, info: {} })
  return status === 201 ? (body as Payload) : null
}

/** Runs whatever is due until nothing is, with the given jobs failing. Returns the names in the order of their runs. */
async function runAll(failing: readonly string[] = []): Promise<string[]> {
  const ran: string[] = []
  for (;;) {
    const job = await take()
    if (!job) return ran
    ran.push(job.job_info.name)
    const state = failing.includes(job.job_info.name) ? 'failed' : 'success'
    await gateway.call('PUT', `/api/v4/jobs/${job.id}`, { json: { token: job.token, state } })
    await gateway.services.background.settle()
  }
}

const value = (job: Payload | null, key: string) => job?.variables.findLast((one) => one.key === key)?.value

describe('pipelines.create', () => {
  it('creates the jobs of a configuration, by stage, and runs them in order', async () => {
    const made = await create(`
      stages: [build, test, deploy]
      workflow: { name: 'Pipeline of $CI_COMMIT_BRANCH' }
      build: { stage: build, script: [make], artifacts: { paths: [out] } }
      lint: { stage: test, needs: [], script: [make lint] }
      test: { stage: test, script: [make test], parallel: 2 }
      deploy: { stage: deploy, script: [./deploy], when: manual, allow_failure: false, environment: review/$CI_COMMIT_REF_SLUG }
      never: { script: [x], rules: [{ when: never }] }
    `)
    expect(made.jobs.map(({ name, stage, status }) => [name, stage, status])).toEqual([
      ['build', 'build', 'pending'],
      ['lint', 'test', 'pending'],
      ['test 1/2', 'test', 'created'],
      ['test 2/2', 'test', 'created'],
      ['deploy', 'deploy', 'created'],
    ])
    expect(await get(made.id)).toMatchObject({
      status: 'pending',
      name: 'Pipeline of main',
      ref: 'main',
      source: 'api',
      createdBy: 'admin_token',
      startedAt: null,
      stages: [
        { name: 'build', status: 'pending', jobs: [made.jobs[0]?.id] },
        { name: 'test', status: 'pending' },
        { name: 'deploy', status: 'created' },
      ],
    })
    expect(await runAll()).toEqual(['build', 'lint', 'test 1/2', 'test 2/2'])
    expect(await get(made.id)).toMatchObject({ status: 'manual', finishedAt: null })
    await gateway.admin('mutation', 'jobs.play', { id: made.jobs[4]?.id })
    const deploy = await take()
    expect(value(deploy, 'CI_ENVIRONMENT_NAME')).toBe('review/main')
    expect(value(deploy, 'CI_ENVIRONMENT_SLUG')).toMatch(/^review-main-[a-z0-9]{6}$/)
    expect(value(deploy, 'CI_PIPELINE_NAME')).toBe('Pipeline of main')
    expect(await get(made.id)).toMatchObject({ status: 'running' })
    await gateway.call('PUT', `/api/v4/jobs/${deploy?.id}`, { json: { token: deploy?.token, state: 'success' } })
    await gateway.services.background.settle()
    const done = await get(made.id)
    expect(done).toMatchObject({ status: 'success', duration: expect.any(Number), finishedAt: expect.any(String) })
    expect(done.configuration).toContain('review/$CI_COMMIT_REF_SLUG')
  })

  it('shows jobs with what the configuration said of them', async () => {
    const { jobs } = await create(`
      a: { script: [x], parallel: { matrix: [{ OS: [mac, win] }] }, interruptible: true }
      b: { stage: deploy, script: [x], needs: ["a: [mac]"], when: on_failure, environment: production }
    `)
    const job = (index: number) => gateway.admin('query', 'jobs.get', { id: jobs[index]?.id })
    expect(await job(1)).toMatchObject({
      name: 'a: [win]',
      ...{ stageIndex: 0, schedulingType: 'stage', needs: null, when: 'on_success', interruptible: true },
      parallel: { index: 2, total: 2 },
    })
    expect(await job(2)).toMatchObject({
      name: 'b',
      ...{ stageIndex: 1, schedulingType: 'dag', needs: ['a: [mac]'], when: 'on_failure', environment: 'production' },
      parallel: null,
    })
    await runAll()
  })

  it('gives jobs the variables of the configuration, the merge request and the commit before', async () => {
    const variables = '{ COLOUR: red, SHADE: "light $COLOUR" }'
    await create(`job: { script: [x], only: [merge_requests], variables: ${variables} }`, {
      ...{ beforeSha: 'b'.repeat(40), variables: [{ key: 'COLOUR', value: 'green' }] },
      mergeRequest: { iid: 7, sourceBranch: 'topic', targetBranch: 'main' },
    })
    const job = await take()
    expect(value(job, 'SHADE')).toBe('light green')
    expect(value(job, 'CI_COMMIT_BEFORE_SHA')).toBe('b'.repeat(40))
    expect(value(job, 'CI_MERGE_REQUEST_IID')).toBe('7')
    expect(value(job, 'CI_PIPELINE_SOURCE')).toBe('merge_request_event')
    expect(value(job, 'CI_COMMIT_BRANCH')).toBeUndefined()
    await gateway.call('PUT', `/api/v4/jobs/${job?.id}`, { json: { token: job?.token, state: 'success' } })
    await runAll()
  })

  it('reads included files and looks for others', async () => {
    const made = await create('include: [ci/more.yml]\na: { script: [x], rules: [{ exists: [go.mod] }] }', {
      files: { 'ci/more.yml': 'b: { script: [y] }', 'go.mod': '' },
    })
    expect(made.jobs.map(({ name }) => name).sort()).toEqual(['a', 'b'])
    await runAll()
  })

  it('stores nothing after a dry run, a fault, or when no job is wanted', async () => {
    const before = await gateway.admin<{ items: { id: number }[] }>('query', 'pipelines.list', { limit: 1 })
    expect(await create('a: { script: [x] }', { dryRun: true })).toMatchObject({
      id: null,
      jobs: [{ id: null, name: 'a' }],
    })
    const refusal = async (content: string) => {
      const { body } = await gateway.call('POST', '/trpc/pipelines.create', {
        json: { content },
        headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      })
      return (body as { error: { data: { refusal: { kind: string; errors?: unknown[] } } } }).error.data.refusal
    }
    expect(await refusal('a: { script: 5 }\nb: { stage: nowhere, script: [x] }')).toMatchObject({
      kind: 'config_invalid',
      errors: [{ message: expect.stringContaining('a:script config'), line: 1, file: null }],
    })
    expect(await refusal('a: { trigger: { include: b.yml } }')).toMatchObject({ kind: 'config_invalid' })
    expect(await refusal('workflow: { rules: [{ when: never }] }\na: { script: [x] }')).toMatchObject({
      kind: 'pipeline_filtered',
    })
    expect(await refusal('a: { script: [x], rules: [{ when: never }] }')).toMatchObject({ kind: 'pipeline_empty' })
    expect(await gateway.admin('query', 'pipelines.list', { limit: 1 })).toEqual(before)
  })
})

describe('a pipeline', () => {
  it('is canceled as a whole, and then retried: its jobs start anew in their order', async () => {
    const { id, jobs } = await create(`
      stages: [one, two]
      a: { stage: one, script: [x] }
      b: { stage: one, script: [x], when: manual, allow_failure: false }
      c: { stage: two, script: [x] }
    `)
    expect(await gateway.admin('mutation', 'pipelines.cancel', { id })).toMatchObject({ status: 'canceled' })
    await expect(gateway.admin('mutation', 'pipelines.cancel', { id })).rejects.toThrow('pipeline_over')
    await gateway.services.background.settle()
    const again = await gateway.admin<Shown>('mutation', 'pipelines.retry', { id })
    expect(again.stages.map(({ status }) => status)).toEqual(['running', 'created'])
    const ids = again.stages.flatMap((stage) => stage.jobs)
    expect(ids.every((one) => jobs.every((job) => job.id !== one))).toBe(true)
    const statuses = await Promise.all(
      ids.map(async (one) => (await gateway.admin<{ status: string }>('query', 'jobs.get', { id: one })).status),
    )
    expect(statuses).toEqual(['pending', 'manual', 'created'])
    expect(await runAll()).toEqual(['a'])
    await gateway.admin('mutation', 'jobs.play', { id: ids[1] })
    expect(await runAll()).toEqual(['b', 'c'])
    expect(await get(id)).toMatchObject({ status: 'success' })
  })

  it('retries only what failed, and gives skipped jobs another chance', async () => {
    const { id } = await create(`
      stages: [one, two, three]
      good: { stage: one, script: [x] }
      bad: { stage: one, script: [x] }
      needs-bad: { stage: two, needs: [bad], script: [x] }
      late: { stage: three, script: [x] }
    `)
    expect(await runAll(['bad'])).toEqual(['good', 'bad'])
    expect(await get(id)).toMatchObject({
      status: 'failed',
      stages: [{}, { status: 'skipped' }, { status: 'skipped' }],
    })
    await gateway.admin('mutation', 'pipelines.retry', { id })
    expect(await runAll()).toEqual(['bad', 'needs-bad', 'late'])
    expect(await get(id)).toMatchObject({ status: 'success' })
    await expect(gateway.admin('mutation', 'pipelines.retry', { id })).rejects.toThrow('pipeline_not_retryable')
  })

  it('shows all its jobs in one answer, a retry in the place of the first attempt', async () => {
    const { id, jobs } = await create(`
      stages: [one, two]
      last: { stage: two, script: [x], needs: [a, "b 2/2"] }
      a: { stage: one, script: [x] }
      b: { stage: one, script: [x], parallel: 2 }
    `)
    await runAll(['a'])
    await gateway.admin('mutation', 'jobs.retry', { id: jobs.find(({ name }) => name === 'a')?.id })
    const shown = await gateway.admin<{ pipeline: Shown; jobs: { id: number }[] }>('query', 'pipelines.jobs', { id })
    expect(shown.pipeline).toMatchObject({ id, status: 'running' })
    expect(shown.jobs).toMatchObject([
      { name: 'a', stage: 'one', stageIndex: 0, status: 'pending', needs: null, parallel: null, failureReason: null },
      { name: 'b 1/2', status: 'success', parallel: { index: 1, total: 2 }, finishedAt: expect.any(String) },
      { name: 'b 2/2', status: 'success', parallel: { index: 2, total: 2 } },
      { name: 'last', stage: 'two', stageIndex: 1, status: 'created', needs: ['a', 'b 2/2'], when: 'on_success' },
    ])
    expect(jobs.map((job) => job.id)).not.toContain(shown.jobs[0]?.id)
    await runAll()
    await gateway.admin('mutation', 'pipelines.remove', { id })
    await expect(gateway.admin('query', 'pipelines.jobs', { id })).rejects.toThrow('pipeline_not_found')
  })

  it('passed with an allowed failure says so', async () => {
    const { id } = await create('a: { script: [x], allow_failure: true }\nb: { script: [x] }')
    await runAll(['a'])
    expect(await get(id)).toMatchObject({ status: 'success', hasAllowedFailures: true })
  })

  it('is removed with its jobs once it is over', async () => {
    const { id, jobs } = await create('a: { script: [x] }')
    await expect(gateway.admin('mutation', 'pipelines.remove', { id })).rejects.toThrow('pipeline_under_way')
    await runAll()
    await gateway.admin('mutation', 'pipelines.remove', { id })
    await expect(get(id)).rejects.toThrow('pipeline_not_found')
    await expect(gateway.admin('query', 'jobs.get', { id: jobs[0]?.id })).rejects.toThrow('job_not_found')
    const { items } = await gateway.admin<{ items: { id: number }[] }>('query', 'pipelines.list')
    expect(items.map((one) => one.id)).not.toContain(id)
    const listed = await gateway.admin<{ items: { id: number }[] }>('query', 'jobs.list', { pipelineId: id })
    expect(listed.items).toEqual([])
  })

  it('is listed by what it is, the newest first', async () => {
    const { id } = await create('workflow: { name: Nightly }\na: { script: [x] }', {
      ref: 'topic/one',
      source: 'schedule',
    })
    await gateway.services.background.settle()
    const ids = async (filter: object) =>
      (await gateway.admin<{ items: { id: number }[] }>('query', 'pipelines.list', filter)).items.map((one) => one.id)
    for (const filter of [{ ref: 'topic/one' }, { source: 'schedule' }, { search: 'night' }, { status: 'pending' }]) {
      expect(await ids(filter), JSON.stringify(filter)).toEqual([id])
    }
    await runAll()
    await vi.waitFor(async () => expect(await ids({ status: 'pending' })).toEqual([]))
  })
})

describe('pipelines are canceled by themselves', () => {
  const sha = (digit: string) => digit.repeat(40)
  const statuses = async (id: number) => {
    const { items } = await gateway.admin<{ items: { name: string; status: string }[] }>('query', 'jobs.list', {
      pipelineId: id,
    })
    return Object.fromEntries(items.map(({ name, status }) => [name, status]))
  }

  it('when their branch has a new commit, unless a job has started that must not be interrupted', async () => {
    const config = 'a: { script: [x], interruptible: true }\nb: { stage: deploy, script: [x] }'
    const first = await create(config, { ref: 'topic', sha: sha('1') })
    const other = await create(config, { ref: 'elsewhere', sha: sha('1') })
    const same = await create(config, { ref: 'topic', sha: sha('1') })
    const job = await take()
    expect(job?.id).toBe(first.jobs[0]?.id)
    await create(config, { ref: 'topic', sha: sha('2') })
    await gateway.services.background.settle()
    expect(await statuses(first.id)).toEqual({ a: 'canceled', b: 'canceled' })
    expect(await statuses(same.id)).toEqual({ a: 'canceled', b: 'canceled' })
    expect(await statuses(other.id)).toEqual({ a: 'pending', b: 'created' })
    await runAll()

    const started = await create('a: { script: [x] }\nb: { stage: deploy, script: [x] }', { ref: 'two', sha: sha('1') })
    const running = await take()
    await create(config, { ref: 'two', sha: sha('2') })
    await gateway.services.background.settle()
    expect(await statuses(started.id)).toEqual({ a: 'running', b: 'created' })
    await gateway.call('PUT', `/api/v4/jobs/${running?.id}`, { json: { token: running?.token, state: 'success' } })
    await runAll()
  })

  it('only in their interruptible jobs, or not at all, where they say so', async () => {
    const config = (onNewCommit: string) => `
      workflow: { auto_cancel: { on_new_commit: ${onNewCommit} } }
      a: { script: [x] }
      b: { script: [x], interruptible: true }
    `
    const some = await create(config('interruptible'), { ref: 'three', sha: sha('1') })
    const none = await create(config('none'), { ref: 'three', sha: sha('1') })
    await create('a: { script: [x] }', { ref: 'three', sha: sha('2') })
    await gateway.services.background.settle()
    expect(await statuses(some.id)).toEqual({ a: 'pending', b: 'canceled' })
    expect(await statuses(none.id)).toEqual({ a: 'pending', b: 'pending' })
    await gateway.admin('mutation', 'projects.update', { id: 1, autoCancelPending: false })
    await create('a: { script: [x] }', { ref: 'three', sha: sha('3') })
    await gateway.services.background.settle()
    expect(await statuses(some.id)).toEqual({ a: 'pending', b: 'canceled' })
    await gateway.admin('mutation', 'projects.update', { id: 1, autoCancelPending: true })
    await runAll()
  })

  it('when a job fails for good, where the workflow says so, and once for each failure', async () => {
    const made = await create(`
      workflow: { auto_cancel: { on_job_failure: all } }
      stages: [one, two]
      a: { stage: one, script: [x] }
      b: { stage: one, script: [x] }
      c: { stage: two, script: [x], when: manual }
    `)
    const [a, b] = [await take(), await take()]
    await gateway.call('PUT', `/api/v4/jobs/${a?.id}`, { json: { token: a?.token, state: 'failed' } })
    await gateway.services.background.settle()
    await cancelAfterFailures(gateway.services)
    expect(await statuses(made.id)).toMatchObject({ a: 'failed', b: 'canceled' })
    expect(await get(made.id)).toMatchObject({ status: 'failed' })
    await gateway.admin('mutation', 'jobs.retry', { id: b?.id })
    await gateway.services.background.settle()
    await cancelAfterFailures(gateway.services)
    expect(await get(made.id)).toMatchObject({ status: 'running' })
    await runAll()
  })
})
