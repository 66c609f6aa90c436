import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { openWire } from '@yardmaster/db/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytes, objectStoreContract, readBytes } from './object-store.contract.ts'
import { S3ObjectStore } from './s3-object-store.ts'

const endpoint = process.env.TEST_S3_ENDPOINT ?? ''
const options = {
  endpoint,
  bucket: `yardmaster-test-${randomUUID()}`,
  region: 'us-east-1',
  forcePathStyle: true,
}

describe.skipIf(!endpoint)('S3', () => {
  const admin = new S3Client(options)
  beforeAll(() => admin.send(new CreateBucketCommand({ Bucket: options.bucket })))
  afterAll(async () => {
    await using store = S3ObjectStore.open(options)
    await empty(store)
    await admin.send(new DeleteBucketCommand({ Bucket: options.bucket }))
  })

  objectStoreContract('The object store in S3', async () => {
    const store = S3ObjectStore.open(options)
    await empty(store)
    return store
  })

  it('reports a missing bucket in a clear error, and does not mistake it for a missing object', async () => {
    await using store = S3ObjectStore.open({ ...options, bucket: 'no-such-bucket' })
    await expect(store.probe()).rejects.toThrow("The bucket no-such-bucket can't be used: 404 NoSuchBucket")
    await expect(store.get('a')).rejects.toThrow()
    await expect(store.put('a', bytes('a'))).rejects.toThrow()
  })

  it('fails while the server is away and works again when it is back', async () => {
    await using wire = await openWire(endpoint)
    await using store = S3ObjectStore.open({ ...options, endpoint: wire.url })
    const key = `away/${randomUUID()}`
    await store.put(key, bytes('kept'))
    wire.cut()
    await expect(store.probe()).rejects.toThrow("can't be used")
    await expect(store.put(key, bytes('lost'))).rejects.toThrow()
    await expect(store.get(key)).rejects.toThrow()
    wire.mend()
    expect((await readBytes(store, key)).toString()).toBe('kept')
    await store.delete([key])
  })

  it('recovers within seconds after all its connections were swallowed', async () => {
    await using wire = await openWire(endpoint)
    await using store = S3ObjectStore.open({ ...options, endpoint: wire.url })
    const keys = Array.from({ length: 8 }, (_, index) => `swallowed/${randomUUID()}/${index}`)
    await Promise.all(keys.map((key) => store.put(key, bytes(key))))
    await Promise.all(keys.map((key) => readBytes(store, key)))
    wire.swallow()
    // Each of them finds its connection dead and continues on a new one.
    await Promise.all(keys.map((key) => store.put(key, bytes(key))))
    await Promise.all(keys.map((key) => readBytes(store, key)))
    for (const key of keys) {
      await store.put(key, bytes(`${key} again`))
      expect((await readBytes(store, key)).toString()).toBe(`${key} again`)
    }
    await store.delete(keys)
  })

  it('fails a read when the server goes away in the middle', async () => {
    await using wire = await openWire(endpoint)
    await using store = S3ObjectStore.open({ ...options, endpoint: wire.url })
    const key = `away/${randomUUID()}`
    await store.put(key, Buffer.alloc(30_000_000))
    const body = await store.get(key)
    const reading = async () => {
      for await (const _ of body ?? []) wire.cut()
    }
    await expect(reading()).rejects.toThrow()
    wire.mend()
    await store.delete([key])
  })
})

describe('S3', () => {
  it('gives up on a server that accepts connections and never answers', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await using store = S3ObjectStore.open({
      ...options,
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    })
    await expect(store.probe()).rejects.toThrow("can't be used")
    silent.close()
  })
})

async function empty(store: S3ObjectStore): Promise<void> {
  const keys = (await Array.fromAsync(store.list(''))).map(({ key }) => key)
  await store.delete(keys)
}
