import { FakeRunner } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'

test.describe('POST /runners (docs/protocol/runners.md 2)', () => {
  test('answers exactly id, token and token_expires_at', async ({ gateway, project, admin }) => {
    const reply = await send('POST', `${gateway.url}/api/v4/runners`, { json: { token: project.registrationToken } })
    expect(reply.status).toBe(201)
    expect(Object.keys(reply.json<object>())).toEqual(['id', 'token', 'token_expires_at'])
    const { id, token, token_expires_at } = reply.json<{ id: number; token: string; token_expires_at: null }>()
    expect(token).toMatch(/^glrtr-[A-Za-z0-9_-]{20,}$/)
    expect(token_expires_at).toBeNull()
    expect(await admin.query('runners.get', { id })).toMatchObject({ contactedAt: null, status: 'never_contacted' })
  })

  test('the fields that a real runner sends are stored', async ({ register, admin }) => {
    const { id } = await register({
      description: 'edge-07',
      tagList: 'docker, arm64,,docker',
      runUntagged: false,
      locked: true,
      maximumTimeout: 7200,
      accessLevel: 'ref_protected',
    })
    expect(await admin.query('runners.get', { id })).toMatchObject({
      description: 'edge-07',
      tagList: ['docker', 'arm64'],
      runUntagged: false,
      locked: true,
      paused: false,
      maximumTimeout: 7200,
      accessLevel: 'ref_protected',
    })
  })

  for (const [what, members, status, body] of [
    ['no token', { token: undefined }, 400, { error: 'token is missing' }],
    ['a wrong token', { token: 'wrong' }, 403, { message: '403 Forbidden' }],
    ['a null token', { token: null }, 403, { message: '403 Forbidden' }],
    [
      'both active and paused',
      { active: true, paused: false },
      400,
      { error: 'active, paused are mutually exclusive' },
    ],
    ['an unknown access level', { access_level: 'x' }, 400, { error: 'access_level does not have a valid value' }],
    ['a locked that is not a boolean', { locked: 'maybe' }, 400, { error: 'locked is invalid' }],
    [
      'no tags, and untagged jobs refused',
      { run_untagged: false },
      400,
      { message: { tags_list: ['can not be empty when runner is not allowed to pick untagged jobs'] } },
    ],
    [
      'a limit below ten minutes',
      { maximum_timeout: 599 },
      400,
      { message: { maximum_timeout: ['needs to be at least 10 minutes'] } },
    ],
  ] as const) {
    test(`${what} is ${status}`, async ({ gateway, project }) => {
      const reply = await send('POST', `${gateway.url}/api/v4/runners`, {
        json: { token: project.registrationToken, ...members },
      })
      expect(reply.status).toBe(status)
      expect(reply.json()).toEqual(body)
    })
  }

  test('a runner can’t register with its own token', async ({ gateway, runner }) => {
    await expect(FakeRunner.register(gateway.url, runner.token)).rejects.toThrow(/403/)
  })
})

test.describe('POST /runners/verify (docs/protocol/runners.md 3)', () => {
  test('200 with id, token and expiry; a heartbeat, and a manager', async ({ runner, admin }) => {
    const reply = await runner.verify()
    expect(reply.status).toBe(200)
    expect(reply.json()).toEqual({ id: runner.id, token: runner.token, token_expires_at: null })
    const seen = await admin.query('runners.get', { id: runner.id })
    expect(seen.contactedAt).not.toBeNull()
    expect(seen.managers?.map(({ systemId }) => systemId)).toEqual([runner.systemId])
  })

  test('a wrong token is 403, a missing one is 400', async ({ gateway }) => {
    const verify = (json: object) => send('POST', `${gateway.url}/api/v4/runners/verify`, { json })
    expect((await verify({ token: 'wrong' })).status).toBe(403)
    expect((await verify({})).json()).toEqual({ error: 'token is missing' })
  })
})

test.describe('DELETE /runners and /runners/managers (docs/protocol/runners.md 4, 5)', () => {
  test('a registered runner is removed, and a second time it is 403', async ({ runner }) => {
    expect((await runner.unregister()).status).toBe(204)
    expect((await runner.unregister()).status).toBe(403)
    expect((await runner.verify()).status).toBe(403)
  })

  test('its running job continues with the job’s own token', async ({ takenJob, runner, job }) => {
    await runner.unregister()
    await takenJob.say('still here\n')
    expect((await takenJob.finish('success')).status).toBe(200)
    expect(await job(takenJob.id)).toMatchObject({ status: 'success', runnerId: null })
  })

  test('one of two managers is removed, the other and the runner stay', async ({ runner, gateway, admin }) => {
    const other = new FakeRunner(gateway.url, { id: runner.id, token: runner.token })
    await runner.request()
    await other.request()
    const remove = (json: object) => send('DELETE', `${gateway.url}/api/v4/runners/managers`, { json })
    expect((await remove({ token: runner.token, system_id: runner.systemId })).status).toBe(204)
    const again = await remove({ token: runner.token, system_id: runner.systemId })
    expect([again.status, again.json()]).toEqual([404, { message: '404 Runner manager not found Not Found' }])
    expect((await remove({})).json()).toEqual({ error: 'token is missing, system_id is missing' })
    const { managers } = await admin.query('runners.get', { id: runner.id })
    expect(managers?.map(({ systemId }) => systemId)).toEqual([other.systemId])
  })
})

test('POST /runners/reset_authentication_token: one of two at once wins, and the old token is invalid', async ({
  runner,
  gateway,
}) => {
  const reset = () =>
    send('POST', `${gateway.url}/api/v4/runners/reset_authentication_token`, { json: { token: runner.token } })
  const replies = await Promise.all([reset(), reset()])
  expect(replies.map(({ status }) => status).sort()).toEqual([201, 403])
  const won = replies.find(({ status }) => status === 201)
  expect(Object.keys(won?.json<object>() ?? {})).toEqual(['token', 'token_expires_at'])
  expect((await runner.verify()).status).toBe(403)
  runner.token = won?.json<{ token: string }>().token ?? ''
  expect(runner.token).toMatch(/^glrtr-/)
  expect((await runner.verify()).status).toBe(200)
})

test('POST /runners/:id/reset_authentication_token with an administrator’s token and the body null', async ({
  runner,
  gateway,
}) => {
  const reset = (headers: Record<string, string>) =>
    send('POST', `${gateway.url}/api/v4/runners/${runner.id}/reset_authentication_token`, {
      body: 'null',
      headers: { 'Content-Type': 'application/json', ...headers },
    })
  expect((await reset({})).status).toBe(401)
  expect((await reset({ 'PRIVATE-TOKEN': 'wrong' })).status).toBe(401)
  const reply = await reset({ 'PRIVATE-TOKEN': gateway.adminToken })
  expect(reply.status).toBe(201)
  runner.token = reply.json<{ token: string }>().token
  expect((await runner.verify()).status).toBe(200)
})

test('GET /runners/router/discovery is 501 for a runner, 403 without a token', async ({ runner, gateway }) => {
  const discover = (headers: Record<string, string>) =>
    send('GET', `${gateway.url}/api/v4/runners/router/discovery`, { headers })
  expect((await discover({ 'RUNNER-TOKEN': runner.token })).status).toBe(501)
  expect((await discover({})).status).toBe(403)
})

test('a token with a lifetime names its expiry, and is refused afterwards', async ({ startGateway, storage }) => {
  const gateway = await startGateway({ env: { ...storage.env, RUNNER_TOKEN_LIFETIME: '3', LONG_POLL_SECONDS: '0' } })
  const runner = await FakeRunner.register(gateway.url, gateway.registrationToken)
  const { token_expires_at: expiry } = (await runner.verify()).json<{ token_expires_at: string }>()
  expect(expiry).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  await expect.poll(async () => (await runner.request()).status).toBe(403)
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiry))
  expect((await runner.verify()).status).toBe(403)
})
