import { FakeRunner } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'
import type { JobPayload } from '../support/payload.ts'

test.describe('how a request is read (docs/protocol/job-request.md 1 and 2)', () => {
  for (const [what, members, error] of [
    ['no token', { token: undefined }, 'token is missing'],
    ['a token that is an object', { token: {} }, 'token is invalid'],
    ['an info that is text', { info: 'x' }, 'info is invalid'],
    ['an info that is an array', { info: [] }, 'info is invalid'],
    ['a version that is an object', { info: { version: {} } }, 'info[version] is invalid'],
    ['features that are text', { info: { features: 'x' } }, 'info[features] is invalid'],
    ['a session that is text', { session: 'x' }, 'session is invalid'],
    ['a job_age that is not a number', { job_age: 'x' }, 'job_age is invalid'],
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

  test('a form works as well, and a trailing .json', async ({ gateway, runner, createJob }) => {
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

  test('without a job the answer is 204 with the queue value and no body', async ({ runner }) => {
    const reply = await runner.request()
    expect(reply.status).toBe(204)
    expect(reply.text).toBe('')
    expect(reply.headers.get('X-GitLab-Last-Update')).toMatch(/^[0-9a-f]{32}$/)
  })

  test('a request is a heartbeat, records the manager, and finishes the creation', async ({ runner, admin }) => {
    await runner.request()
    const seen = await admin.query('runners.get', { id: runner.id })
    expect(seen).toMatchObject({ status: 'online', creationState: 'finished' })
    expect(seen.managers).toEqual([
      expect.objectContaining({ systemId: runner.systemId, executor: 'shell', version: '18.5.0' }),
    ])
  })

  test('without a system_id the manager is <legacy>', async ({ runner, admin }) => {
    await runner.request({ system_id: undefined })
    const { managers } = await admin.query('runners.get', { id: runner.id })
    expect(managers.map(({ systemId }) => systemId)).toEqual(['<legacy>'])
  })

  test('a paused runner is answered 204 with the value, and gets no job', async ({
    register,
    createJob,
    admin,
    job,
  }) => {
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

test('two-phase fields change nothing: the job runs from its 201, and the confirmation is 200 (docs/protocol/job-request.md 8)', async ({
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
  // A new minute may begin in between, which resets the count.
  await expect.poll(async () => (await one.request()).status, { intervals: [1] }).toBe(429)
  const refused = await one.request()
  if (refused.status === 429) {
    expect(refused.json()).toEqual({
      message: { error: 'This endpoint has been requested too many times. Try again later.' },
    })
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
  }
  expect((await two.request()).status).toBe(204)
})
