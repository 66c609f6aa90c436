import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { openEmptyDatabase } from '@yardmaster/db/testing'
import { S3ObjectStore } from '../adapters/s3-object-store.ts'

const FIXTURES = new URL('../../fixtures/first-release/', import.meta.url)

/** The data of the first release, as described by `live.mjs` beside the fixtures. */
interface FirstRelease {
  readonly adminToken: string
  readonly encryptionKey: string
  readonly runner: { readonly id: number; readonly token: string; readonly systemId: string }
  readonly project: number
  readonly jobs: Readonly<Record<'serve' | 'compile' | 'lint' | 'unit' | 'notify' | 'publish', number>>
  readonly running: { readonly id: number; readonly token: string; readonly log: string }
  readonly longLog: { readonly bytes: number; readonly sha256: string }
  readonly webhook: number
  /** Each delivery as its key, job, previous status and status. */
  readonly deliveries: readonly string[]
}

/** A copy of this data, with the environment that starts the current release on it. */
export interface LeftData extends AsyncDisposable {
  readonly left: FirstRelease
  readonly environment: Readonly<Record<string, string>>
}

/** Opens data of the first release: on servers if the tests have them, otherwise in one data directory. */
export async function openFirstRelease(): Promise<LeftData> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-first-release-'))
  opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const { TEST_DATABASE_URL: server, TEST_S3_ENDPOINT: endpoint } = process.env
  const onServers = server !== undefined && endpoint !== undefined
  const environment = onServers ? await fillServers(opened, folder, endpoint) : await fillFolder(folder)
  const left = JSON.parse(await text(onServers ? 'servers.json' : 'embedded.json')) as FirstRelease
  const running = opened.move()
  return {
    left,
    environment: {
      DATA_DIR: folder,
      ...environment,
      ...(onServers && { ADMIN_TOKEN: left.adminToken, ENCRYPTION_KEY: left.encryptionKey }),
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function fillFolder(folder: string): Promise<Record<string, string>> {
  await unpack('embedded.tar.zst', folder)
  return {}
}

async function fillServers(
  opened: AsyncDisposableStack,
  folder: string,
  endpoint: string,
): Promise<Record<string, string>> {
  const database = opened.use(await openEmptyDatabase())
  await database.db.script(await text('postgres.sql'))

  const bucket = `first-release-${randomUUID()}`
  const s3 = { endpoint, bucket, region: 'us-east-1', forcePathStyle: true }
  await new S3Client(s3).send(new CreateBucketCommand({ Bucket: bucket }))
  await using store = S3ObjectStore.open(s3)
  const objects = join(folder, 'of-the-bucket')
  await unpack('objects.tar.zst', objects)
  for (const entry of await readdir(objects, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    await store.put(path.slice(objects.length + 1), await readFile(path))
  }
  return {
    DATABASE_URL: database.url,
    S3_BUCKET: bucket,
    S3_ENDPOINT: endpoint,
    S3_REGION: 'us-east-1',
    S3_FORCE_PATH_STYLE: 'true',
  }
}

const text = (name: string): Promise<string> => readFile(new URL(name, FIXTURES), 'utf8')

async function unpack(name: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const archive = zstdDecompressSync(await readFile(new URL(name, FIXTURES)))
  execFileSync('tar', ['-xf', '-', '-C', folder], { input: archive })
}
