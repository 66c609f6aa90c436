import { Admin } from '../support/admin.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import type { Gateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { notNull } from '../support/not-null.ts'
import type { JobPayload } from '../support/payload.ts'
import { openStorage } from '../support/storage.ts'

// Longer than any wait in these tests for something else to end the hold.
test.use({ gatewayEnv: { LONG_POLL_SECONDS: '30' } })

test('a held request is answered with a job when one arrives', async ({ runner, createJob, heldPolls }) => {
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

test('a job that its runner cannot take does not wake it', async ({ runner, createJob, heldPolls }) => {
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
  // A poll of another runner takes longer than a wake-up would.
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

test('a request with an unknown token is not held', async ({ runner }) => {
  await runner.request()
  expect((await runner.request({ token: 'wrong' })).status).toBe(403)
})

test('a paused runner is held like any other, and woken when it is resumed', async ({
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

test('a request held while its token is replaced ends without a job; the next one with that token is refused', async ({
  runner,
  gateway,
  heldPolls,
}) => {
  await runner.request()
  const held = runner.request()
  await heldPolls(1)
  const rotated = await send('POST', `${gateway.url}/api/v4/runners/reset_authentication_token`, {
    json: { token: runner.token },
  })
  const { status, headers } = await held
  expect([status, headers.get('X-GitLab-Last-Update')]).toEqual([204, null])
  expect((await runner.request()).status).toBe(403)
  runner.token = rotated.json<{ token: string }>().token
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

test('exactly one of several held requests gets the job', async ({ register, createJob, job, heldPolls }) => {
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

test('of a thousand held requests one gets each job, none is answered with a conflict, and most stay held', async ({
  startGateway,
  storage,
}) => {
  // A thousand runners would disturb other tests.
  const own = await openStorage(storage.kind)
  const gateway = await startGateway({ env: { ...own.env, LONG_POLL_SECONDS: '500' } })
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  const counted = async (outcome: string): Promise<number> => {
    const { text } = await send('GET', `${gateway.url}/metrics`)
    return Number(new RegExp(`^yardmaster_job_requests_total{outcome="${outcome}"} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  }
  const tag = `herd-${process.pid}-${Date.now()}`
  const runners: FakeRunner[] = []
  for (let batch = 0; batch < 20; batch++) {
    runners.push(
      ...(await Promise.all(
        Array.from({ length: 50 }, async () => {
          const runner = await FakeRunner.register(gateway.url, gateway.registrationToken, { tagList: tag })
          await runner.request()
          return runner
        }),
      )),
    )
  }
  const [found, conflicts] = [await counted('found'), await counted('conflict')]
  // On a busy machine some are answered at once, and ask again as a runner would.
  let isOffered = false
  const replies = new Map<FakeRunner, number>()
  const polls = runners.map(async (runner) => {
    for (;;) {
      const { status } = await runner.request()
      if (status === 204 && !isOffered) continue
      replies.set(runner, status)
      return
    }
  })
  const answeredWith = (wanted: number) =>
    [...replies].flatMap(([runner, status]) => (status === wanted ? [runner] : []))
  const heldPolls = /^yardmaster_held_polls (\d+)$/m
  await expect
    .poll(async () => (await send('GET', `${gateway.url}/metrics`)).text)
    .toContain(`yardmaster_held_polls ${runners.length}\n`)
  isOffered = true
  for (const jobs of [1, 2]) {
    await admin.mutate('jobs.create', { name: 'x', definition: { script: ['x'], tags: [tag] } })
    await expect.poll(() => answeredWith(201)).toHaveLength(jobs)
  }
  // Some were woken in vain. They ask again with their queue value, and are answered at once.
  await expect.poll(() => answeredWith(204).length).toBeGreaterThan(0)
  const [loser] = answeredWith(204)
  expect((await loser?.request())?.headers.get('X-GitLab-Last-Update')).toMatch(/^[0-9a-f]{32}$/)
  // The others need not be answered: they are still held, or ask again when their time is over.
  const { text } = await send('GET', `${gateway.url}/metrics`)
  expect(Number(heldPolls.exec(text)?.[1]) + replies.size).toBeGreaterThanOrEqual(runners.length - 1)
  expect([(await counted('found')) - found, (await counted('conflict')) - conflicts]).toEqual([2, 0])
  await gateway.stop()
  await Promise.all(polls)
  expect(answeredWith(204)).toHaveLength(runners.length - 2)
  await own.dispose()
})

test('a waiting runner stays online', async ({ runner, admin, heldPolls }) => {
  await runner.request()
  const leaving = new AbortController()
  const held = runner.request({}, leaving.signal).catch(() => null)
  await heldPolls(1)
  const begun = Date.now()
  await expect
    .poll(async () => {
      const { contactedAt } = await admin.query('runners.get', { id: runner.id })
      return Date.parse(notNull(contactedAt)) > begun
    })
    .toBe(true)
  leaving.abort()
  await held
})

test('when its time is up it is answered 204 without a value', async ({ startGateway, storage }) => {
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

test.describe('a runner process with several entries', () => {
  const WHOLE_MS = 10_000
  /** While two entries seem to share a worker, they share two seconds. */
  const SHORT_MS = 1_000

  const entry = (gateway: Gateway, systemId: string): Promise<FakeRunner> =>
    FakeRunner.register(gateway.url, gateway.registrationToken, { systemId })

  /** Returns the milliseconds until a request is answered without a job. */
  async function held(runner: FakeRunner): Promise<number> {
    const begun = performance.now()
    const reply = await runner.request()
    expect([reply.status, reply.headers.get('X-GitLab-Last-Update')]).toEqual([204, null])
    return performance.now() - begun
  }

  /** The same for a request that is answered before one of another process, sent first and held for the full time. */
  async function heldBriefly(gateway: Gateway, runner: FakeRunner): Promise<number> {
    const other = await FakeRunner.register(gateway.url, gateway.registrationToken)
    await other.request()
    const leaving = new AbortController()
    const whole = other.request({}, leaving.signal).catch(() => null)
    const brief = held(runner)
    const first = await Promise.race([whole.then(() => 'whole'), brief.then(() => 'brief')])
    leaving.abort()
    await whole
    await other.unregister()
    const ms = await brief
    expect(first, `${ms} ms`).toBe('brief')
    return ms
  }

  test('is held for the full time with a worker for each, briefly with one for all, and fully again with one entry left', async ({
    startGateway,
    storage,
  }) => {
    const gateway = await startGateway({ env: { ...storage.env, LONG_POLL_SECONDS: String(WHOLE_MS / 1_000) } })
    const systemId = `s_${Date.now()}`
    const [first, second] = [await entry(gateway, systemId), await entry(gateway, systemId)]
    for (const runner of [first, second]) await runner.request()
    for (const ms of await Promise.all([held(first), held(second)])) expect(ms).toBeGreaterThan(0.95 * WHOLE_MS)

    // Until the other entry has visibly not asked meanwhile.
    await heldBriefly(gateway, first)
    for (const runner of [second, first, second])
      expect(await heldBriefly(gateway, runner)).toBeGreaterThan(0.9 * SHORT_MS)
    await second.unregister()
    expect(await held(first)).toBeGreaterThan(0.95 * WHOLE_MS)
    await first.unregister()
  })

  test('is held for the full time when all its managers have one token, and when it sends no system_id', async ({
    startGateway,
    storage,
  }) => {
    const gateway = await startGateway({ env: { ...storage.env, LONG_POLL_SECONDS: String(WHOLE_MS / 1_000) } })
    const here = await entry(gateway, `s_${Date.now()}`)
    const there = new FakeRunner(gateway.url, here)
    const [old, older] = [await entry(gateway, ''), await entry(gateway, '')]
    const all = [here, there, old, older]
    for (const runner of all) await runner.request()
    for (const ms of await Promise.all(all.map(held))) expect(ms).toBeGreaterThan(0.95 * WHOLE_MS)
    for (const runner of [here, old, older]) await runner.unregister()
  })

  test('is recognised by every process that it asks', async ({ startGateway, storage }) => {
    test.skip(storage.kind !== 'production', 'needs PostgreSQL and Redis: TEST_DATABASE_URL, TEST_REDIS_URL')
    const env = { ...storage.env, LONG_POLL_SECONDS: String(WHOLE_MS / 1_000) }
    const [one, other] = await Promise.all([startGateway({ env }), startGateway({ env })])
    const systemId = `s_${Date.now()}`
    const [first, second] = [await entry(one, systemId), await entry(other, systemId)]
    await first.request()
    await second.request()
    await Promise.all([heldBriefly(one, first), heldBriefly(other, second)])
    // The same entry, sent to another process by a load balancer.
    const moved = new FakeRunner(other.url, first, { systemId })
    moved.lastUpdate = first.lastUpdate
    await heldBriefly(other, moved)
    await second.unregister()
    expect(await held(first)).toBeGreaterThan(0.95 * WHOLE_MS)
    await first.unregister()
  })
})

test('when the server stops it is answered 204', async ({ startGateway, storage }) => {
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
