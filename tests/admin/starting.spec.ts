import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { FaultProxy } from '../chaos/fault-proxy.ts'
import { expect, test } from '../support/fixtures.ts'
import { DidNotStart, type Environment, Gateway, temporaryDirectory } from '../support/gateway.ts'
import { openStorage } from '../support/storage.ts'

/** Expects a start to exit by itself with 1, and returns its output. */
async function failure(env: Environment, dataDir?: string): Promise<string> {
  const directory = await temporaryDirectory()
  try {
    // Without warnings, such as those about test servers that do not flush.
    const start = Gateway.start(dataDir ?? directory.path, { LOG_LEVEL: 'error', ...env })
    const error = await start.then(
      (gateway) => gateway.kill().then(() => 'it started'),
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(DidNotStart)
    const { output, exitCode } = error as DidNotStart
    expect(exitCode).toBe(1)
    // Contains no stack and no secret.
    expect(output).not.toMatch(/^\s+at /m)
    expect(output).not.toContain('hush')
    return output.trim()
  } finally {
    await directory.dispose()
  }
}

/** Starts a server that accepts connections and never answers. */
async function silentServer() {
  const proxy = await FaultProxy.start(() => [])
  proxy.mode = 'swallow'
  return proxy
}

// Each starts several processes.
test.describe('a start fails within seconds, and says which part it was and where', () => {
  test('when PostgreSQL is down, hangs, or refuses the login', async ({ storage }) => {
    test.skip(storage.kind !== 'production', 'needs PostgreSQL: TEST_DATABASE_URL')
    const url = new URL(storage.env.DATABASE_URL ?? '')
    const at = (change: (url: URL) => void): Environment => {
      const changed = new URL(url)
      changed.password = 'hush'
      change(changed)
      return { DATABASE_URL: changed.href }
    }
    const silent = await silentServer()
    const [nobody, hung, unknown, stranger] = await Promise.all([
      failure(at((changed) => (changed.port = '1'))),
      failure(at((changed) => (changed.port = String(silent.port)))),
      failure(at((changed) => (changed.pathname = '/not-made'))),
      failure(at((changed) => (changed.username = 'stranger'))),
    ])
    await silent.stop()
    expect(nobody).toMatch(
      /^PostgreSQL at 127\.0\.0\.1:1\/\S+ \(DATABASE_URL\) can’t be reached: nothing listens there/,
    )
    expect(hung).toMatch(/^PostgreSQL at 127\.0\.0\.1:\d+\/\S+ \(DATABASE_URL\) does not answer/)
    expect(unknown).toMatch(/^PostgreSQL at \S+\/not-made \(DATABASE_URL\) has no such database/)
    expect(stranger).toMatch(/^PostgreSQL at \S+ \(DATABASE_URL\) refuses the user or password/)
  })

  test('when the bucket is missing, or its server is down or hangs', async ({ storage }) => {
    test.skip(!storage.env.S3_BUCKET, 'needs PostgreSQL and an S3 server')
    const silent = await silentServer()
    const [missing, nobody, hung] = await Promise.all([
      failure({ ...storage.env, S3_BUCKET: 'never-made' }),
      failure({ ...storage.env, S3_ENDPOINT: 'http://127.0.0.1:1' }),
      failure({ ...storage.env, S3_ENDPOINT: `http://127.0.0.1:${silent.port}` }),
    ])
    await silent.stop()
    expect(missing).toMatch(/^The bucket never-made at \S+ does not exist; .*\(S3_BUCKET\)$/)
    expect(nobody).toMatch(
      /^The bucket \S+ at 127\.0\.0\.1:1 can’t be reached: nothing listens there\. .*\(S3_ENDPOINT\)$/,
    )
    expect(hung).toMatch(/^The bucket \S+ at \S+ does not answer; .*\(S3_ENDPOINT\)$/)
  })

  test('when the port is in use, or the address is not one of this machine', async ({ storage }) => {
    test.skip(storage.kind !== 'production', 'does not depend on the storage')
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? String(address.port) : ''
    const [taken, foreign] = await Promise.all([
      failure({ ...storage.env, PORT: port }),
      failure({ ...storage.env, HOST: '192.0.2.1' }),
    ])
    server.close()
    expect(taken).toBe(
      `127.0.0.1:${port} (HOST and PORT) is in use by another program; stop it, or choose another PORT`,
    )
    expect(foreign).toMatch(/^192\.0\.2\.1:0 \(HOST and PORT\) is not an address of this machine/)
  })

  test('when a file is in the place of a directory', async ({ storage }) => {
    const directory = await temporaryDirectory()
    const dataDir = (name: string) => join(directory.path, name)
    await writeFile(dataDir('file'), 'x')
    await mkdir(dataDir('data'))
    const { S3_BUCKET: _, ...env } = storage.env
    const within = storage.kind === 'embedded' ? 'database' : 'objects'
    await writeFile(join(dataDir('data'), within), 'x')
    const both = await Promise.all([
      failure({ ...env, DATA_DIR: dataDir('file') }, directory.path),
      failure({ ...env, DATA_DIR: dataDir('data') }, directory.path),
    ])
    for (const said of both) expect(said).toMatch(/DATA_DIR.*there is a file where a directory should be/)
    await directory.dispose()
  })
})

test('a bug during the start is printed with its stack', async ({ storage }) => {
  test.skip(storage.kind !== 'production', 'does not depend on the storage')
  const broken = 'import http from "node:http"; http.Server.prototype.listen = function listenBroken() { null.port }'
  const directory = await temporaryDirectory()
  const env = { ...storage.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}` }
  const error = await Gateway.start(directory.path, env).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    exitCode: 1,
    output: expect.stringMatching(/TypeError: .*null[\s\S]*\n\s+at .*listenBroken/),
  })
  await directory.dispose()
})

test('a Redis that refuses the password fails the start', async ({ storage }) => {
  test.skip(storage.kind !== 'production', 'needs Redis: TEST_REDIS_URL')
  const url = new URL(storage.env.REDIS_URL ?? '')
  url.username = 'stranger'
  url.password = 'hush'
  expect(await failure({ ...storage.env, REDIS_URL: url.href })).toMatch(
    /^Redis at \S+ \(REDIS_URL\) refuses the user or password; correct them \(WRONGPASS/,
  )
})

test('the gateway starts degraded when Redis is down or hangs', async ({ storage }) => {
  test.skip(storage.kind !== 'production', 'needs PostgreSQL: TEST_DATABASE_URL')
  const own = await openStorage('production')
  const silent = await silentServer()
  for (const REDIS_URL of ['redis://127.0.0.1:1', `redis://127.0.0.1:${silent.port}`]) {
    const directory = await temporaryDirectory()
    const gateway = await Gateway.start(directory.path, { ...own.env, REDIS_URL })
    const ready = await fetch(`${gateway.url}/readyz`)
    expect([ready.status, await ready.json()]).toMatchObject([200, { events: 'degraded' }])
    expect(await gateway.stop()).toBe(0)
    await directory.dispose()
  }
  await silent.stop()
  await own.dispose()
})
