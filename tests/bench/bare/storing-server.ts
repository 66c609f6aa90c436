// Streams bodies to the kind of storage that artifacts use, and back, unchanged: flushed files, or objects in S3.
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DeleteObjectCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import express from 'express'
import { answering } from './answering.ts'
import { listening } from './listening.ts'

interface Store {
  put(name: string, body: Readable): Promise<void>
  get(name: string): Promise<Readable>
  delete(name: string): Promise<void>
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

const { S3_BUCKET, S3_ENDPOINT = '', DATA_DIR = '' } = process.env
const store = S3_BUCKET ? objectsIn(S3_BUCKET, S3_ENDPOINT) : filesIn(DATA_DIR)

const app = express()
app.post('/:name', async (req, res) => {
  await store.put(req.params.name, req)
  res.status(201).end()
})
app.get('/:name', async (req, res) => {
  await pipeline(await store.get(req.params.name), res)
})
app.delete('/:name', async (req, res) => {
  await store.delete(req.params.name)
  res.status(204).end()
})

const server = await listening(app)
answering(
  async () => server.url,
  () => server.close(),
)
