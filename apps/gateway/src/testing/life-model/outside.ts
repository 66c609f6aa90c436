import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { EventBus, ObjectStore, Scratch } from '@yardmaster/domain/ports'
import { FilesystemObjectStore } from '../../adapters/filesystem-object-store.ts'
import { MemoryEventBus } from '../../adapters/memory-event-bus.ts'
import { MemoryScratch } from '../../adapters/memory-scratch.ts'
import { RedisEventBus } from '../../adapters/redis-event-bus.ts'
import { RedisScratch } from '../../adapters/redis-scratch.ts'
import { S3ObjectStore } from '../../adapters/s3-object-store.ts'

/** The available servers. Without them everything is in memory and in a folder. */
export interface Servers {
  readonly redisUrl: string | undefined
  readonly s3Endpoint: string | undefined
}

/** What each process opens for itself besides the database. */
export interface Wires extends AsyncDisposable {
  readonly events: EventBus
  readonly scratch: Scratch
}

/** Opens events and scratch: shared by all processes with a Redis, separate for each without one. */
export async function openWires({ redisUrl: url }: Servers, namespace: string): Promise<Wires> {
  const silent = () => undefined
  const bus = url ? await RedisEventBus.open(url, silent, namespace) : null
  const events = bus ?? new MemoryEventBus()
  const scratch = url ? await RedisScratch.open(url, silent, namespace, bus) : new MemoryScratch()
  return {
    events,
    scratch,
    async [Symbol.asyncDispose]() {
      await events[Symbol.asyncDispose]()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

/** An object store for one test, deleted when it is closed. */
export interface TestObjects extends AsyncDisposable {
  readonly objects: ObjectStore
}

export const openObjects = ({ s3Endpoint }: Servers): Promise<TestObjects> =>
  s3Endpoint ? openBucket(s3Endpoint) : openFolder()

async function openFolder(): Promise<TestObjects> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-model-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const objects = opened.use(await FilesystemObjectStore.open(folder))
  const open = opened.move()
  return { objects, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

async function openBucket(endpoint: string): Promise<TestObjects> {
  await using opened = new AsyncDisposableStack()
  const bucket = `yardmaster-model-${randomBytes(8).toString('hex')}`
  const options = { endpoint, bucket, region: 'us-east-1', forcePathStyle: true }
  const admin = new S3Client(options)
  opened.defer(() => admin.destroy())
  await admin.send(new CreateBucketCommand({ Bucket: bucket }))
  opened.defer(async () => void (await admin.send(new DeleteBucketCommand({ Bucket: bucket }))))
  const objects = opened.use(S3ObjectStore.open(options))
  opened.defer(async () => {
    const keys: string[] = []
    for await (const { key } of objects.list('')) keys.push(key)
    await objects.delete(keys)
  })
  const open = opened.move()
  return { objects, [Symbol.asyncDispose]: () => open.disposeAsync() }
}
