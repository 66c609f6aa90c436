import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { makeBucket } from './bucket.ts'
import type { Environment } from './gateway.ts'

export type StorageKind = 'embedded' | 'production'

/** Storage of gateways under test: none for the embedded form, else a fresh database and bucket on shared servers. */
export interface Storage {
  readonly kind: StorageKind
  readonly env: Environment
  /** Whether gateways with separate directories share logs and artifacts. */
  readonly sharesObjects: boolean
  dispose(): Promise<void>
}

/** The servers that were started before the tests. */
const servers = {
  database: process.env.TEST_DATABASE_URL,
  redis: process.env.TEST_REDIS_URL,
  s3: process.env.TEST_S3_ENDPOINT,
}

export const hasServers = Boolean(servers.database && servers.redis)

export async function openStorage(kind: StorageKind): Promise<Storage> {
  if (kind === 'embedded') return { kind, env: {}, sharesObjects: false, dispose: async () => undefined }
  const { database, redis, s3 } = servers
  if (!database || !redis) throw new Error('TEST_DATABASE_URL and TEST_REDIS_URL are needed for this project')
  const name = `yardmaster_test_${randomBytes(8).toString('hex')}`
  await administer(database, `create database ${name}`)
  const bucket = s3 ? await makeBucket(s3) : null
  const url = new URL(database)
  url.pathname = `/${name}`
  return {
    kind,
    env: {
      DATABASE_URL: url.href,
      REDIS_URL: redis,
      // Several processes serve the same data, so they need the same secrets.
      ADMIN_TOKEN: `ymat-${randomBytes(20).toString('base64url')}`,
      REGISTRATION_TOKEN: `GR1348941${randomBytes(15).toString('base64url')}`,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      ...(s3 && bucket
        ? { S3_ENDPOINT: s3, S3_BUCKET: bucket.name, S3_FORCE_PATH_STYLE: 'true', ...awsVariables() }
        : {}),
    },
    sharesObjects: bucket !== null,
    async dispose() {
      await administer(database, `drop database if exists ${name} with (force)`)
      await bucket?.dispose()
    },
  }
}

function awsVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      (key.startsWith('AWS_') || key === 'S3_REGION') && value !== undefined ? [[key, value]] : [],
    ),
  )
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
