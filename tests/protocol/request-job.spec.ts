import type { Admin } from '../support/admin.ts'
import type { Project } from '../support/api.ts'
import { FakeRunner, SHELL_FEATURES } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'
import type { JobPayload } from '../support/payload.ts'

test.describe('how a request is read (job-request.md 1 and 2)', () => {
  for (const [what, members, error] of [
    ['no token', { token: undefined }, 'token is missing'],
    ['a token that is an object', { token: {} }, 'token is invalid'],
    ['an info that is text', { info: 'x' }, 'info is invalid'],
    ['an info that is an array', { info: [] }, 'info is invalid'],
    ['a version that is an object', { info: { version: {} } }, 'info[version] is invalid'],
    ['features that are text', { info: { features: 'x' } }, 'info[features] is invalid'],
    ['a session that is text', { session: 'x' }, 'session is invalid'],
    ['a job_age that is no number', { job_age: 'x' }, 'job_age is invalid'],
    ['a last_update that is an array', { last_update: [] }, 'last_update is invalid'],
    ['a system_id of 65 characters', { system_id: 's'.repeat(65) }, 'system_id is invalid'],
  ] as const) {
    test(`${what} is 400 "${error}"`, async ({ runner }) => {
      const reply = await runner.request(members)
      expect(reply.status).toBe(400)
      expect(reply.json()).toEqual({ error })
    })
  }

  test('a body above 32 KiB is 413 as text', async ({ runner }) => {
    const reply = await runner.request({ padding: 'x'.repeat(32_768) })
    expect(reply.status).toBe(413)
    expect(reply.headers.get('Content-Type')).toMatch(/^text\/plain/)
    expect(reply.text).toBe('Request Entity Too Large')
  })

  for (const token of ['wrong', '', null]) {
    test(`the token ${JSON.stringify(token)} is 403`, async ({ runner }) => {
      const reply = await runner.request({ token })
      expect(reply.status).toBe(403)
      expect(reply.json()).toEqual({ message: '403 Forbidden' })
    })
  }

  test('the token in the header alone is 400', async ({ gateway, runner }) => {
    const reply = await send('POST', `${gateway.url}/api/v4/jobs/request`, {
      json: {},
      headers: { 'RUNNER-TOKEN': runner.token },
    })
    expect(reply.status).toBe(400)
  })

  test('a form does as well, and a trailing .json', async ({ gateway, runner, createJob }) => {
    const id = await createJob()
    const reply = await send('POST', `${gateway.url}/api/v4/jobs/request.json`, {
      body: `token=${runner.token}&info[name]=x`,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    expect(reply.status).toBe(201)
    expect(reply.json<JobPayload>().id).toBe(id)
  })

  test('a removed runner is 403', async ({ runner, admin }) => {
    await admin.mutate('runners.remove', { id: runner.id })
    expect((await runner.request()).status).toBe(403)
  })

  test('201 is exactly application/json and carries no queue value', async ({ runner, createJob }) => {
    await createJob()
    const reply = await runner.request()
    expect(reply.status).toBe(201)
    expect(reply.headers.get('Content-Type')).toBe('application/json')
    expect(reply.headers.get('X-GitLab-Last-Update')).toBeNull()
  })

  test('nothing to do is 204 without a body, with the queue value', async ({ runner }) => {
    const reply = await runner.request()
    expect(reply.status).toBe(204)
    expect(reply.text).toBe('')
    expect(reply.headers.get('X-GitLab-Last-Update')).toMatch(/^[0-9a-f]{32}$/)
  })

  test('it is a heartbeat, tells of the manager, and finishes the creation', async ({ runner, admin }) => {
    await runner.request()
    const seen = await admin.query<{
      status: string
      creationState: string
      managers: { systemId: string; executor: string }[]
    }>('runners.get', { id: runner.id })
    expect(seen).toMatchObject({ status: 'online', creationState: 'finished' })
    expect(seen.managers).toEqual([
      expect.objectContaining({ systemId: runner.systemId, executor: 'shell', version: '18.5.0' }),
    ])
  })

  test('without a system_id the manager is <legacy>', async ({ runner, admin }) => {
    await runner.request({ system_id: undefined })
    const { managers } = await admin.query<{ managers: { systemId: string }[] }>('runners.get', { id: runner.id })
    expect(managers.map(({ systemId }) => systemId)).toEqual(['<legacy>'])
  })

  test('a paused runner is told 204 with the value, and gets nothing', async ({ register, createJob, admin, job }) => {
    const paused = await register({ paused: true })
    const id = await createJob()
    const reply = await paused.request()
    expect(reply.status).toBe(204)
    expect(reply.headers.get('X-GitLab-Last-Update')).toMatch(/^[0-9a-f]{32}$/)
    expect((await job(id)).status).toBe('pending')
    await admin.mutate('runners.update', { id: paused.id, paused: false })
    expect((await paused.take()).id).toBe(id)
  })
})

test.describe('the queue value (job-request.md 3)', () => {
  test('who repeats it is told the same again, without a search', async ({ runner }) => {
    const first = (await runner.request()).headers.get('X-GitLab-Last-Update')
    expect((await runner.request()).headers.get('X-GitLab-Last-Update')).toBe(first)
    expect((await runner.request()).headers.get('X-GitLab-Last-Update')).toBe(first)
  })

  test('a new job that fits makes it out of date', async ({ runner, createJob }) => {
    const before = (await runner.request()).headers.get('X-GitLab-Last-Update')
    const id = await createJob()
    const reply = await runner.request({ last_update: before })
    expect(reply.status).toBe(201)
    expect(reply.json<JobPayload>().id).toBe(id)
  })

  test('a new job that does not fit leaves it as it is', async ({ runner, createJob }) => {
    const before = (await runner.request()).headers.get('X-GitLab-Last-Update')
    await createJob({ tags: ['elsewhere'] })
    const reply = await runner.request({ last_update: before })
    expect([reply.status, reply.headers.get('X-GitLab-Last-Update')]).toEqual([204, before])
  })

  test('changed settings make it out of date', async ({ runner, createJob, admin }) => {
    const id = await createJob({ tags: ['later'] })
    const before = (await runner.request()).headers.get('X-GitLab-Last-Update')
    await admin.mutate('runners.update', { id: runner.id, tagList: ['later'] })
    const reply = await runner.request({ last_update: before })
    expect(reply.status).toBe(201)
    expect(reply.json<JobPayload>().id).toBe(id)
  })

  for (const [what, lastUpdate] of [
    ['an old value', '0'.repeat(32)],
    ['a blank one', ''],
    ['null', null],
    ['a number', 5],
  ] as const) {
    test(`${what} is always a search`, async ({ runner, createJob }) => {
      await runner.request()
      await createJob()
      expect((await runner.request({ last_update: lastUpdate })).status).toBe(201)
    })
  }

  test('one runner’s value means nothing for another', async ({ register, createJob }) => {
    const [one, two] = [await register(), await register()]
    const value = (await one.request()).headers.get('X-GitLab-Last-Update')
    await createJob()
    expect((await two.request({ last_update: value })).status).toBe(201)
  })

  test('a job that ends or is taken by others does not change it', async ({ register, createJob }) => {
    const [one, two] = [await register(), await register()]
    await createJob()
    const taken = await one.take()
    const before = (await two.request()).headers.get('X-GitLab-Last-Update')
    await taken.finish('success')
    expect((await two.request()).headers.get('X-GitLab-Last-Update')).toBe(before)
  })

  test('after a rotation the old value is nothing', async ({ runner, admin }) => {
    const before = (await runner.request()).headers.get('X-GitLab-Last-Update')
    runner.token = (await admin.mutate<{ token: string }>('runners.rotateToken', { id: runner.id })).token
    const reply = await runner.request({ last_update: before })
    expect(reply.status).toBe(204)
    expect(reply.headers.get('X-GitLab-Last-Update')).not.toBe(before)
  })
})

test.describe('which jobs a runner may take (job-request.md 5)', () => {
  for (const [runnerTags, jobTags, fits] of [
    ['a,b', ['a'], true],
    ['a,b', ['a', 'b'], true],
    ['a', ['a', 'b'], false],
    ['A', ['a'], false],
    ['größe,🚂', ['🚂'], true],
  ] as const) {
    test(`a runner with the tags ${runnerTags} ${fits ? 'takes' : 'leaves'} a job with ${jobTags.join(',')}`, async ({
      register,
      createJob,
    }) => {
      const tagged = await register({ tagList: runnerTags })
      const id = await createJob({ tags: jobTags })
      expect((await tagged.tryTake())?.id ?? null).toBe(fits ? id : null)
    })
  }

  test('a job without tags is only for runners that take such', async ({ register, createJob }) => {
    const id = await createJob()
    expect(await (await register({ tagList: 'a', runUntagged: false })).tryTake()).toBeNull()
    expect((await (await register({ tagList: 'a', runUntagged: true })).tryTake())?.id).toBe(id)
  })

  test('a protected runner takes jobs of protected refs only', async ({ register, createJob }) => {
    const guarded = await register({ accessLevel: 'ref_protected' })
    await createJob({}, { ref: 'feature' })
    expect(await guarded.tryTake()).toBeNull()
    const id = await createJob({}, { ref: 'main' })
    expect((await guarded.tryTake())?.id).toBe(id)
  })

  test('an unprotected runner takes both', async ({ runner, createJob }) => {
    const ids = [await createJob({}, { ref: 'feature' }), await createJob({}, { ref: 'main' })]
    expect([(await runner.take()).id, (await runner.take()).id]).toEqual(ids)
  })

  test('a project runner serves its project only', async ({ register, createJob, admin }) => {
    const elsewhere = await register()
    const other = await admin.mutate<Project>('projects.create', {
      path: `other-${elsewhere.id}`,
      instanceRunnersEnabled: false,
    })
    await createJob({}, { projectId: other.id })
    expect(await elsewhere.tryTake()).toBeNull()
    await admin.mutate('projects.remove', { id: other.id })
  })

  test('an instance runner serves projects that want instance runners', async ({
    register,
    gateway,
    createJob,
    admin,
    project,
  }) => {
    const instance = await register({ token: gateway.registrationToken, tagList: `only-${project.id}` })
    const id = await createJob({ tags: [`only-${project.id}`] })
    expect(await instance.tryTake()).toBeNull()
    await admin.mutate('projects.update', { id: project.id, instanceRunnersEnabled: true })
    expect((await instance.take()).id).toBe(id)
  })

  test('a group runner serves its group and the groups below', async ({ register, createJob, admin, project }) => {
    const root = `group-${project.id}`
    const inside = await admin.mutate<Project>('projects.create', {
      path: 'deep',
      groupPath: `${root}/below`,
      instanceRunnersEnabled: false,
    })
    const groups = await admin.query<{ path: string; registrationToken: string }[]>('groups.list')
    const token = groups.find(({ path }) => path === root)?.registrationToken ?? ''
    const grouped = await register({ token })
    await createJob()
    expect(await grouped.tryTake()).toBeNull()
    const id = await createJob({}, { projectId: inside.id })
    expect((await grouped.take()).id).toBe(id)
    await admin.mutate('projects.remove', { id: inside.id })
  })

  test('for instance runners a project with CI switched off does not exist', async ({
    register,
    gateway,
    createJob,
    admin,
    project,
    job,
  }) => {
    const tag = `off-${project.id}`
    const instance = await register({ token: gateway.registrationToken, tagList: tag })
    await admin.mutate('projects.update', { id: project.id, instanceRunnersEnabled: true, ciEnabled: false })
    const id = await createJob({ tags: [tag] })
    expect(await instance.tryTake()).toBeNull()
    expect((await job(id)).status).toBe('pending')
    await admin.mutate('projects.update', { id: project.id, ciEnabled: true })
    expect((await instance.take()).id).toBe(id)
  })

  for (const [jobAge, fits] of [
    [0, true],
    [-5, true],
    [3600, false],
    ['', true],
  ] as const) {
    test(`with job_age ${JSON.stringify(jobAge)} a job of just now is ${fits ? 'taken' : 'left'}`, async ({
      runner,
      createJob,
    }) => {
      await createJob()
      // "Strictly earlier than now": a moment has to pass.
      await expect
        .poll(async () => (await runner.request({ job_age: jobAge })).status, { timeout: 3_000 })
        .toBe(fits ? 201 : 204)
    })
  }

  test('a project runner takes the oldest first', async ({ runner, createJob }) => {
    const ids = [await createJob(), await createJob(), await createJob()]
    expect([(await runner.take()).id, (await runner.take()).id, (await runner.take()).id]).toEqual(ids)
  })
})

test.describe('fair order of instance runners (job-request.md 5)', () => {
  async function threeProjects(admin: Admin, tag: string) {
    const made: Record<string, Project> = {}
    for (const name of ['a', 'b', 'c']) {
      made[name] = await admin.mutate<Project>('projects.create', { path: `fair-${tag}-${name}` })
    }
    return made
  }

  for (const [what, finishFirst, expected] of [
    ['projects take turns by what they run', false, ['A1', 'B1', 'C1', 'A2', 'B2', 'A3']],
    ['a project whose job is over is at zero again', true, ['A1', 'A2', 'B1', 'C1', 'A3', 'B2']],
  ] as const) {
    test(what, async ({ admin, gateway, register, createJob, project }) => {
      const tag = `fair-${project.id}`
      const made = await threeProjects(admin, String(project.id))
      for (const name of ['A1', 'A2', 'A3', 'B1', 'B2', 'C1']) {
        const projectId = made[name.charAt(0).toLowerCase()]?.id
        await createJob({ tags: [tag] }, { name, ...(projectId !== undefined && { projectId }) })
      }
      const instance = await register({ token: gateway.registrationToken, tagList: tag })
      const order: string[] = []
      for (let taken = 0; taken < 6; taken++) {
        const job = await instance.take()
        order.push(job.payload.job_info.name)
        if (finishFirst && taken === 0) await job.finish('success')
      }
      expect(order).toEqual(expected)
      for (const { id } of Object.values(made)) await admin.mutate('projects.remove', { id })
    })
  }
})

test.describe('exactly one runner gets a job (job-request.md 6)', () => {
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

  test('twenty simultaneous requests of one runner with one system_id are no error either', async ({
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
    const { managers } = await admin.query<{ managers: { id: number }[] }>('runners.get', { id: runner.id })
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

  test('a session is no hindrance, whatever its address', async ({ runner, createJob }) => {
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

test.describe('checks before a job is handed out (job-request.md 7)', () => {
  const without = (feature: string) => ({ ...SHELL_FEATURES, [feature]: false })

  for (const [feature, definition] of [
    ['return_exit_code', { allow_failure: { exit_codes: [3] } }],
    ['artifacts_exclude', { artifacts: { paths: ['a'], exclude: ['a/b'] } }],
    ['upload_multiple_artifacts', { artifacts: { reports: { junit: 'j.xml' } } }],
    ['fallback_cache_keys', { cache: { key: 'k', paths: ['c'], fallback_keys: ['f'] } }],
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

  test('without info no feature is present', async ({ runner, createJob, job }) => {
    const id = await createJob({ allow_failure: { exit_codes: [3] } })
    expect((await runner.request({ info: undefined })).status).toBe(204)
    expect((await job(id)).failureReason).toBe('runner_unsupported')
  })

  test('with CI switched off a project runner fails the job', async ({ runner, createJob, admin, project, job }) => {
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

test('two-phase words change nothing: the job runs from its 201, and the confirmation is 200 (job-request.md 8)', async ({
  takenJob,
  job,
}) => {
  expect((await job(takenJob.id)).status).toBe('running')
  expect((await takenJob.put({ state: 'running', output: {} })).status).toBe(200)
  expect((await takenJob.put({ state: 'pending' })).status).toBe(400)
})

test('more requests per minute than allowed are 429 with Retry-After, for this token only', async ({
  startGateway,
  storage,
}) => {
  test.skip(storage.kind === 'production', 'the limit is a variable of the process; one form of storage proves it')
  const gateway = await startGateway({ env: { JOB_REQUESTS_PER_MINUTE: '3', LONG_POLL_SECONDS: '0' } })
  const one = await FakeRunner.register(gateway.url, gateway.registrationToken)
  const two = await FakeRunner.register(gateway.url, gateway.registrationToken)
  // The minute may turn in between; then the count begins anew.
  await expect.poll(async () => (await one.request()).status, { intervals: [1], timeout: 10_000 }).toBe(429)
  const refused = await one.request()
  if (refused.status === 429) {
    expect(refused.json()).toEqual({
      message: { error: 'This endpoint has been requested too many times. Try again later.' },
    })
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
  }
  expect((await two.request()).status).toBe(204)
})
