import { expect, test } from '../support/fixtures.ts'

const MIB = 1_048_576
const TOO_LARGE = { message: 'file size has reached maximum size limit' }

test.use({ gatewayEnv: { MAX_ARTIFACT_MIB: '6' } })

test('a file of exactly the maximum size is stored; one byte more is refused while it is read', async ({
  takenJob,
  admin,
}) => {
  const raw = { type: 'sast', format: 'raw' }
  const refused = await takenJob.upload(Buffer.alloc(6 * MIB + 1), raw)
  expect([refused.status, refused.json()]).toEqual([413, TOO_LARGE])
  expect(await admin.query('artifacts.list', { jobId: takenJob.id })).toEqual([])
  expect((await takenJob.upload(Buffer.alloc(6 * MIB), raw)).status).toBe(201)
})

test('a size in the query that is too large is refused before the body; any other is ignored', async ({ takenJob }) => {
  const refused = await takenJob.upload('{}', { query: { filesize: String(6 * MIB + 1) } })
  expect([refused.status, refused.json(), refused.headers.get('Connection')]).toEqual([413, TOO_LARGE, 'close'])
  const unauthorized = await takenJob.upload('{}', { token: 'wrong', query: { filesize: String(6 * MIB + 1) } })
  expect(unauthorized.status).toBe(403)
  const invalid = await takenJob.upload('{}', { query: { filesize: 'large' } })
  expect([invalid.status, invalid.json()]).toEqual([400, { error: 'filesize is invalid' }])
  expect((await takenJob.upload('{}', { query: { filesize: String(6 * MIB) } })).status).toBe(201)
})

test('a type’s own limit applies when it is the smaller one', async ({ takenJob }) => {
  for (const [type, format] of [
    ['terraform', 'raw'],
    ['cyclonedx', 'gzip'],
  ]) {
    const how = { type: type ?? null, format: format ?? null }
    expect((await takenJob.upload(Buffer.alloc(5 * MIB + 1), how)).status).toBe(413)
    expect((await takenJob.upload(Buffer.alloc(5 * MIB), how)).status).toBe(201)
  }
  // Its own 200 MiB are more than the instance allows.
  expect((await takenJob.upload(Buffer.alloc(6 * MIB + 1), { type: 'lsif' })).status).toBe(413)
})

test('a file that is too large is refused for its size, whatever else is wrong with its parameters', async ({
  takenJob,
}) => {
  const refused = await takenJob.upload(Buffer.alloc(6 * MIB + 1), { format: 'rar' })
  expect([refused.status, refused.json()]).toEqual([413, TOO_LARGE])
})

test('the pre-flight names the maximum size', async ({ takenJob }) => {
  const ask = async (query: string, headers: Record<string, string> = { 'JOB-TOKEN': takenJob.token }) => {
    const reply = await fetch(`${takenJob.artifactsUrl}/authorize${query}`, { method: 'POST', headers })
    return { status: reply.status, type: reply.headers.get('Content-Type'), body: await reply.json() }
  }
  expect(await ask('')).toEqual({
    status: 200,
    type: 'application/vnd.gitlab-workhorse+json',
    body: { MaximumSize: 6 * MIB },
  })
  expect((await ask('?artifact_type=terraform')).body).toEqual({ MaximumSize: 5 * MIB })
  expect((await ask('?artifact_type=lsif')).body).toEqual({ MaximumSize: 6 * MIB, ProcessLsif: true })
  expect(await ask(`?filesize=${6 * MIB + 1}`)).toMatchObject({ status: 413, body: TOO_LARGE })
  expect(await ask('?artifact_type=x&filesize=y')).toMatchObject({
    status: 400,
    body: { error: 'filesize is invalid, artifact_type does not have a valid value' },
  })
})
