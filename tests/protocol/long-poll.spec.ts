import { FakeRunner } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'
import type { JobPayload } from '../support/payload.ts'

// Longer than any of these tests waits for something else to end the hold.
test.use({ gatewayEnv: { LONG_POLL_SECONDS: '30' } })

test('a held request is answered when a job arrives, and the job goes to it', async ({
  runner,
  createJob,
  heldPolls,
}) => {
  const first = await runner.request()
  expect(first.headers.get('Gitlab-Ci-Builds-Polling')).toBe('yes')
  const held = runner.request()
  await heldPolls(1)
  const id = await createJob()
  const reply = await held
  expect([201, 204]).toContain(reply.status)
  expect(reply.headers.get('X-GitLab-Last-Update')).toBeNull()
  const taken = reply.status === 201 ? reply.json<JobPayload>().id : (await runner.take()).id
  expect(taken).toBe(id)
})

test('a job that it could not take does not wake it', async ({ runner, createJob, heldPolls }) => {
  await runner.request()
  const leaving = new AbortController()
  let answered = false
  const held = runner.request({}, leaving.signal).then(
    () => {
      answered = true
    },
    () => undefined,
  )
  await heldPolls(1)
  await createJob({ tags: ['elsewhere'] })
  // Another runner's whole poll takes longer than a wake-up would.
  await heldPolls(1)
  expect(answered).toBe(false)
  leaving.abort()
  await held
})

test('a first request, a changed value and a form are never held', async ({ runner, gateway }) => {
  expect((await runner.request()).status).toBe(204)
  expect((await runner.request({ last_update: 'f'.repeat(32) })).status).toBe(204)
  const form = await send('POST', `${gateway.url}/api/v4/jobs/request`, {
    body: `token=${runner.token}&last_update=${runner.lastUpdate}`,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  expect(form.status).toBe(204)
  expect(form.headers.get('X-GitLab-Last-Update')).toBe(runner.lastUpdate)
})

test('an unknown token can’t be held', async ({ runner }) => {
  await runner.request()
  expect((await runner.request({ token: 'wrong' })).status).toBe(403)
})

test('a paused runner is held like any other, and woken when it may work again', async ({
  register,
  admin,
  createJob,
  heldPolls,
}) => {
  const paused = await register({ paused: true })
  await createJob()
  await paused.request()
  const held = paused.request()
  await heldPolls(1)
  await admin.mutate('runners.update', { id: paused.id, paused: false })
  const { status } = await held
  expect([201, 204]).toContain(status)
  if (status === 204) await paused.take()
})

test('a client that hangs up gets no job', async ({ register, createJob, job, heldPolls }) => {
  const [leaver, stayer] = [await register(), await register()]
  await leaver.request()
  const leaving = new AbortController()
  const held = leaver.request({}, leaving.signal).catch(() => null)
  await heldPolls(1)
  leaving.abort()
  await held
  await heldPolls(0)
  const id = await createJob()
  expect((await job(id)).status).toBe('pending')
  expect((await stayer.take()).id).toBe(id)
})

test('of several held requests exactly one gets the job', async ({ register, createJob, job, heldPolls }) => {
  const runners = [await register(), await register(), await register(), await register(), await register()]
  for (const runner of runners) await runner.request()
  const leaving = new AbortController()
  const held = runners.map((runner) => runner.request({}, leaving.signal).catch(() => null))
  await heldPolls(5)
  const id = await createJob()
  await expect.poll(async () => (await job(id)).status).toBe('running')
  leaving.abort()
  const replies = await Promise.all(held)
  expect(replies.filter((reply) => reply?.status === 201).length).toBeLessThanOrEqual(1)
  for (const reply of replies) if (reply) expect([201, 204, 409]).toContain(reply.status)
})

test('a runner that waits is online to the second', async ({ runner, admin, heldPolls }) => {
  await runner.request()
  const leaving = new AbortController()
  const held = runner.request({}, leaving.signal).catch(() => null)
  await heldPolls(1)
  const begun = Date.now()
  await expect
    .poll(async () => {
      const { contactedAt } = await admin.query<{ contactedAt: string }>('runners.get', { id: runner.id })
      return Date.parse(contactedAt) > begun
    })
    .toBe(true)
  leaving.abort()
  await held
})

test('when the time is over it is 204 without a value', async ({ startGateway, storage }) => {
  const gateway = await startGateway({ env: { ...storage.env, LONG_POLL_SECONDS: '1' } })
  const runner = await FakeRunner.register(gateway.url, gateway.registrationToken)
  const first = await runner.request()
  expect(first.headers.get('X-GitLab-Last-Update')).not.toBeNull()
  const begun = performance.now()
  const reply = await runner.request()
  expect([reply.status, reply.headers.get('X-GitLab-Last-Update')]).toEqual([204, null])
  expect(reply.headers.get('Gitlab-Ci-Builds-Polling')).toBe('yes')
  expect(performance.now() - begun).toBeGreaterThan(900)
  await runner.unregister()
})

test('when the server stops it is 204', async ({ startGateway, storage }) => {
  const gateway = await startGateway({ env: { ...storage.env, LONG_POLL_SECONDS: '30' } })
  const runner = await FakeRunner.register(gateway.url, gateway.registrationToken)
  await runner.request()
  const held = runner.request()
  await expect
    .poll(async () => (await (await fetch(`${gateway.url}/metrics`)).text()).includes('yardmaster_held_polls 1'))
    .toBe(true)
  const stopped = gateway.stop()
  const reply = await held
  expect([reply.status, reply.headers.get('X-GitLab-Last-Update')]).toEqual([204, null])
  expect(await stopped).toBe(0)
})
