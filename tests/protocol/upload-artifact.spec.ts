import { createHash } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Admin } from '../support/admin.ts'
import type { Artifact, Runner } from '../support/api.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { test as base, expect } from '../support/fixtures.ts'
import { type Multipart, multipart, type Part } from '../support/multipart.ts'
import type { TakenJob, Upload } from '../support/taken-job.ts'
import { zipOf } from '../support/zip.ts'

const test = base.extend<{ artifacts: (jobId: number) => Promise<Artifact[]> }>({
  artifacts: async ({ admin }, use) => use((jobId) => admin.query<Artifact[]>('artifacts.list', { jobId })),
})

const ARCHIVE = zipOf([{ name: 'out/result.txt', bytes: 'done\n' }])
const FILE: Part = {
  name: 'file',
  filename: 'artifacts.zip',
  contentType: 'application/octet-stream',
  content: ARCHIVE,
}

const GZIP = ['junit', 'metrics', 'metrics_referee', 'network_referee', 'cobertura', 'jacoco', 'cluster_applications']
const MORE_GZIP = ['cyclonedx', 'repository_xray']
const SECURITY = ['sast', 'secret_detection', 'dependency_scanning', 'container_scanning', 'cluster_image_scanning']
const MORE_SECURITY = ['dast', 'license_scanning', 'coverage_fuzzing', 'api_fuzzing']
const QUALITY = ['accessibility', 'codequality', 'performance', 'browser_performance', 'load_performance']
const OTHER = ['terraform', 'requirements', 'requirements_v2']

/** `artifacts.md` 5, without the two whose contents are read. */
const FORMATS: [type: string, format: 'zip' | 'gzip' | 'raw'][] = [
  ['archive', 'zip'],
  ['lsif', 'zip'],
  ...[...GZIP, ...MORE_GZIP].map((type): [string, 'gzip'] => [type, 'gzip']),
  ...[...SECURITY, ...MORE_SECURITY, ...QUALITY, ...OTHER].map((type): [string, 'raw'] => [type, 'raw']),
]

const CONTENT = { zip: ARCHIVE, gzip: gzipSync('<report/>'), raw: Buffer.from('{}') }

const form = (job: TakenJob, { contentType, body }: Multipart, how: Upload = {}) =>
  job.post(body, { ...how, headers: { 'Content-Type': contentType, ...how.headers } })

for (const [client, parts] of Object.entries<Part[]>({
  'the Rust crate gitlab-runner': [
    FILE,
    { name: 'artifact_format', content: 'zip' },
    { name: 'artifact_type', content: 'archive' },
    { name: 'expire_in', content: '1 week' },
  ],
  'gitlab-python-runner': [
    FILE,
    { name: 'artifact_format', content: 'zip' },
    { name: 'artifact_type', content: 'archive' },
  ],
  'a client with fields on both sides': [
    { name: 'expire_in', content: 'never' },
    { name: 'artifact_type', content: 'junit' },
    { ...FILE, content: ARCHIVE },
    { name: 'artifact_type', content: 'archive' },
    { name: 'accessibility', content: 'private' },
  ],
})) {
  test(`an upload as ${client} sends it, with fields behind the file: 201, and it is stored as they say`, async ({
    takenJob,
    artifacts,
    admin,
  }) => {
    const reply = await form(takenJob, multipart(...parts))
    expect([reply.status, reply.text]).toEqual([201, '201'])
    const last = (name: string) => parts.findLast((part) => part.name === name)?.content
    const [stored] = await artifacts(takenJob.id)
    expect(stored).toMatchObject({ type: 'archive', format: 'zip', accessibility: last('accessibility') ?? 'public' })
    expect(stored?.expireAt === null).toBe(last('expire_in') === 'never')
    const { status, body } = await admin.send('GET', `/download/jobs/${takenJob.id}/artifacts/archive`)
    expect([status, body]).toEqual([200, ARCHIVE])
  })
}

test('an upload whose fields behind the file do not fit it: 400, and nothing is stored', async ({
  takenJob,
  artifacts,
}) => {
  const reply = await form(takenJob, multipart(FILE, { name: 'artifact_type', content: 'junit' }))
  expect([reply.status, reply.json()]).toEqual([
    400,
    { message: 'Validation failed: Invalid file format with specified file type' },
  ])
  expect(await artifacts(takenJob.id)).toEqual([])
  expect((await takenJob.upload(ARCHIVE)).status).toBe(201)
})

test('an upload as a runner sends it: 201, three characters of JSON, and it is stored as it came', async ({
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

test('without any parameter it is an archive in zip', async ({ takenJob, artifacts }) => {
  expect((await takenJob.upload(ARCHIVE, { type: null, format: null })).status).toBe(201)
  expect(await artifacts(takenJob.id)).toEqual([expect.objectContaining({ type: 'archive', format: 'zip' })])
})

test('every type in its format is stored, each beside the others', async ({ takenJob, artifacts }) => {
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
  test(`the type ${JSON.stringify(type)} is refused, whoever asks`, async ({ takenJob }) => {
    for (const token of [takenJob.token, 'wrong', null]) {
      const reply = await takenJob.upload(ARCHIVE, { type, token })
      expect([reply.status, reply.json()]).toEqual([400, { error: 'artifact_type does not have a valid value' }])
    }
  })
}

for (const format of ['zipzstd', 'tarzstd', 'ZIP', '']) {
  test(`the format ${JSON.stringify(format)} is refused once the file is there`, async ({ takenJob, artifacts }) => {
    const reply = await takenJob.upload(ARCHIVE, { format })
    expect([reply.status, reply.json()]).toEqual([400, { error: 'artifact_format does not have a valid value' }])
    expect((await takenJob.upload(ARCHIVE, { format, token: 'wrong' })).status).toBe(403)
    expect(await artifacts(takenJob.id)).toEqual([])
  })
}

test('an id that is no number is refused, with all else that can be said before the body', async ({ gateway }) => {
  const { contentType, body } = multipart(FILE)
  const post = (path: string) =>
    fetch(`${gateway.url}/api/v4/jobs/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': contentType },
      body: new Uint8Array(body),
    }).then(async (reply) => [reply.status, await reply.json()])
  expect(await post('x/artifacts')).toEqual([400, { error: 'id is invalid' }])
  expect(await post('x/artifacts?artifact_type=x')).toEqual([
    400,
    { error: 'id is invalid, artifact_type does not have a valid value' },
  ])
  expect(await post('2147483647/artifacts?token=x')).toEqual([403, { message: '403 Forbidden' }])
})

test.describe('without a file', () => {
  const missing = { error: 'file is missing' }
  const invalid = { error: 'file is invalid' }

  test('of any kind it says what is missing', async ({ takenJob }) => {
    const say = async (parts: Part[], how: Upload = {}) => (await form(takenJob, multipart(...parts), how)).json()
    expect(await say([])).toEqual(missing)
    expect(await say([{ name: 'other', content: 'x' }])).toEqual(missing)
    expect(await say([{ filename: 'x.zip', content: 'a part without a name is skipped' }])).toEqual(missing)
    expect(await say([{ name: 'file', content: 'a plain field' }])).toEqual(invalid)
    expect(await say([{ name: 'file', filename: '', content: 'no name of a file' }])).toEqual(invalid)
    expect(await say([{ name: 'file', contentType: 'application/octet-stream', content: '' }])).toEqual(invalid)
    expect(await say([], { query: { file: 'x' } })).toEqual(invalid)
    expect(await say([], { format: 'rar' })).toEqual({
      error: 'file is missing, artifact_format does not have a valid value',
    })
    expect(await say([{ name: 'file', content: 'x' }], { format: 'rar' })).toEqual({
      error: 'file is invalid, artifact_format does not have a valid value',
    })
  })

  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'application/zip', 'multipart/mixed']) {
    test(`a body of the type ${type} has none`, async ({ takenJob }) => {
      const reply = await takenJob.post('{}', { headers: { 'Content-Type': type } })
      expect([reply.status, reply.json()]).toEqual([400, missing])
    })
  }

  test('and without a body', async ({ takenJob }) => {
    const reply = await takenJob.post('')
    expect([reply.status, reply.json()]).toEqual([400, missing])
  })
})

test.describe('a form that is not right', () => {
  for (const [what, parts] of Object.entries<Part[]>({
    'a file of another name': [{ ...FILE, name: 'upload' }],
    'a listing': [FILE, { ...FILE, name: 'metadata', filename: 'metadata.gz' }],
    'two files': [FILE, FILE],
    'a file called .': [{ ...FILE, filename: '.' }],
    'a file called ..': [{ ...FILE, filename: '..' }],
    'file.path': [{ name: 'file.path', content: '/etc/passwd' }, FILE],
    'file.sha256 behind the file': [FILE, { name: 'file.sha256', content: 'x' }],
    'file.size': [{ name: 'file.size', content: '1' }, FILE],
    'metadata.path': [{ name: 'metadata.path', content: '/etc/passwd' }, FILE],
  })) {
    test(`with ${what}: 400 Bad Request, and nothing is stored`, async ({ takenJob, artifacts }) => {
      const reply = await form(takenJob, multipart(...parts))
      expect([reply.status, reply.text, reply.headers.get('Content-Type')]).toEqual([400, 'Bad Request', 'text/plain'])
      expect(await artifacts(takenJob.id)).toEqual([])
    })
  }

  for (const name of ['file.path', 'file.sha256', 'file[size]', 'metadata.path']) {
    test(`${name} in the query: 400 Bad Request`, async ({ takenJob }) => {
      const reply = await takenJob.upload(ARCHIVE, { query: { [name]: 'x' } })
      expect([reply.status, reply.text]).toEqual([400, 'Bad Request'])
    })
  }

  test('cut off in its file, between parts, before its end, or with another boundary', async ({
    takenJob,
    artifacts,
  }) => {
    const { contentType, body } = multipart({ name: 'a', content: 'x' }, FILE)
    const end = body.length
    for (const length of [0, 1, 40, 120, end - ARCHIVE.length, end - 70, end - 63, end - 5, end - 4, end - 3]) {
      const reply = await form(takenJob, { contentType, body: body.subarray(0, length) })
      expect([length, reply.status, reply.text]).toEqual([length, 400, 'Bad Request'])
    }
    expect((await form(takenJob, { contentType: 'multipart/form-data', body })).text).toBe('Bad Request')
    expect((await form(takenJob, { contentType: 'multipart/form-data; boundary=x', body })).text).toBe('Bad Request')
    expect(await artifacts(takenJob.id)).toEqual([])
  })
})

test('directories in a file name are dropped, what is not safe becomes _', async ({ createJob, runner, artifacts }) => {
  for (const [filename, stored] of [
    ['../../a.zip', 'a.zip'],
    ['C:\\\\temp\\\\b.zip', 'b.zip'],
    ['a b;c$.zip', 'a_b_c_.zip'],
    ['ok.-_+9.zip', 'ok.-_+9.zip'],
  ] as const) {
    await createJob()
    const job = await runner.take()
    expect((await job.upload(ARCHIVE, { filename })).status).toBe(201)
    expect((await artifacts(job.id)).map((one) => one.filename)).toEqual([stored])
  }
})

test.describe('who may', () => {
  test('the job’s token, in the header or the query; the query wins', async ({ takenJob }) => {
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

  test('not another job', async ({ takenJob, createJob, runner }) => {
    await createJob()
    const other = await runner.take()
    expect((await takenJob.upload(ARCHIVE, { token: other.token })).status).toBe(403)
  })

  test('not when the job is over; the answer says how it is', async ({ takenJob, artifacts }) => {
    await takenJob.finish('success')
    const reply = await takenJob.upload(ARCHIVE)
    expect([reply.status, reply.json()]).toEqual([403, { message: '403 Forbidden - Job is not processing on runner' }])
    expect(reply.headers.get('Job-Status')).toBe('success')
    expect(await artifacts(takenJob.id)).toEqual([])
  })

  test('not when the project is gone', async ({ takenJob, admin, project }) => {
    await admin.mutate('projects.remove', { id: project.id })
    const reply = await takenJob.upload(ARCHIVE)
    expect([reply.status, reply.json()]).toEqual([403, { message: '403 Forbidden - Project has been deleted!' }])
  })

  test('no upload is a sign of life of the runner', async ({ takenJob, runner, admin }) => {
    const contactedAt = async () => (await admin.query<Runner>('runners.get', { id: runner.id })).contactedAt
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
    // The same content is looked for before the format is.
    expect((await takenJob.upload(ARCHIVE, { format: 'raw' })).status).toBe(201)
  })

  test('with other content is refused, and the first one stays', async ({ takenJob }) => {
    await takenJob.upload(ARCHIVE)
    const other = await takenJob.upload(zipOf([{ name: 'other', bytes: 'x' }]))
    expect([other.status, other.json()]).toEqual([400, { message: 'another artifact of the same type already exists' }])
    expect((await takenJob.download()).body.equals(ARCHIVE)).toBe(true)
  })

  test('at the same moment: one is stored', async ({ takenJob, artifacts }) => {
    const replies = await Promise.all([ARCHIVE, ARCHIVE, ARCHIVE].map((archive) => takenJob.upload(archive)))
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(await artifacts(takenJob.id)).toHaveLength(1)
    const contents = ['a', 'b', 'c', 'd'].map((text) => Buffer.from(text))
    const sast = await Promise.all(contents.map((bytes) => takenJob.upload(bytes, { type: 'sast', format: 'raw' })))
    expect(sast.map(({ status }) => status).toSorted()).toEqual([201, 400, 400, 400])
    expect(await artifacts(takenJob.id)).toHaveLength(2)
  })
})

test('an archive that is no zip is stored, but can’t be browsed', async ({ takenJob, artifacts }) => {
  expect((await takenJob.upload('not a zip')).status).toBe(201)
  expect(await artifacts(takenJob.id)).toEqual([expect.objectContaining({ browsable: false, size: 9 })])
})

test('an empty file is a file', async ({ takenJob, artifacts }) => {
  expect((await takenJob.upload('', { type: 'sast', format: 'raw' })).status).toBe(201)
  expect(await artifacts(takenJob.id)).toEqual([expect.objectContaining({ size: 0 })])
})

test.describe('who may see it', () => {
  for (const [artifactsKeyword, expected] of [
    [{ paths: ['out'] }, 'public'],
    [{ paths: ['out'], public: false }, 'private'],
    [{ paths: ['out'], access: 'developer' }, 'private'],
    [{ paths: ['out'], access: 'none' }, 'none'],
    [{ paths: ['out'], access: 'all' }, 'public'],
  ] as const) {
    test(`is what the job says: ${JSON.stringify(artifactsKeyword)}`, async ({ createJob, runner, artifacts }) => {
      await createJob({ artifacts: artifactsKeyword })
      const job = await runner.take()
      await job.upload(ARCHIVE)
      expect((await artifacts(job.id)).map(({ accessibility }) => accessibility)).toEqual([expected])
    })
  }

  test('or what the upload says, in one of three words', async ({ takenJob, artifacts }) => {
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

test('a sender that hangs up leaves nothing behind, and may try again', async ({ takenJob, artifacts }) => {
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

test('an upload that is under way when the gateway is told to stop is finished first', async ({ startGateway }) => {
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
  // Its first bytes are there once the object it goes to is.
  await expect.poll(() => readdir(join(gateway.dataDir, 'objects', '.incoming'))).toHaveLength(1)

  const stopped = gateway.stop()
  await expect
    .poll(
      () =>
        fetch(`${gateway.url}/healthz`).then(
          () => 'answers',
          () => 'refuses',
        ),
      { timeout: 10_000 },
    )
    .toBe('refuses')
  controller.enqueue(body.subarray(-30))
  controller.close()
  expect((await reply).status).toBe(201)
  expect(await stopped).toBe(0)
})

test('while the store takes nothing it is 503 in words, and afterwards it is stored', async ({ startGateway }) => {
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
