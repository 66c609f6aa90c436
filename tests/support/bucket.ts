import { randomBytes } from 'node:crypto'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3'

export interface Bucket {
  readonly name: string
  dispose(): Promise<void>
}

const ATTEMPTS = 5

/**
 * Creates a bucket on a server for tests. Job ids start at 1 in each database, and so do the keys of objects: two
 * databases must not share a bucket.
 */
export async function makeBucket(endpoint: string): Promise<Bucket> {
  const name = `yardmaster-test-${randomBytes(8).toString('hex')}`
  const client = new S3Client({ endpoint, region: process.env.S3_REGION ?? 'us-east-1', forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: name }))
  return {
    name,
    async dispose() {
      await remove(client, name)
      client.destroy()
    },
  }
}

async function remove(client: S3Client, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: name })) {
      if (Contents.length === 0) continue
      const Objects = Contents.map(({ Key }) => ({ Key }))
      await client.send(new DeleteObjectsCommand({ Bucket: name, Delete: { Objects, Quiet: true } }))
    }
    try {
      await client.send(new DeleteBucketCommand({ Bucket: name }))
      return
    } catch (error) {
      // A gateway that stops after its storage may have stored something meanwhile.
      if (attempt === ATTEMPTS || !(error instanceof Error && error.name === 'BucketNotEmpty')) throw error
    }
  }
}
