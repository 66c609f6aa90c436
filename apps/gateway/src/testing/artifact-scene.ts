import { crc32, gzipSync } from 'node:zlib'
import type { Services } from '@yardmaster/domain'
import { type ArtifactUpload, storeArtifact, type UploadChoice } from '@yardmaster/domain/artifacts'
import type { ObjectStore } from '@yardmaster/domain/ports'
import { steadyClock } from '@yardmaster/domain/testing'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { startTestGateway, type TestGateway } from './test-gateway.ts'

export const LARGEST = 200_000

export let gateway: TestGateway
export let services: Services
export let runner: { id: number; token: string }
export let job: { id: number; token: string }

beforeAll(async () => {
  gateway = await startTestGateway({ policy: { maxArtifactBytes: LARGEST } })
  services = gateway.services
  runner = await gateway.register()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(async () => {
  job = await takeJob()
})

export async function takeJob(definition: object = {}, projectId?: number): Promise<{ id: number; token: string }> {
  await gateway.admin('mutation', 'jobs.create', {
    projectId,
    name: 'a',
    definition: { script: ['true'], ...definition },
  })
  const { status, body } = await gateway.post('/jobs/request', { token: runner.token })
  expect(status).toBe(201)
  return body as { id: number; token: string }
}

/** Makes `job` another job. */
export const useJob = async (definition: object = {}, projectId?: number): Promise<void> => {
  job = await takeJob(definition, projectId)
}

export const finish = ({ id, token }: { id: number; token: string }) =>
  gateway.call('PUT', `/api/v4/jobs/${id}`, { json: { token, state: 'success' } })

export async function* pieces(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

export type Given = Partial<Omit<ArtifactUpload, 'choice'> & UploadChoice>

const upload = ({
  type = 'archive',
  format = 'zip',
  expireIn,
  accessibility,
  ...given
}: Given = {}): ArtifactUpload => ({
  ...job,
  filename: 'artifacts.zip',
  choice: () => ({ type, format, expireIn, accessibility }),
  body: pieces('hello, ', 'archive'),
  signal: new AbortController().signal,
  ...given,
})

export const store = (given: Given = {}, to: Services = services) => storeArtifact(to, upload(given))
export const stored = (type = 'archive', id = job.id) => services.artifacts.find(id, type)
export const report = (type: string, text: string): Given => ({
  type,
  format: 'gzip',
  body: pieces(gzipSync(text)),
})
export const refused = (kind: string) => ({ ok: false, error: { kind } })
export const invalid = (reason: string | RegExp) => ({
  ok: false,
  error: { kind: 'artifact_invalid', reason: expect.stringMatching(reason) },
})

export const keys = async (prefix = `artifacts/${job.id}/`) =>
  (await Array.fromAsync(services.objects.list(prefix))).map(({ key }) => key).sort()
export const later = (ms: number): Services => ({ ...services, clock: steadyClock(() => new Date(Date.now() + ms)) })
export const announced = async () => {
  const strays = await services.artifacts.strays(new Date(Date.now() + 10 * 86_400_000), 10_000)
  return strays.filter((key) => key.startsWith(`artifacts/${job.id}/`))
}
export const expectNothing = async () => {
  expect(await services.artifacts.list(job.id)).toEqual([])
  expect(await keys()).toEqual([])
  expect(await announced()).toEqual([])
}

/** Returns services with the real object store, except for the given methods. */
export const withObjects = (given: Partial<ObjectStore>): Services => {
  const { objects } = services
  return {
    ...services,
    objects: {
      put: (...args) => objects.put(...args),
      get: (...args) => objects.get(...args),
      delete: (...args) => objects.delete(...args),
      list: (...args) => objects.list(...args),
      link: (...args) => objects.link(...args),
      probe: () => objects.probe(),
      ...given,
    },
  }
}
export const broken = async (): Promise<never> => {
  throw new Error('the disk is full')
}

/** Makes a zip with one uncompressed file. */
export function zip(path: string, content: string): Buffer {
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt32LE(crc32(content), 10)
  for (const at of [14, 18]) common.writeUInt32LE(content.length, at)
  common.writeUInt16LE(path.length, 22)
  const file = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(path + content)])
  const record = Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), common, Buffer.alloc(14), Buffer.from(path)])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  for (const at of [8, 10]) end.writeUInt16LE(1, at)
  end.writeUInt32LE(record.length, 12)
  end.writeUInt32LE(file.length, 16)
  return Buffer.concat([file, record, end])
}
