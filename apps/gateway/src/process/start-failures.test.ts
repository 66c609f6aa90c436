import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockDatabase } from '@yardmaster/db'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tryRedis } from '../adapters/redis-connection.ts'
import { S3ObjectStore } from '../adapters/s3-object-store.ts'
import { readConfig } from '../config.ts'
import { listen } from '../server.ts'
import { answers, answersOnce, closes, hangs, openImpostor } from '../testing/impostor.ts'
import { lockDataDir } from './data-dir.ts'
import { dataDirFailure } from './file-failures.ts'
import { readSecrets } from './secrets.ts'
import { refuseFaults, StartError, starting } from './start-error.ts'
import { databaseFailure, listenFailure, objectStoreFailure, redisFailure } from './start-failures.ts'

/** Returns the message of a start that fails in this step. */
async function failure(step: () => Promise<unknown>): Promise<string> {
  const error = await step().then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(StartError)
  const { message } = error as StartError
  expect(message).not.toContain('hush')
  return message
}

/** Returns a port of this machine on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

type Kind = readonly [what: string, behave: ((socket: Socket) => void) | null, says: RegExp]

/** Runs a step against a server with this behaviour, or against no server when it is null. */
async function against(behave: Kind[1], step: (port: number) => Promise<unknown>): Promise<string> {
  if (behave === null) {
    const port = await closedPort()
    return await failure(() => step(port))
  }
  await using impostor = await openImpostor(behave)
  return await failure(() => step(impostor.port))
}

const HTTP = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'

describe.concurrent('PostgreSQL', () => {
  const message = (type: string, ...parts: readonly (string | number[])[]): Buffer => {
    const body = Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : Buffer.from(part))),
    )
    const head = Buffer.alloc(5)
    head.write(type)
    head.writeInt32BE(body.length + 4, 1)
    return Buffer.concat([head, body])
  }
  const refusal = (code: string, text: string) => message('E', 'SFATAL', `C${code}`, `M${text}`, [0])
  const welcome = (version: string) =>
    Buffer.concat([message('R', [0, 0, 0, 0]), message('S', 'server_version', version), message('Z', [0x49])])

  const kinds: readonly Kind[] = [
    ['is away', null, /can’t be reached: nothing listens there\. Check that it runs/],
    ['accepts connections and never answers', hangs, /does not answer; check that it runs/],
    ['closes connections', closes, /closed the connection; check its log/],
    ['is something else', answersOnce(HTTP), /closed the connection|does not answer/],
    ['is something else, and keeps the connection', answers(HTTP), /does not answer/],
    [
      'refuses the password',
      answersOnce(refusal('28P01', 'password authentication failed')),
      /refuses the user or password; correct them/,
    ],
    ['refuses the host', answersOnce(refusal('28000', 'no pg_hba.conf entry')), /refuses the user or password/],
    [
      'has no such database',
      answersOnce(refusal('3D000', 'database "x" does not exist')),
      /has no such database; create it/,
    ],
    ['has no connection left', answersOnce(refusal('53300', 'too many clients already')), /raise max_connections/],
    ['is starting', answersOnce(refusal('57P03', 'the database system is starting up')), /is not ready to serve yet/],
    ['is stopping', answersOnce(refusal('57P01', 'terminating connection')), /is shutting down/],
    ['is a pooler without its server', answersOnce(refusal('08P01', 'server login failed')), /refuses the connection/],
    [
      'requires an unknown authentication method',
      answersOnce(message('R', [0, 0, 0, 7])),
      /is not a PostgreSQL server, or gave an unexpected answer; correct the address/,
    ],
    ['is too old', answers(welcome('9.6.24')), /is version 9\.6\.24; Yardmaster needs 15 or newer/],
  ]
  it.each(kinds)('that %s', async (_what, behave, says) => {
    const message = await against(behave, (port) => {
      const config = readConfig({ DATABASE_URL: `postgres://yard:hush@127.0.0.1:${port}/yard` })
      return starting(databaseFailure(config), () => lockDatabase(config.database, { shared: false }))
    })
    expect(message).toMatch(/^PostgreSQL at 127\.0\.0\.1:\d+\/yard \(DATABASE_URL\) /)
    expect(message).toMatch(says)
  })
})

describe.concurrent('Redis', () => {
  const check = (port: number) => {
    const url = `redis://yard:hush@127.0.0.1:${port}/3`
    return tryRedis(url).then((faults) => refuseFaults(redisFailure({ url }), faults))
  }
  const kinds: readonly Kind[] = [
    [
      'refuses the password',
      answers('-WRONGPASS invalid username-password pair or user is disabled.\r\n'),
      /refuses the user or password; correct them/,
    ],
    ['wants a password', answers('-NOAUTH Authentication required.\r\n'), /refuses the user or password/],
    ['denies the user everything', answers('-NOPERM this user has no permissions\r\n'), /does not let this user/],
    ['has no such database', answers('-ERR DB index is out of range\r\n'), /has no such database; name another one/],
    ['is something else', answers(HTTP), /is not a Redis server; correct the address/],
  ]
  it.each(kinds)('that %s', async (_what, behave, says) => {
    const message = await against(behave, check)
    expect(message).toMatch(/^Redis at 127\.0\.0\.1:\d+ \(REDIS_URL\) /)
    expect(message).toMatch(says)
  })

  it.each([
    ['is away', null],
    ['accepts connections and never answers', hangs],
    ['closes connections', closes],
    ['is loading', answers('-LOADING Redis is loading the dataset in memory\r\n')],
  ] as const)('that %s does not stop a start', async (_what, behave) => {
    if (behave === null) return await check(await closedPort())
    await using impostor = await openImpostor(behave)
    await check(impostor.port)
  })
})

describe.concurrent('S3', () => {
  const http = (status: string, body: string) =>
    `HTTP/1.1 ${status}\r\nContent-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  const refusal = (status: string, code: string) =>
    answersOnce(http(status, `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`))

  const kinds: readonly Kind[] = [
    ['is away', null, /can’t be reached: nothing listens there\. Check that its server runs.*\(S3_ENDPOINT\)/],
    ['accepts connections and never answers', hangs, /does not answer; .*\(S3_ENDPOINT\)/],
    ['closes connections', closes, /can’t be reached: it closed the connection.*\(S3_ENDPOINT\)/],
    [
      'is something else',
      answersOnce('SSH-2.0-OpenSSH_9.2\r\n'),
      /is at an address without an HTTP server; correct it \(S3_ENDPOINT\)/,
    ],
    ['is a web server', answersOnce(http('404 Not Found', '<html>no</html>')), /can’t be used: 404/],
    [
      'has no such bucket',
      refusal('404 Not Found', 'NoSuchBucket'),
      /does not exist; create it, or name another one \(S3_BUCKET\)/,
    ],
    ['denies access', refusal('403 Forbidden', 'AccessDenied'), /does not let these credentials store objects/],
    [
      'does not know the key',
      refusal('403 Forbidden', 'InvalidAccessKeyId'),
      /the key is not known \(AWS_ACCESS_KEY_ID\)/,
    ],
    [
      'refuses the secret',
      refusal('403 Forbidden', 'SignatureDoesNotMatch'),
      /the secret is wrong \(AWS_SECRET_ACCESS_KEY\)/,
    ],
    [
      'is in another region',
      refusal('400 Bad Request', 'AuthorizationHeaderMalformed'),
      /is in another region \(S3_REGION\)/,
    ],
  ]
  it.each(kinds)('that %s', async (_what, behave, says) => {
    const message = await against(behave, async (port) => {
      const config = readConfig({
        ...{ S3_BUCKET: 'yard', S3_ENDPOINT: `http://127.0.0.1:${port}`, S3_FORCE_PATH_STYLE: 'true' },
      })
      if (config.objects.kind !== 's3') throw new Error('S3 is configured')
      const credentials = { accessKeyId: 'yard', secretAccessKey: 'hush' }
      await using store = S3ObjectStore.open({ ...config.objects, credentials })
      await starting(objectStoreFailure(config), () => store.probe())
    })
    expect(message).toMatch(/^The bucket yard at 127\.0\.0\.1:\d+ /)
    expect(message).toMatch(says)
  })

  it('over TLS at an address without TLS', async () => {
    await using impostor = await openImpostor(answersOnce(HTTP))
    const config = readConfig({ S3_BUCKET: 'yard', S3_ENDPOINT: `https://127.0.0.1:${impostor.port}` })
    if (config.objects.kind !== 's3') throw new Error('S3 is configured')
    const credentials = { accessKeyId: 'yard', secretAccessKey: 'hush' }
    await using store = S3ObjectStore.open({ ...config.objects, forcePathStyle: true, credentials })
    expect(await failure(() => starting(objectStoreFailure(config), () => store.probe()))).toMatch(
      /can’t be reached securely: .*\(S3_ENDPOINT\)$/,
    )
  })
})

describe('DATA_DIR', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'yardmaster-start-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const lock = (dataDir: string) => starting(dataDirFailure({ dataDir }), () => lockDataDir(dataDir))

  it('that another process holds', async () => {
    await using _held = await lockDataDir(directory)
    expect(await failure(() => lock(directory))).toBe(
      `DATA_DIR ${directory} is in use by another Yardmaster; stop it or choose another DATA_DIR`,
    )
  })

  it('that is a file', async () => {
    const file = join(directory, 'file')
    await writeFile(file, '')
    expect(await failure(() => lock(file))).toMatch(/DATA_DIR.*there is a file where a directory/)
  })

  it.runIf(process.platform === 'linux').each(['/proc/yardmaster', '/sys/yardmaster', '/dev/null/yardmaster'])(
    'that the system does not allow creating: %s',
    async (dataDir) => {
      const message = await failure(() => lock(dataDir))
      expect(message).toContain(dataDir)
      expect(message).toMatch(/\(DATA_DIR\) can’t be used: /)
    },
  )

  const secrets = (environment: Record<string, string> = {}) => {
    const config = readConfig({ DATA_DIR: directory, ...environment })
    return starting(dataDirFailure(config), () => readSecrets(config))
  }

  it.each([
    [
      'missing beside a database',
      null,
      /encryption-key is missing, .*restore it from a backup, or give it in ENCRYPTION_KEY$/,
    ],
    ['empty', '', /encryption-key is empty\. .*give it in ENCRYPTION_KEY$/],
    ['cut off', 'YWJj', /encryption-key is damaged\. .*give it in ENCRYPTION_KEY$/],
  ] as const)('whose key is %s', async (_what, kept, says) => {
    await mkdir(join(directory, 'database'))
    await writeFile(join(directory, 'database', 'PG_VERSION'), '18\n')
    if (kept !== null) await writeFile(join(directory, 'encryption-key'), kept)
    expect(await failure(() => secrets())).toMatch(says)
  })
})

describe('the address to listen on', () => {
  it.each([
    [
      'is in use',
      (port: number) => ({ HOST: '127.0.0.1', PORT: String(port) }),
      /is in use by another program; stop it, or choose another PORT$/,
    ],
    [
      'is not an address of this machine',
      () => ({ HOST: '192.0.2.1', PORT: '0' }),
      /is not an address of this machine; choose another HOST$/,
    ],
    ['is not an address', () => ({ HOST: 'no such host', PORT: '0' }), /choose another HOST$/],
  ] as const)('that %s', async (_what, env, says) => {
    await using taken = await openImpostor(hangs)
    const config = readConfig(env(taken.port))
    const message = await failure(() => starting(listenFailure(config), () => listen({ current: null }, config.listen)))
    expect(message).toMatch(/\(HOST and PORT\) /)
    expect(message).toMatch(says)
  })
})

describe('a fault that the operator can’t fix', () => {
  it('keeps its stack', async () => {
    const bug = new TypeError("Cannot read properties of null (reading 'x')")
    for (const explain of [
      databaseFailure(readConfig({ DATABASE_URL: 'postgres://127.0.0.1/yard' })),
      databaseFailure(readConfig({})),
      dataDirFailure({ dataDir: 'data' }),
      objectStoreFailure(readConfig({ S3_BUCKET: 'yard' })),
      redisFailure({ url: 'redis://127.0.0.1' }),
      listenFailure(readConfig({})),
    ]) {
      await expect(starting(explain, () => Promise.reject(bug))).rejects.toBe(bug)
    }
  })
})
