import { Client } from 'pg'
import { FaultProxy } from '../chaos/fault-proxy.ts'
import { Admin } from '../support/admin.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import { Gateway, temporaryDirectory } from '../support/gateway.ts'
import { openStorage } from '../support/storage.ts'

/** Starts a gateway that reaches PostgreSQL, Redis and the S3 server through proxies that can drop connections. */
async function behindProxies() {
  const storage = await openStorage('production')
  const directory = await temporaryDirectory()
  const env = { ...storage.env }
  const through = async (name: 'DATABASE_URL' | 'REDIS_URL' | 'S3_ENDPOINT') => {
    const url = new URL(env[name] ?? '')
    const port = Number(url.port)
    const proxy = await FaultProxy.start(() => [port])
    url.port = String(proxy.port)
    env[name] = url.href.replace(/\/$/, '')
    return proxy
  }
  const database = storage.env.DATABASE_URL ?? ''
  const proxies = [await through('DATABASE_URL'), await through('REDIS_URL'), await through('S3_ENDPOINT')] as const
  const gateway = await Gateway.start(directory.path, { LONG_POLL_SECONDS: '0', ...env })
  return {
    gateway,
    postgres: proxies[0],
    redis: proxies[1],
    s3: proxies[2],
    /** Counts the connections that mark the database as served. */
    async marks(): Promise<number> {
      const client = new Client({ connectionString: database })
      await client.connect()
      const { rows } = await client.query<{ marks: number }>(
        `select count(*)::int as marks from pg_stat_activity
          where application_name = 'yardmaster lock' and datname = current_database()`,
      )
      await client.end()
      return rows[0]?.marks ?? 0
    },
    async dispose() {
      await gateway.kill()
      for (const proxy of proxies) await proxy.stop()
      await directory.dispose()
      await storage.dispose()
    },
  }
}

test('any store may swallow its connections: the gateway recovers by itself, and still stops on a signal', async ({
  storage,
}) => {
  test.skip(!storage.sharesObjects, 'needs PostgreSQL, Redis and an S3 server')
  const { gateway, postgres, redis, s3, marks, dispose } = await behindProxies()
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  const runner = await FakeRunner.register(gateway.url, gateway.registrationToken)
  await admin.mutate('jobs.create', { name: 'x', definition: { script: ['x'] } })
  const job = await runner.take()
  await job.say('before\n')

  // Takes at most 10 s on a machine without other load.
  for (const [name, lose] of [
    ['PostgreSQL', () => postgres.silence()],
    ['Redis', () => redis.silence()],
    ['S3', () => s3.silence()],
    ['all', () => [postgres, redis, s3].map((proxy) => proxy.silence())],
    ['all, by resets', () => [postgres, redis, s3].map((proxy) => proxy.reset())],
  ] as const) {
    lose()
    job.write(`after ${name}\n`)
    await expect.poll(async () => (await job.push().catch(() => null))?.status).toBe(202)
    await expect
      .poll(async () => (await fetch(`${gateway.url}/readyz`)).json())
      .toMatchObject({ status: 'ready', events: 'ok' })
  }
  await expect.poll(marks).toBe(1)
  expect((await job.finish('success')).status).toBe(200)
  expect((await admin.log(job.id)).equals(job.log)).toBe(true)

  for (const proxy of [postgres, redis, s3]) {
    proxy.mode = 'swallow'
    proxy.silence()
  }
  expect(await gateway.stop()).toBe(0)
  await dispose()
})

test('a second signal ends the process at once', async ({ storage }) => {
  test.skip(storage.kind !== 'production', 'does not depend on the storage')
  const own = await openStorage('production')
  const directory = await temporaryDirectory()
  const gateway = await Gateway.start(directory.path, own.env)
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  const runner = await FakeRunner.register(gateway.url, gateway.registrationToken)
  await admin.mutate('jobs.create', { name: 'x', definition: { script: ['x'] } })
  const job = await runner.take()
  // A patch that never ends keeps it from stopping.
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('half')),
  })
  const patch = job.patch(0, body, { contentRange: '0-22' }).catch(() => null)
  await expect.poll(async () => (await job.accept()).status).toBe(200)
  gateway.signal('SIGTERM')
  await expect.poll(() => gateway.output).toContain('Stopping')
  expect(gateway.running).toBe(true)
  gateway.signal('SIGTERM')
  expect(await gateway.exited()).toBe(143)
  await patch
  await directory.dispose()
  await own.dispose()
})

test('a process that gets a signal during its start stops', async ({ storage }) => {
  test.skip(storage.kind !== 'production', 'needs PostgreSQL: TEST_DATABASE_URL')
  const own = await openStorage('production')
  const directory = await temporaryDirectory()
  // Another process is migrating, with no end.
  const migrating = new Client({ connectionString: own.env.DATABASE_URL ?? '' })
  await migrating.connect()
  await migrating.query("select pg_advisory_lock(hashtext('yardmaster migrations'))")
  const waiting = async () => {
    const { rows } = await migrating.query("select from pg_locks where locktype = 'advisory' and not granted")
    return rows.length
  }
  const starting = Gateway.start(directory.path, own.env, {
    onSpawn: (stop) => void expect.poll(waiting).toBe(1).then(stop),
  })
  await expect(starting).rejects.toMatchObject({ exitCode: 0 })
  await migrating.end()
  await directory.dispose()
  await own.dispose()
})
