import { gzipSync } from 'node:zlib'
import { beforeAll, beforeEach, expect } from 'vitest'
import { type ArtifactUpload, storeArtifact, type UploadChoice } from '../artifacts/store-artifact.ts'
import { zipOf } from '../artifacts/testing.ts'
import type { ObjectStore } from '../ports.ts'
import type { Services } from '../services.ts'
import { create, type Holder, services as opened, say, setUpScene, take } from './scene.ts'
import { steadyClock } from './steady-clock.ts'

/** The largest artifact that is accepted, in bytes. */
export const LARGEST = 200_000

export let services: Services
export let job: Holder

/** Gives a test file of artifacts services that accept small ones, and each test a job that may upload some. */
export function setUpArtifactScene(): void {
  setUpScene()
  beforeAll(() => {
    services = { ...opened, policy: { ...opened.policy, maxArtifactBytes: LARGEST } }
  })
  beforeEach(async () => {
    job = await takeJob()
  })
}

export async function takeJob(definition: object = {}, projectId?: number): Promise<Holder> {
  await create(definition, projectId)
  return await take()
}

/** Makes `job` another job. */
export const useJob = async (definition: object = {}, projectId?: number): Promise<void> => {
  job = await takeJob(definition, projectId)
}

export async function finish(holder: Holder): Promise<void> {
  const ended = await say(holder, 'success')
  if (!ended.ok) throw new Error(ended.error.kind)
}

export async function* pieces(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

type Given = Partial<Omit<ArtifactUpload, 'choice'> & UploadChoice>

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

/** Returns the services with the given methods in the place of the object store's own. */
export const withObjects = (given: Partial<ObjectStore>): Services => ({
  ...services,
  objects: { ...services.objects, ...given },
})
export const broken = async (): Promise<never> => {
  throw new Error('the disk is full')
}

/** Makes a zip with one uncompressed file. */
export const zip = (path: string, content: string): Buffer => zipOf([{ path, content, method: 0 }])
