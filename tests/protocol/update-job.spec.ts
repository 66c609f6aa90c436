import { Admin } from '../support/admin.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'
import { notNull } from '../support/not-null.ts'

test.describe('how an update is read (docs/protocol/job-update.md 1.1 to 1.3)', () => {
  test('the token as a parameter is enough', async ({ takenJob }) => {
    expect((await takenJob.put({ state: 'running' })).status).toBe(200)
  })

  test('the token in the header alone is 400', async ({ takenJob }) => {
    const reply = await takenJob.put(
      { token: undefined, state: 'running' },
      { headers: { 'JOB-TOKEN': takenJob.token } },
    )
    expect(reply.status).toBe(400)
    expect(reply.json()).toEqual({ error: 'token is missing' })
  })

  test('a wrong parameter overrides a right header', async ({ takenJob }) => {
    const reply = await takenJob.put({ token: 'wrong', state: 'running' }, { headers: { 'JOB-TOKEN': takenJob.token } })
    expect(reply.status).toBe(403)
  })

  test('a right parameter overrides a wrong header', async ({ takenJob }) => {
    expect((await takenJob.put({ state: 'running' }, { headers: { 'JOB-TOKEN': 'wrong' } })).status).toBe(200)
  })

  test('forms are read like JSON', async ({ takenJob, gateway, job }) => {
    await takenJob.say('abcd')
    const form = new URLSearchParams({
      token: takenJob.token,
      state: 'failed',
      failure_reason: 'script_failure',
      exit_code: '42',
      'output[checksum]': 'crc32:ed82cd11',
      'output[bytesize]': '4',
    })
    const reply = await send('PUT', `${gateway.url}/api/v4/jobs/${takenJob.id}`, {
      body: form.toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    expect(reply.status).toBe(200)
    const { status, exitCode, traceInvalid } = await job(takenJob.id)
    expect({ status, exitCode, traceInvalid }).toEqual({ status: 'failed', exitCode: 42, traceInvalid: false })
  })

  test('query parameters are read, too, and the body takes precedence', async ({ takenJob, gateway }) => {
    const address = `${gateway.url}/api/v4/jobs/${takenJob.id}`
    const query = await send('PUT', `${address}?token=${takenJob.token}&state=running`)
    expect(query.status).toBe(200)
    const both = await send('PUT', `${address}?token=wrong&state=success`, {
      json: { token: takenJob.token, state: 'running' },
    })
    expect(both.status).toBe(200)
    expect(both.headers.get('Job-Status')).toBe('running')
  })

  test('unknown members are ignored', async ({ takenJob }) => {
    const reply = await takenJob.put({
      state: 'running',
      info: { name: 'gitlab-runner', features: { anything: true } },
      runtime_environment_key: 'k',
      future: { deep: [1, null] },
      output: { more: 'of it' },
    })
    expect(reply.status).toBe(200)
  })

  test('a body that is not JSON is 400', async ({ takenJob, gateway }) => {
    const reply = await send('PUT', `${gateway.url}/api/v4/jobs/${takenJob.id}`, {
      body: '{"token":',
      headers: { 'Content-Type': 'application/json' },
    })
    expect(reply.status).toBe(400)
    expect(reply.json()).toHaveProperty('error')
  })

  test('an unknown content type is 415', async ({ takenJob, gateway }) => {
    const reply = await send('PUT', `${gateway.url}/api/v4/jobs/${takenJob.id}`, {
      body: '<a/>',
      headers: { 'Content-Type': 'application/xml' },
    })
    expect(reply.status).toBe(415)
  })
})

test.describe('what an update answers (docs/protocol/job-update.md 1.4)', () => {
  test('200 has the three digits as JSON, with Job-Status and a request id, but no interval', async ({ takenJob }) => {
    const id = 'fedcba9876543210fedcba9876543210'
    const reply = await takenJob.put({ state: 'running' }, { headers: { 'X-Request-Id': id } })
    expect(reply.text).toBe('200')
    expect(reply.headers.get('Content-Type')).toMatch(/^application\/json/)
    expect(reply.headers.get('Job-Status')).toBe('running')
    expect(reply.headers.get('X-GitLab-Trace-Update-Interval')).toBeNull()
    expect(reply.headers.get('X-Request-Id')).toBe(id)
  })

  for (const state of [
    undefined,
    null,
    '',
    'pending',
    'canceled',
    'canceling',
    'skipped',
    'manual',
    'Running',
    'anything',
  ]) {
    test(`the state ${JSON.stringify(state)} is 400, and the job continues`, async ({ takenJob }) => {
      const reply = await takenJob.put({ state })
      expect(reply.status).toBe(400)
      expect(reply.text).toBe('400')
      expect(reply.headers.get('X-GitLab-Trace-Update-Interval')).toBeNull()
      expect((await takenJob.put({ state: 'running' })).status).toBe(200)
    })
  }

  test('an unknown state with a checksum is 400, never 500', async ({ takenJob }) => {
    await takenJob.say('abcd')
    const digest = { checksum: 'crc32:ed82cd11', output: { checksum: 'crc32:ed82cd11', bytesize: 4 } }
    expect((await takenJob.put({ state: 'other', ...digest })).status).toBe(400)
    expect((await takenJob.put({ ...digest })).status).toBe(400)
  })
})

test.describe('the texts of refusals (docs/protocol/job-update.md 1.5)', () => {
  for (const [what, members, error] of [
    ['no token', { token: undefined, state: 'running' }, 'token is missing'],
    ['an exit code that is not a number', { state: 'failed', exit_code: 'abc' }, 'exit_code is invalid'],
    ['an exit code that is a boolean', { state: 'failed', exit_code: true }, 'exit_code is invalid'],
    ['an output that is not an object', { state: 'failed', output: 'x' }, 'output is invalid'],
    ['an output that is an array', { state: 'failed', output: [] }, 'output is invalid'],
    ['a size that is not a number', { state: 'failed', output: { bytesize: 'x' } }, 'output[bytesize] is invalid'],
    ['a state that is an object', { state: {} }, 'state is invalid'],
    [
      'several at once, in the order of the table',
      { token: undefined, output: { bytesize: 'x' }, exit_code: 'y' },
      'token is missing, exit_code is invalid, output[bytesize] is invalid',
    ],
  ] as const) {
    test(`${what} is 400 "${error}"`, async ({ takenJob }) => {
      const reply = await takenJob.put(members)
      expect(reply.status).toBe(400)
      expect(reply.json()).toEqual({ error })
    })
  }

  test('an id that is not an integer is 400', async ({ gateway }) => {
    const reply = await send('PUT', `${gateway.url}/api/v4/jobs/abc`, { json: { token: 'x', state: 'running' } })
    expect(reply.status).toBe(400)
    expect(reply.json()).toEqual({ error: 'id is invalid' })
  })

  test('an invalid parameter is reported before a wrong token', async ({ takenJob }) => {
    expect((await takenJob.put({ token: 'wrong', exit_code: 'abc' })).status).toBe(400)
  })

  for (const [what, token] of [
    ['a wrong token', 'wrong'],
    ['an empty token', ''],
    ['a null token', null],
  ] as const) {
    test(`${what} is 403 without Job-Status`, async ({ takenJob }) => {
      const reply = await takenJob.put({ token, state: 'running' })
      expect(reply.status).toBe(403)
      expect(reply.json()).toEqual({ message: '403 Forbidden' })
      expect(reply.headers.get('Job-Status')).toBeNull()
    })
  }

  test('the token of another job and a runner token are 403', async ({ takenJob, createJob, runner }) => {
    await createJob()
    const other = await runner.take()
    for (const token of [other.token, runner.token]) {
      const reply = await takenJob.put({ token, state: 'success' })
      expect(reply.status).toBe(403)
      expect(reply.json()).toEqual({ message: '403 Forbidden' })
    }
  })

  for (const id of ['2147483000', '99999999999999', '0', '-1']) {
    test(`the unknown job ${id} is 403, never 404`, async ({ gateway }) => {
      const reply = await send('PUT', `${gateway.url}/api/v4/jobs/${id}`, { json: { token: 'x', state: 'running' } })
      expect(reply.status).toBe(403)
      expect(reply.json()).toEqual({ message: '403 Forbidden' })
    })
  }

  test('a job of a removed project is 403 with the reason', async ({ takenJob, admin, project }) => {
    await admin.mutate('projects.remove', { id: project.id })
    const reply = await takenJob.put({ state: 'running' })
    expect(reply.status).toBe(403)
    expect(reply.json()).toEqual({ message: '403 Forbidden - Project has been deleted!' })
  })
})

test.describe('the state table (docs/protocol/job-update.md 3.1)', () => {
  test('running: the job stays running', async ({ takenJob, job }) => {
    const reply = await takenJob.put({ state: 'running' })
    expect([reply.status, reply.headers.get('Job-Status')]).toEqual([200, 'running'])
    expect((await job(takenJob.id)).finishedAt).toBeNull()
  })

  test('success: the job is over', async ({ takenJob, job }) => {
    const reply = await takenJob.put({ state: 'success' })
    expect([reply.status, reply.headers.get('Job-Status')]).toEqual([200, 'success'])
    const { status, finishedAt, failureReason } = await job(takenJob.id)
    expect({ status, failureReason }).toEqual({ status: 'success', failureReason: null })
    expect(finishedAt).not.toBeNull()
  })

  test('failed: with the reason and the exit code', async ({ takenJob, job }) => {
    const reply = await takenJob.put({ state: 'failed', failure_reason: 'script_failure', exit_code: 2 })
    expect([reply.status, reply.headers.get('Job-Status')]).toEqual([200, 'failed'])
    const { status, failureReason, exitCode, finishedAt } = await job(takenJob.id)
    expect({ status, failureReason, exitCode }).toEqual({
      status: 'failed',
      failureReason: 'script_failure',
      exitCode: 2,
    })
    expect(finishedAt).not.toBeNull()
  })

  for (const [first, second] of [
    ['success', 'success'],
    ['success', 'failed'],
    ['success', 'running'],
    ['failed', 'success'],
    ['failed', 'failed'],
    ['failed', 'nonsense'],
  ] as const) {
    test(`${second} after ${first} is 403 with Job-Status, and nothing changes`, async ({ takenJob, job }) => {
      await takenJob.put({ state: first })
      const reply = await takenJob.put({ state: second, failure_reason: 'runner_system_failure' })
      expect(reply.status).toBe(403)
      expect(reply.json()).toEqual({ message: '403 Forbidden - Job is not processing on runner' })
      expect(reply.headers.get('Job-Status')).toBe(first)
      expect((await job(takenJob.id)).status).toBe(first)
    })
  }

  test('one of two final updates at the same time counts', async ({ takenJob, job }) => {
    const replies = await Promise.all([takenJob.put({ state: 'success' }), takenJob.put({ state: 'failed' })])
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 403])
    const winner = replies.find(({ status }) => status === 200)?.headers.get('Job-Status')
    expect((await job(takenJob.id)).status).toBe(winner)
  })

  test('an update is a heartbeat of the runner', async ({ takenJob, admin, runner }) => {
    const before = Date.now()
    await takenJob.put({ state: 'running' })
    const { contactedAt } = await admin.query('runners.get', { id: runner.id })
    expect(Date.parse(notNull(contactedAt))).toBeGreaterThanOrEqual(before - 1)
  })
})

test('the confirming update of runners since 18.5 is 200', async ({ takenJob }) => {
  const reply = await takenJob.accept()
  expect([reply.status, reply.headers.get('Job-Status')]).toEqual([200, 'running'])
})

test('during maintenance everything is 429 with Retry-After, before anything is checked, and the job survives', async ({
  startGateway,
  storage,
}) => {
  // A separate gateway, because the switch applies to the whole instance.
  test.skip(storage.kind === 'production', 'the switch would affect other tests on the same database')
  const gateway = await startGateway({ env: {} })
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  await admin.mutate('settings.update', { maintenance: true })
  for (const [method, path] of [
    ['PUT', '/jobs/abc'],
    ['PATCH', '/jobs/1/trace'],
    ['POST', '/jobs/request'],
    ['POST', '/runners'],
    ['POST', '/runners/verify'],
    ['DELETE', '/runners'],
  ] as const) {
    const reply = await send(method, `${gateway.url}/api/v4${path}`, { json: {} })
    expect([path, reply.status, reply.headers.get('Retry-After')]).toEqual([path, 429, '60'])
    expect(reply.json()).toEqual({ message: 'Executing database migrations. Please retry later.' })
  }
  await admin.mutate('settings.update', { maintenance: false })
  expect((await send('POST', `${gateway.url}/api/v4/jobs/request`, { json: { token: 'x' } })).status).toBe(403)
})
