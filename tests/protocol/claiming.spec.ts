import { SHELL_FEATURES } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import type { JobPayload } from '../support/payload.ts'

test.describe('exactly one runner gets a job (docs/protocol/job-request.md 6)', () => {
  test('twenty simultaneous requests for one job: one 201, the others 204 or 409', async ({ register, createJob }) => {
    const runners = [await register(), await register(), await register(), await register()]
    for (let round = 0; round < 5; round++) {
      const id = await createJob()
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, index) => runners[index % runners.length]?.request({ last_update: '' })),
      )
      const taken = replies.filter((reply) => reply?.status === 201)
      expect(taken.map((reply) => reply?.json<JobPayload>().id)).toEqual([id])
      for (const reply of replies) expect([201, 204, 409]).toContain(reply?.status)
    }
  })

  test('twenty simultaneous requests of one runner with one system_id cause no error either', async ({
    runner,
    createJob,
  }) => {
    const id = await createJob()
    const replies = await Promise.all(Array.from({ length: 20 }, () => runner.request({ last_update: '' })))
    expect(replies.filter(({ status }) => status === 201).map((reply) => reply.json<JobPayload>().id)).toEqual([id])
    for (const { status } of replies) expect([201, 204, 409]).toContain(status)
  })

  test('two runners race for thirty jobs: each job goes to exactly one of them', async ({
    register,
    createJob,
    job,
  }) => {
    const runners = [await register(), await register()]
    const ids = await Promise.all(Array.from({ length: 30 }, () => createJob()))
    const got = new Map<number, number>()
    await Promise.all(
      runners.map(async (runner) => {
        for (let empty = 0; empty < 3; ) {
          const taken = await runner.tryTake()
          if (!taken) empty += 1
          else {
            expect(got.has(taken.id)).toBe(false)
            got.set(taken.id, runner.id)
            await taken.finish('success')
          }
        }
      }),
    )
    expect([...got.keys()].sort((a, b) => a - b)).toEqual([...ids].sort((a, b) => a - b))
    for (const [id, runnerId] of got) expect(await job(id)).toMatchObject({ status: 'success', runnerId })
  })

  test('the job is running, knows its runner and manager, and its token works', async ({
    runner,
    createJob,
    job,
    admin,
  }) => {
    const id = await createJob()
    const taken = await runner.take()
    const stored = await job(id)
    expect(stored).toMatchObject({ status: 'running', runnerId: runner.id })
    const { managers } = await admin.query('runners.get', { id: runner.id })
    expect(stored.managerId).toBe(managers[0]?.id)
    expect((await taken.accept()).status).toBe(200)
  })

  for (const [own, ofRunner, expected, source] of [
    [undefined, undefined, 3600, 'project'],
    ['10m', undefined, 600, 'job'],
    ['2h', 900, 900, 'runner'],
    ['10m', 900, 600, 'job'],
    [undefined, 900, 900, 'runner'],
  ] as const) {
    test(`timeout ${own ?? 'of the project'}, runner’s limit ${ofRunner ?? 'none'}: ${expected} seconds`, async ({
      register,
      createJob,
      job,
    }) => {
      const limited = await register(ofRunner ? { maximumTimeout: ofRunner } : {})
      const id = await createJob(own ? { timeout: own } : {})
      const { payload } = await limited.take()
      expect(payload.runner_info.timeout).toBe(expected)
      expect(payload.steps?.[0]?.timeout).toBe(expected)
      expect((await job(id)).timeoutSource).toBe(source)
    })
  }

  test('a session does not prevent a job, whatever its address', async ({ runner, createJob }) => {
    for (const session of [
      { url: '' },
      { url: 'http://127.0.0.1:1/x' },
      { url: 'https://203.0.113.7:8093/session/8f1c', certificate: 'x', authorization: 'y' },
    ]) {
      await createJob()
      expect((await runner.request({ session })).status).toBe(201)
    }
  })
})

test.describe('checks before a job is handed out (docs/protocol/job-request.md 7)', () => {
  const without = (feature: string) => ({ ...SHELL_FEATURES, [feature]: false })

  for (const [feature, definition] of [
    ['return_exit_code', { allow_failure: { exit_codes: [3] } }],
    ['artifacts_exclude', { artifacts: { paths: ['a'], exclude: ['a/b'] } }],
    ['upload_multiple_artifacts', { artifacts: { reports: { junit: 'j.xml' } } }],
    ['fallback_cache_keys', { cache: { key: 'k', paths: ['c'], fallback_keys: ['f'] } }],
    ['job_inputs', { inputs: { colour: 'red' } }],
    ['native_steps_integration', { script: undefined, run: [{ name: 'a', script: 'make' }] }],
  ] as const) {
    test(`a runner without ${feature} fails a job that needs it, and gets the next one`, async ({
      register,
      createJob,
      job,
    }) => {
      const lacking = await register({ features: without(feature) })
      const id = await createJob(definition)
      const next = await createJob()
      expect((await lacking.take()).id).toBe(next)
      expect(await job(id)).toMatchObject({
        status: 'failed',
        failureReason: 'runner_unsupported',
        runnerId: lacking.id,
      })
    })

    test(`a runner with ${feature} takes it`, async ({ runner, createJob }) => {
      const id = await createJob(definition)
      expect((await runner.take()).id).toBe(id)
    })
  }

  test('a runner with containers that lacks a container feature fails a job that needs it; a shell ignores both', async ({
    register,
    createJob,
    job,
  }) => {
    const old = await register({ features: { ...SHELL_FEATURES, image: true, services: true } })
    for (const definition of [
      { image: { name: 'a', docker: { user: 'b' } } },
      { services: [{ name: 'a', docker: { platform: 'b' } }] },
      { services: [{ name: 'a', variables: { B: 'c' } }] },
      { services: [{ name: 'a', alias: 'b c' }] },
    ]) {
      const id = await createJob(definition)
      expect(await old.tryTake()).toBeNull()
      expect((await job(id)).failureReason).toBe('runner_unsupported')
      const again = await createJob(definition)
      expect((await (await register()).take()).id).toBe(again)
    }
  })

  test('without info a runner has no features', async ({ runner, createJob, job }) => {
    const id = await createJob({ allow_failure: { exit_codes: [3] } })
    expect((await runner.request({ info: undefined })).status).toBe(204)
    expect((await job(id)).failureReason).toBe('runner_unsupported')
  })

  test('with CI off, a project runner fails the job', async ({ runner, createJob, admin, project, job }) => {
    const id = await createJob()
    await admin.mutate('projects.update', { id: project.id, ciEnabled: false })
    expect(await runner.tryTake()).toBeNull()
    expect(await job(id)).toMatchObject({ status: 'failed', failureReason: 'builds_disabled' })
  })

  test('the job of a removed project is not handed out', async ({ runner, createJob, admin, project }) => {
    await createJob()
    await admin.mutate('projects.remove', { id: project.id })
    const { status } = await runner.request()
    expect([204, 403]).toContain(status)
  })

  test('after 45 candidates that had to be failed the search is cut short with 409', async ({
    register,
    createJob,
  }) => {
    const lacking = await register({ features: without('return_exit_code') })
    for (let made = 0; made < 46; made++) await createJob({ allow_failure: { exit_codes: [3] } })
    const first = await lacking.request()
    expect(first.status).toBe(409)
    expect(first.json()).toEqual({ message: '409 Conflict' })
    expect(first.headers.get('X-GitLab-Last-Update')).toBeNull()
    expect((await lacking.request()).status).toBe(204)
  })
})
