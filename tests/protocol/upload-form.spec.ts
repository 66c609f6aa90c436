import { expect } from '../support/fixtures.ts'
import { multipart, type Part } from '../support/multipart.ts'
import type { Upload } from '../support/taken-job.ts'
import { ARCHIVE, FILE, form, test } from '../support/upload-form.ts'

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
  test(`an upload as ${client} sends it, with fields after the file: 201, and it is stored as they say`, async ({
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

test('an upload whose fields after the file do not match it: 400, and nothing is stored', async ({
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

test('an id that is not a number is refused, with all other errors known before the body', async ({ gateway }) => {
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

  test('the answer says what is missing', async ({ takenJob }) => {
    const say = async (parts: Part[], how: Upload = {}) => (await form(takenJob, multipart(...parts), how)).json()
    expect(await say([])).toEqual(missing)
    expect(await say([{ name: 'other', content: 'x' }])).toEqual(missing)
    expect(await say([{ filename: 'x.zip', content: 'a part without a name is skipped' }])).toEqual(missing)
    expect(await say([{ name: 'file', content: 'a plain field' }])).toEqual(invalid)
    expect(await say([{ name: 'file', filename: '', content: 'no file name' }])).toEqual(invalid)
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
    test(`a body of the type ${type} is the same`, async ({ takenJob }) => {
      const reply = await takenJob.post('{}', { headers: { 'Content-Type': type } })
      expect([reply.status, reply.json()]).toEqual([400, missing])
    })
  }

  test('and so is no body', async ({ takenJob }) => {
    const reply = await takenJob.post('')
    expect([reply.status, reply.json()]).toEqual([400, missing])
  })
})

test.describe('an invalid form', () => {
  for (const [what, parts] of Object.entries<Part[]>({
    'a file with another name': [{ ...FILE, name: 'upload' }],
    'a listing': [FILE, { ...FILE, name: 'metadata', filename: 'metadata.gz' }],
    'two files': [FILE, FILE],
    'a file called .': [{ ...FILE, filename: '.' }],
    'a file called ..': [{ ...FILE, filename: '..' }],
    'file.path': [{ name: 'file.path', content: '/etc/passwd' }, FILE],
    'file.sha256 after the file': [FILE, { name: 'file.sha256', content: 'x' }],
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

test('directories in a file name are dropped, unsafe characters become _', async ({ createJob, runner, artifacts }) => {
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
