import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DeleteObjectCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'

export interface Store {
  put(name: string, body: Readable): Promise<void>
  get(name: string): Promise<Readable>
  delete(name: string): Promise<void>
}

/** Opens the kind of storage that artifacts and logs use: flushed files, or objects in S3. */
export function openStore(): Store {
  const { S3_BUCKET, S3_ENDPOINT = '', DATA_DIR = '' } = process.env
  return S3_BUCKET ? objectsIn(S3_BUCKET, S3_ENDPOINT) : filesIn(DATA_DIR)
}

function filesIn(folder: string): Store {
  return {
    put: (name, body) => pipeline(body, createWriteStream(join(folder, name), { flush: true })),
    get: async (name) => createReadStream(join(folder, name)),
    delete: (name) => rm(join(folder, name), { force: true }),
  }
}

function objectsIn(Bucket: string, endpoint: string): Store {
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return {
    async put(Key, Body) {
      const params = { Bucket, Key, Body }
      await new Upload({ client, params, partSize: 8_388_608, queueSize: 2 }).done()
    },
    async get(Key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
      if (!(Body instanceof Readable)) throw new Error('no body')
      return Body
    },
    async delete(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }))
    },
  }
}
