import { randomBytes } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { atExit } from '../support/at-exit.ts'
import { type Environment, temporaryDirectory } from '../support/gateway.ts'
import { Fleet } from './fleet.ts'
import type { Form } from './options.ts'
import { postgresIn, redisIn, startS3 } from './programs.ts'
import type { Report } from './report.ts'
import { Store } from './store.ts'
import { listBucket, listFolder } from './stored-objects.ts'

/** An installation under test: gateways and, for the form `servers`, the stores that they share. */
export interface Installation extends AsyncDisposable {
  readonly form: Form
  readonly fleet: Fleet
  readonly stores: readonly Store[]
  /** Lists the keys of all stored objects, without the gateways. */
  objects(): Promise<string[]>
}

/** Short enough to detect a lost hand-over in a short run, long enough to outlast the outage of any fault. */
const ACCEPT_SECONDS = 10

const COMMON: Environment = {
  LONG_POLL_SECONDS: '5',
  SWEEP_INTERVAL_SECONDS: '1',
  JOB_ACCEPT_SECONDS: String(ACCEPT_SECONDS),
  JOB_REQUESTS_PER_MINUTE: '0',
}

export async function openInstallation(form: Form, report: Report): Promise<Installation> {
  await using opened = new AsyncDisposableStack()
  const { path: folder, dispose } = await temporaryDirectory('yardmaster-chaos-')
  opened.defer(dispose)
  // Servers that run as another user need access to their folders in here.
  await chmod(folder, 0o755)

  const secrets = {
    ADMIN_TOKEN: `ymat-${randomBytes(20).toString('base64url')}`,
    REGISTRATION_TOKEN: `GR1348941${randomBytes(15).toString('base64url')}`,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  }
  const stores = form === 'servers' ? await openStores(folder, opened) : []
  const env = { ...COMMON, ...secrets, ...addressesOf(stores) }
  const fleet = await Fleet.start({ folder, env, size: form === 'servers' ? 2 : 1, report })
  opened.defer(() => fleet.close())

  const s3 = stores.find(({ name }) => name === 'S3')
  const closing = opened.move()
  return {
    form,
    fleet,
    stores,
    objects: () => (s3 ? listBucket(`http://127.0.0.1:${s3.port}`, BUCKET(s3)) : listFolder(fleet.objectFolder)),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

async function openStores(folder: string, opened: AsyncDisposableStack): Promise<Store[]> {
  const open = async (name: Store['name'], start: Parameters<typeof Store.open>[1]) => {
    const store = await Store.open(name, start)
    const forget = atExit(() => store.discard())
    opened.defer(async () => {
      await store.close()
      forget()
    })
    return store
  }
  return [
    await open('PostgreSQL', await postgresIn(folder)),
    await open('Redis', await redisIn(folder)),
    await open('S3', startS3),
  ]
}

const BUCKET = ({ env }: Store): string => env.S3_BUCKET ?? ''

/** Returns the environment of the gateways, with the addresses of the proxies. */
function addressesOf(stores: readonly Store[]): Environment {
  const [postgres, redis, s3] = stores
  if (!postgres || !redis || !s3) return {}
  const database = new URL(postgres.env.TEST_DATABASE_URL ?? '')
  database.port = String(postgres.proxy.port)
  return {
    DATABASE_URL: database.href,
    REDIS_URL: `redis://127.0.0.1:${redis.proxy.port}`,
    S3_ENDPOINT: `http://127.0.0.1:${s3.proxy.port}`,
    S3_BUCKET: BUCKET(s3),
    S3_FORCE_PATH_STYLE: 'true',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }
}
