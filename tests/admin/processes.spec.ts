import { Admin } from '../support/admin.ts'
import { freshDataDir } from '../support/data-dir.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import { DidNotStart, Gateway, temporaryDirectory } from '../support/gateway.ts'
import { openStorage } from '../support/storage.ts'
import { TakenJob } from '../support/taken-job.ts'

/** Gives a gateway that the test may stop a runner with a job. */
async function withJob(gateway: Gateway) {
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  const tag = `own-${process.pid}-${Date.now()}`
  const runner = await FakeRunner.register(gateway.url, gateway.registrationToken, { tagList: tag })
  const { id } = await admin.mutate('jobs.create', {
    name: 'x',
    definition: { script: ['x'], tags: [tag] },
  })
  const job = await runner.take()
  expect(job.id).toBe(id)
  return { admin, runner, job }
}

/** Returns the same job, whose runner uses another address. */
const moved = (job: TakenJob, gateway: Gateway): TakenJob => new TakenJob(gateway.url, job.payload)

test('SIGTERM: a patch under way finishes, and the exit code is 0', async ({ startGateway, storage }) => {
  const gateway = await startGateway({ env: { ...storage.env } })
  const { job } = await withJob(gateway)
  const gate = Promise.withResolvers<void>()
  const sending = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      controller.enqueue(new TextEncoder().encode('first half, '))
      sending.resolve()
      await gate.promise
      controller.enqueue(new TextEncoder().encode('second half'))
      controller.close()
    },
  })
  const patch = job.patch(0, body, { contentRange: '0-22' })
  await sending.promise
  // The request has arrived once a later one is answered.
  await job.accept()
  const stopped = gateway.stop()
  // It is stopping once it no longer accepts connections.
  await expect
    .poll(() =>
      fetch(`${gateway.url}/healthz`, { headers: { Connection: 'close' } }).then(
        () => 'up',
        () => 'down',
      ),
    )
    .toBe('down')
  gate.resolve()
  const reply = await patch
  expect([reply.status, reply.headers.get('Range')]).toEqual([202, '0-23'])
  expect(await stopped).toBe(0)
})

test('SIGINT is a clean stop, too, and nothing is lost', async ({ startGateway, storage }) => {
  const directory = await freshDataDir(storage.env)
  const gateway = await startGateway({ dataDir: directory.path, env: { ...storage.env } })
  const { job } = await withJob(gateway)
  await job.say('before the stop\n')
  expect(await gateway.stop('SIGINT')).toBe(0)

  const again = await startGateway({ dataDir: directory.path, env: { ...storage.env } })
  const same = moved(job, again)
  expect((await same.patch(16, 'after\n')).status).toBe(202)
  const admin = new Admin(again.url, { token: again.adminToken })
  expect((await admin.log(job.id)).toString()).toBe('before the stop\nafter\n')
  await again.stop()
  await directory.dispose()
})

test('kill -9 in the middle of a log: the offset is right and the runner resumes', async ({
  startGateway,
  storage,
}) => {
  const directory = await freshDataDir(storage.env)
  const gateway = await startGateway({ dataDir: directory.path, env: { ...storage.env } })
  const { job } = await withJob(gateway)
  let acknowledged = 0
  // Killed while patches are under way, each longer than the last.
  const writing = (async () => {
    for (let line = 0; ; line++) {
      job.write(`line ${line} ${'x'.repeat(line)}\n`)
      const reply = await job.push().catch(() => null)
      if (reply?.status !== 202) return
      acknowledged = Number(reply.headers.get('Range')?.slice(2))
    }
  })()
  await expect.poll(() => acknowledged).toBeGreaterThan(2_000)
  await gateway.kill()
  await writing

  const again = await startGateway({ dataDir: directory.path, env: { ...storage.env } })
  const same = moved(job, again)
  const produced = job.log
  // This offset is past the end, so the answer names the end of the log.
  const asked = await same.patch(produced.length + 1_000, 'x')
  expect(asked.status).toBe(416)
  const held = Number(asked.headers.get('Range')?.slice(2))
  // Every acknowledged byte is stored, and no byte that was never sent.
  expect(held).toBeGreaterThanOrEqual(acknowledged)
  expect(held).toBeLessThanOrEqual(produced.length)
  same.write(produced)
  await same.say('the end\n')
  expect((await same.finish('success')).status).toBe(200)
  const admin = new Admin(again.url, { token: again.adminToken })
  expect((await admin.log(job.id)).equals(same.log)).toBe(true)
  const { traceInvalid, traceChecksum } = await admin.query('jobs.get', { id: job.id })
  expect([traceInvalid, traceChecksum]).toEqual([false, same.checksum])
  await again.stop()
  await directory.dispose()
})

test('a second process on the same DATA_DIR is refused with a clear message', async ({ gateway, storage }) => {
  const second = Gateway.start(gateway.dataDir, { ...storage.env })
  await expect(second).rejects.toThrow(DidNotStart)
  await expect(second).rejects.toThrow(/DATA_DIR .* is in use/)
  await expect(second).rejects.toMatchObject({ exitCode: 1 })
})

test('the lock of a killed process does not prevent a start', async ({ startGateway, storage }) => {
  const directory = await freshDataDir(storage.env)
  const first = await startGateway({ dataDir: directory.path, env: { ...storage.env } })
  await first.kill()
  const second = await startGateway({ dataDir: directory.path, env: { ...storage.env } })
  expect((await fetch(`${second.url}/readyz`)).status).toBe(200)
  await second.stop()
  await directory.dispose()
})

test('a second gateway on the same database without REDIS_URL is refused', async ({ startGateway, storage }) => {
  test.skip(storage.kind !== 'production', 'needs PostgreSQL: TEST_DATABASE_URL')
  const own = await openStorage('production')
  const { REDIS_URL: _, ...alone } = own.env
  const first = await startGateway({ env: alone })
  const refused = startGateway({ env: alone })
  await expect(refused).rejects.toThrow(/REDIS_URL/)
  await expect(refused).rejects.toMatchObject({ exitCode: 1 })
  await first.stop()
  await own.dispose()
})

test('two processes on the same storage hand out each job once, and see each other’s jobs', async ({
  gateway,
  startGateway,
  storage,
  admin,
}) => {
  test.skip(!storage.sharesObjects, 'needs PostgreSQL, Redis and an S3 server')
  const other = await startGateway()
  const tag = `two-${process.pid}-${Date.now()}`
  const here = await FakeRunner.register(gateway.url, gateway.registrationToken, { tagList: tag })
  const there = new FakeRunner(other.url, { id: here.id, token: here.token })
  const ids: number[] = []
  for (let made = 0; made < 20; made++) {
    const { id } = await admin.mutate('jobs.create', {
      name: 'x',
      definition: { script: ['x'], tags: [tag] },
    })
    ids.push(id)
  }
  const got: number[] = []
  await Promise.all(
    [here, there].map(async (runner) => {
      for (let empty = 0; empty < 3; ) {
        const job = await runner.tryTake()
        if (!job) empty += 1
        else {
          got.push(job.id)
          await job.say(`by ${runner.url}\n`)
          await job.finish('success')
        }
      }
    }),
  )
  expect(got.sort((a, b) => a - b)).toEqual(ids)
  await here.unregister()
})

test('a request held by one process is woken by a job submitted to another', async ({
  startGateway,
  storage,
  register,
  createJob,
}) => {
  test.skip(storage.kind !== 'production', 'needs PostgreSQL and Redis: TEST_DATABASE_URL, TEST_REDIS_URL')
  const other = await startGateway({ env: { ...storage.env, LONG_POLL_SECONDS: '30' } })
  const { id: runnerId, token } = await register()
  const there = new FakeRunner(other.url, { id: runnerId, token })
  await there.request()
  const held = there.request()
  await expect
    .poll(async () => (await fetch(`${other.url}/metrics`)).text(), { intervals: [50] })
    .toContain('yardmaster_held_polls 1\n')
  const id = await createJob()
  const reply = await held
  // A request whose time is up is answered without a value.
  if (reply.status === 204) expect(reply.headers.get('X-GitLab-Last-Update')).not.toBeNull()
  else expect(reply.status).toBe(201)
  const taken = reply.status === 201 ? reply.json<{ id: number }>().id : (await there.take()).id
  expect(taken).toBe(id)
})

test('a follower at one process sees each piece that a runner sends to another as it comes', async ({
  startGateway,
  storage,
  takenJob,
}) => {
  test.skip(!storage.sharesObjects, 'needs PostgreSQL, Redis and an S3 server')
  const other = await startGateway()
  const there = new Admin(other.url, { token: other.adminToken })
  const events = there.watchTrace(takenJob.id)
  await events.next()
  const said = ['over there\n', 'and there\n', 'and there again\n']
  for (const piece of said) await takenJob.say(piece)
  const texts: string[] = []
  while (texts.join('').length < said.join('').length) {
    const { text = '' } = (await events.next()).value ?? {}
    if (text !== '') texts.push(text)
  }
  // A follower that looked only every few seconds would see them as one piece.
  expect(texts).toEqual(said)
  await events.return(undefined)
})

test('an invalid value in the environment fails the start with one line that names it', async () => {
  const directory = await temporaryDirectory()
  for (const [env, named] of [
    [{ PORT: 'x' }, /PORT/],
    [{ LONG_POLL_SECONDS: '-1' }, /LONG_POLL_SECONDS/],
    [{ ENCRYPTION_KEY: 'short' }, /ENCRYPTION_KEY/],
    [{ ADMIN_TOKEN: 'short' }, /ADMIN_TOKEN/],
  ] as const) {
    const start = Gateway.start(directory.path, env)
    await expect(start).rejects.toMatchObject({ exitCode: 1 })
    const { output } = (await start.catch((error: unknown) => error)) as DidNotStart
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toMatch(named)
  }
  await directory.dispose()
})
