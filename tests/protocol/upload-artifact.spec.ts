import { createHash } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Admin } from '../support/admin.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { expect } from '../support/fixtures.ts'
import { multipart } from '../support/multipart.ts'
import type { Upload } from '../support/taken-job.ts'
import { ARCHIVE, FILE, form, test } from '../support/upload-form.ts'
import { zipOf } from '../support/zip.ts'

const GZIP = ['junit', 'metrics', 'metrics_referee', 'network_referee', 'cobertura', 'jacoco', 'cluster_applications']
const MORE_GZIP = ['cyclonedx', 'repository_xray']
const SECURITY = ['sast', 'secret_detection', 'dependency_scanning', 'container_scanning', 'cluster_image_scanning']
const MORE_SECURITY = ['dast', 'license_scanning', 'coverage_fuzzing', 'api_fuzzing']
const QUALITY = ['accessibility', 'codequality', 'performance', 'browser_performance', 'load_performance']
const OTHER = ['terraform', 'requirements', 'requirements_v2']

/** `docs/protocol/artifacts.md 5`, without the two types whose contents are parsed. */
const FORMATS: [type: string, format: 'zip' | 'gzip' | 'raw'][] = [
  ['archive', 'zip'],
  ['lsif', 'zip'],
  ...[...GZIP, ...MORE_GZIP].map((type): [string, 'gzip'] => [type, 'gzip']),
  ...[...SECURITY, ...MORE_SECURITY, ...QUALITY, ...OTHER].map((type): [string, 'raw'] => [type, 'raw']),
]

const CONTENT = { zip: ARCHIVE, gzip: gzipSync('<report/>'), raw: Buffer.from('{}') }

test('an upload as a runner sends it: 201, three characters of JSON, and it is stored unchanged', async ({
  takenJob,
  artifacts,
}) => {
  const reply = await takenJob.upload(ARCHIVE, { filename: 'my build.zip', expireIn: '1 week' })
  expect([reply.status, reply.text, reply.headers.get('Content-Type')]).toEqual([201, '201', 'application/json'])
  const [stored] = await artifacts(takenJob.id)
  expect(stored).toMatchObject({
    type: 'archive',
    format: 'zip',
    filename: 'my_build.zip',
    size: ARCHIVE.length,
    sha256: createHash('sha256').update(ARCHIVE).digest('hex'),
    accessibility: 'public',
    browsable: true,
  })
  expect((await takenJob.download()).body.equals(ARCHIVE)).toBe(true)
})

test('without parameters it is an archive in zip', async ({ takenJob, artifacts }) => {
  expect((await takenJob.upload(ARCHIVE, { type: null, format: null })).status).toBe(201)
  expect(await artifacts(takenJob.id)).toEqual([expect.objectContaining({ type: 'archive', format: 'zip' })])
})

test('every type in its format is stored beside the others', async ({ takenJob, artifacts }) => {
  for (const [type, format] of FORMATS) {
    const reply = await takenJob.upload(CONTENT[format], { type, format })
    expect([type, reply.status, reply.text]).toEqual([type, 201, '201'])
  }
  const stored = (await artifacts(takenJob.id)).map(({ type, format }) => [type, format])
  expect(stored.toSorted()).toEqual(FORMATS.toSorted())
})

test('every type in another format is refused', async ({ takenJob, artifacts }) => {
  for (const [type, format] of FORMATS) {
    for (const other of ['zip', 'gzip', 'raw'] as const) {
      if (other === format) continue
      const reply = await takenJob.upload(CONTENT[other], { type, format: other })
      expect([type, other, reply.status, reply.json()]).toEqual([
        type,
        other,
        400,
        { message: 'Validation failed: Invalid file format with specified file type' },
      ])
    }
  }
  expect(await artifacts(takenJob.id)).toEqual([])
})

for (const type of ['metadata', 'trace', 'sarif', 'whatever', '', 'ARCHIVE']) {
  test(`the type ${JSON.stringify(type)} is refused`, async ({ takenJob }) => {
    for (const token of [takenJob.token, 'wrong', null]) {
      const reply = await takenJob.upload(ARCHIVE, { type, token })
      expect([reply.status, reply.json()]).toEqual([400, { error: 'artifact_type does not have a valid value' }])
    }
  })
}

for (const format of ['zipzstd', 'tarzstd', 'ZIP', '']) {
  test(`the format ${JSON.stringify(format)} is refused once the file has arrived`, async ({ takenJob, artifacts }) => {
    const reply = await takenJob.upload(ARCHIVE, { format })
    expect([reply.status, reply.json()]).toEqual([400, { error: 'artifact_format does not have a valid value' }])
    expect((await takenJob.upload(ARCHIVE, { format, token: 'wrong' })).status).toBe(403)
    expect(await artifacts(takenJob.id)).toEqual([])
  })
}

test.describe('an upload is allowed', () => {
  test('with the job’s token, in the header or the query; the query takes precedence', async ({ takenJob }) => {
    const { token } = takenJob
    const status = async (how: Upload) => (await takenJob.upload(ARCHIVE, how)).status
    expect(await status({ token: null })).toBe(403)
    expect(await status({ token: '' })).toBe(403)
    expect(await status({ token: 'wrong' })).toBe(403)
    expect(await status({ query: { token: 'wrong' } })).toBe(403)
    expect(await status({ query: { token: '' } })).toBe(403)
    expect(await status({ token: null, query: { token } })).toBe(201)
    expect(await status({ token: 'wrong', query: { token } })).toBe(201)
  })

  test('not with a token in the form, nor a runner’s', async ({ takenJob, runner }) => {
    const { contentType, body } = multipart({ name: 'token', content: takenJob.token }, FILE)
    expect((await form(takenJob, { contentType, body }, { token: null })).status).toBe(403)
    const reply = await takenJob.upload(ARCHIVE, { token: runner.token })
    expect([reply.status, reply.json()]).toEqual([403, { message: '403 Forbidden' }])
    expect(reply.headers.get('Connection')).toBe('close')
  })

  test('not for another job', async ({ takenJob, createJob, runner }) => {
    await createJob()
    const other = await runner.take()
    expect((await takenJob.upload(ARCHIVE, { token: other.token })).status).toBe(403)
  })

  test('not when the job is over; the answer has its status', async ({ takenJob, artifacts }) => {
    await takenJob.finish('success')
    const reply = await takenJob.upload(ARCHIVE)
    expect([reply.status, reply.json()]).toEqual([403, { message: '403 Forbidden - Job is not processing on runner' }])
    expect(reply.headers.get('Job-Status')).toBe('success')
    expect(await artifacts(takenJob.id)).toEqual([])
  })

  test('not when the project is removed', async ({ takenJob, admin, project }) => {
    await admin.mutate('projects.remove', { id: project.id })
    const reply = await takenJob.upload(ARCHIVE)
    expect([reply.status, reply.json()]).toEqual([403, { message: '403 Forbidden - Project has been deleted!' }])
  })

  test('an upload is not a heartbeat of the runner', async ({ takenJob, runner, admin }) => {
    const contactedAt = async () => (await admin.query('runners.get', { id: runner.id })).contactedAt
    const before = await contactedAt()
    await takenJob.upload(ARCHIVE)
    await takenJob.download()
    expect(await contactedAt()).toBe(before)
  })
})

test.describe('a second upload of the same type', () => {
  test('with the same content is fine and changes nothing', async ({ takenJob, artifacts }) => {
    await takenJob.upload(ARCHIVE, { filename: 'first.zip', expireIn: '1 day' })
    const before = await artifacts(takenJob.id)
    const again = await takenJob.upload(ARCHIVE, { filename: 'second.zip', expireIn: 'never' })
    expect([again.status, again.text]).toEqual([201, '201'])
    expect(await artifacts(takenJob.id)).toEqual(before)
    // The same content is looked for before the format is checked.
    expect((await takenJob.upload(ARCHIVE, { format: 'raw' })).status).toBe(201)
  })

  test('with other content is refused, and the first one stays', async ({ takenJob }) => {
    await takenJob.upload(ARCHIVE)
    const other = await takenJob.upload(zipOf([{ name: 'other', bytes: 'x' }]))
    expect([other.status, other.json()]).toEqual([400, { message: 'another artifact of the same type already exists' }])
    expect((await takenJob.download()).body.equals(ARCHIVE)).toBe(true)
  })

  test('at the same moment: only one is stored', async ({ takenJob, artifacts }) => {
    const replies = await Promise.all([ARCHIVE, ARCHIVE, ARCHIVE].map((archive) => takenJob.upload(archive)))
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(await artifacts(takenJob.id)).toHaveLength(1)
    const contents = ['a', 'b', 'c', 'd'].map((text) => Buffer.from(text))
    const sast = await Promise.all(contents.map((bytes) => takenJob.upload(bytes, { type: 'sast', format: 'raw' })))
    expect(sast.map(({ status }) => status).toSorted()).toEqual([201, 400, 400, 400])
    expect(await artifacts(takenJob.id)).toHaveLength(2)
  })
})

test('an archive that is not a zip is stored, but cannot be browsed', async ({ takenJob, artifacts }) => {
  expect((await takenJob.upload('not a zip')).status).toBe(201)
  expect(await artifacts(takenJob.id)).toEqual([expect.objectContaining({ browsable: false, size: 9 })])
})

test('an empty file is accepted', async ({ takenJob, artifacts }) => {
  expect((await takenJob.upload('', { type: 'sast', format: 'raw' })).status).toBe(201)
  expect(await artifacts(takenJob.id)).toEqual([expect.objectContaining({ size: 0 })])
})

test.describe('the accessibility of an artifact', () => {
  for (const [artifactsKeyword, expected] of [
    [{ paths: ['out'] }, 'public'],
    [{ paths: ['out'], public: false }, 'private'],
    [{ paths: ['out'], access: 'developer' }, 'private'],
    [{ paths: ['out'], access: 'none' }, 'none'],
    [{ paths: ['out'], access: 'all' }, 'public'],
  ] as const) {
    test(`comes from the job: ${JSON.stringify(artifactsKeyword)}`, async ({ createJob, runner, artifacts }) => {
      await createJob({ artifacts: artifactsKeyword })
      const job = await runner.take()
      await job.upload(ARCHIVE)
      expect((await artifacts(job.id)).map(({ accessibility }) => accessibility)).toEqual([expected])
    })
  }

  test('or from the upload, as one of three words', async ({ takenJob, artifacts }) => {
    const refused = await takenJob.upload(ARCHIVE, { query: { accessibility: 'secret' } })
    expect([refused.status, refused.json()]).toEqual([400, { error: 'accessibility does not have a valid value' }])
    await takenJob.upload(ARCHIVE, { query: { accessibility: 'private' } })
    await takenJob.upload('{}', { type: 'sast', format: 'raw', query: { accessibility: 'none' } })
    await takenJob.upload('{}', { type: 'dast', format: 'raw', query: { accessibility: 'public' } })
    expect((await artifacts(takenJob.id)).map(({ type, accessibility }) => [type, accessibility]).toSorted()).toEqual([
      ['archive', 'private'],
      ['dast', 'public'],
      ['sast', 'none'],
    ])
  })
})

test('a listing in the query is refused', async ({ takenJob }) => {
  const reply = await takenJob.upload(ARCHIVE, { query: { metadata: 'x' } })
  expect([reply.status, reply.json()]).toEqual([400, { error: 'metadata is invalid' }])
})

test('a sender that hangs up leaves nothing behind, and may retry', async ({ takenJob, artifacts }) => {
  const gone = new AbortController()
  const { contentType, body } = multipart({ ...FILE, content: Buffer.alloc(300_000) })
  const endless = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(body.subarray(0, 200_000)),
  })
  const sending = takenJob.post(endless, { headers: { 'Content-Type': contentType }, signal: gone.signal })
  setTimeout(() => gone.abort(), 200)
  await expect(sending).rejects.toThrow()
  expect(await artifacts(takenJob.id)).toEqual([])
  expect((await takenJob.upload(ARCHIVE)).status).toBe(201)
})

test('a gateway that has to stop first finishes an upload that is under way', async ({ startGateway }) => {
  const gateway = await startGateway({ env: { LONG_POLL_SECONDS: '0' } })
  const runner = await FakeRunner.register(gateway.url, gateway.registrationToken)
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  await admin.mutate('jobs.create', { name: 'last', definition: { script: ['true'] } })
  const job = await runner.take()
  const { contentType, body } = multipart(FILE)
  const sending = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>()
  const slow = new ReadableStream<Uint8Array>({ start: (controller) => sending.resolve(controller) })
  const reply = job.post(slow, { headers: { 'Content-Type': contentType } })
  const controller = await sending.promise
  controller.enqueue(body.subarray(0, -30))
  // Its first bytes have arrived once its object exists.
  await expect.poll(() => readdir(join(gateway.dataDir, 'objects', '.incoming'))).toHaveLength(1)

  const stopped = gateway.stop()
  await expect
    .poll(() =>
      fetch(`${gateway.url}/healthz`).then(
        () => 'answers',
        () => 'refuses',
      ),
    )
    .toBe('refuses')
  controller.enqueue(body.subarray(-30))
  controller.close()
  expect((await reply).status).toBe(201)
  expect(await stopped).toBe(0)
})

test('while the store accepts nothing an upload is 503 with a sentence, and afterwards it is stored', async ({
  startGateway,
}) => {
  const gateway = await startGateway({ env: { LONG_POLL_SECONDS: '0' } })
  const runner = await FakeRunner.register(gateway.url, gateway.registrationToken)
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  await admin.mutate('jobs.create', { name: 'sample', definition: { script: ['true'] } })
  const job = await runner.take()
  const incoming = join(gateway.dataDir, 'objects', '.incoming')
  await rm(incoming, { recursive: true })
  const refused = await job.upload(Buffer.alloc(300_000))
  expect([refused.status, typeof refused.json<{ message: unknown }>().message]).toEqual([503, 'string'])
  expect(refused.text).not.toContain(gateway.dataDir)
  await expect.poll(() => gateway.output).toContain(incoming)
  await mkdir(incoming)
  expect((await job.upload(ARCHIVE)).status).toBe(201)
})
