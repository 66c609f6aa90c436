import { randomBytes } from 'node:crypto'
import { FakeRunner } from '../support/fake-runner.ts'
import { test as base, expect } from '../support/fixtures.ts'
import { notNull } from '../support/not-null.ts'
import type { TakenJob } from '../support/taken-job.ts'
import { zipOf } from '../support/zip.ts'

const ARCHIVE = zipOf([{ name: 'data.bin', bytes: randomBytes(200_000), stored: true }])
const SIZE = ARCHIVE.length

interface Fixtures {
  /** A finished job with an archive. */
  owner: TakenJob
  /** A running job of the same project. */
  asking: TakenJob
}

const test = base.extend<Fixtures>({
  owner: async ({ createJob, runner }, use) => {
    await createJob()
    const job = await runner.take()
    expect((await job.upload(ARCHIVE, { filename: 'my build.zip' })).status).toBe(201)
    await job.finish('success')
    await use(job)
  },
  asking: async ({ createJob, runner, owner: _ }, use) => {
    await createJob()
    await use(await runner.take())
  },
})

const UNAUTHORIZED = { message: '401 Unauthorized' }
const FORBIDDEN = { message: '403 Forbidden' }
const NOT_FOUND = { message: '404 Not Found' }

test('the archive is served as it was uploaded, with the headers of a file', async ({ owner, asking }) => {
  const reply = await asking.download(owner.id)
  expect(reply.status).toBe(200)
  expect(reply.body.equals(ARCHIVE)).toBe(true)
  const header = (name: string) => reply.headers.get(name)
  expect(header('Content-Type')).toBe('application/octet-stream')
  expect(header('Content-Disposition')).toBe(`attachment; filename="my_build.zip"; filename*=UTF-8''my_build.zip`)
  expect(header('Content-Transfer-Encoding')).toBe('binary')
  expect(header('Content-Length')).toBe(String(SIZE))
  expect(header('Accept-Ranges')).toBe('bytes')
  expect(header('Content-Encoding')).toBeNull()
  expect(Date.parse(header('Last-Modified') ?? '')).toBeGreaterThan(Date.now() - 120_000)
})

test('HEAD has the same answer without the bytes', async ({ owner, asking }) => {
  const [get, head] = [await asking.download(owner.id), await asking.download(owner.id, { method: 'HEAD' })]
  expect([head.status, head.body.length]).toEqual([200, 0])
  for (const name of ['Content-Type', 'Content-Length', 'Content-Disposition', 'Last-Modified', 'Accept-Ranges']) {
    expect(head.headers.get(name)).toBe(get.headers.get(name))
  }
  expect((await asking.download(asking.id, { method: 'HEAD' })).status).toBe(404)
  expect((await asking.download(owner.id, { method: 'HEAD', token: 'x' })).status).toBe(401)
})

test('ranges work as for a static file', async ({ owner, asking }) => {
  const get = (headers: Record<string, string>) => asking.download(owner.id, { headers })
  const first = await get({ Range: 'bytes=0-0' })
  expect([first.status, first.headers.get('Content-Range')]).toEqual([206, `bytes 0-0/${SIZE}`])
  expect(first.body.equals(ARCHIVE.subarray(0, 1))).toBe(true)
  const middle = await get({ Range: 'bytes=70000-150000' })
  expect([middle.status, middle.headers.get('Content-Length')]).toEqual([206, '80001'])
  expect(middle.body.equals(ARCHIVE.subarray(70_000, 150_001))).toBe(true)
  expect((await get({ Range: 'bytes=-10' })).body.equals(ARCHIVE.subarray(-10))).toBe(true)
  expect((await get({ Range: `bytes=${SIZE - 5}-` })).body.equals(ARCHIVE.subarray(-5))).toBe(true)
  const behind = await get({ Range: `bytes=${SIZE}-` })
  expect([behind.status, behind.headers.get('Content-Range')]).toEqual([416, `bytes */${SIZE}`])
  expect((await get({ Range: 'lines=1-2' })).status).toBe(200)

  const modified = first.headers.get('Last-Modified') ?? ''
  expect((await get({ Range: 'bytes=0-9', 'If-Range': modified })).status).toBe(206)
  expect((await get({ Range: 'bytes=0-9', 'If-Range': 'Thu, 01 Jan 2015 00:00:00 GMT' })).status).toBe(200)
  const same = await get({ 'If-Modified-Since': modified })
  expect([same.status, same.body.length]).toEqual([304, 0])
  expect((await get({ 'If-Modified-Since': 'Thu, 01 Jan 2015 00:00:00 GMT' })).status).toBe(200)
})

test.describe('a direct download', () => {
  test('is a redirect if the store has addresses, else the archive itself', async ({ owner, asking, storage }) => {
    const reply = await asking.download(owner.id, { query: { direct_download: 'true' } })
    if (!storage.sharesObjects) {
      expect(reply.status).toBe(200)
      expect(reply.body.equals(ARCHIVE)).toBe(true)
      return
    }
    expect(reply.status).toBe(302)
    expect(reply.headers.get('Content-Type')).toBe('text/plain')
    const address = reply.headers.get('Location') ?? ''
    expect(reply.text).not.toContain(address)
    // A runner sends its token along, which the store must ignore.
    const followed = await fetch(address, { headers: { 'JOB-TOKEN': asking.token } })
    expect([followed.status, Buffer.from(await followed.arrayBuffer()).equals(ARCHIVE)]).toEqual([200, true])
    const part = await fetch(address, { headers: { Range: 'bytes=0-0' } })
    expect([part.status, part.headers.get('Content-Range')]).toEqual([206, `bytes 0-0/${SIZE}`])
  })

  for (const word of ['false', '0', '', 'no']) {
    test(`is not requested by ${JSON.stringify(word)}`, async ({ owner, asking }) => {
      expect((await asking.download(owner.id, { query: { direct_download: word } })).status).toBe(200)
    })
  }

  test('needs a boolean', async ({ owner, asking }) => {
    for (const token of [asking.token, 'wrong']) {
      const reply = await asking.download(owner.id, { query: { direct_download: 'maybe' }, token })
      expect([reply.status, reply.json()]).toEqual([400, { error: 'direct_download is invalid' }])
    }
  })
})

test.describe('a download is allowed for', () => {
  test('the owner itself, only while it runs', async ({ takenJob }) => {
    await takenJob.upload(ARCHIVE)
    expect((await takenJob.download()).status).toBe(200)
    await takenJob.finish('success')
    const after = await takenJob.download()
    expect([after.status, after.json()]).toEqual([401, UNAUTHORIZED])
  })

  test('any running job of the project, until that job is over', async ({ owner, asking }) => {
    expect((await asking.download(owner.id)).status).toBe(200)
    await asking.finish('failed')
    expect((await asking.download(owner.id)).status).toBe(401)
  })

  test('no client without a job’s token', async ({ owner, asking, runner, gateway }) => {
    for (const token of [null, '', 'wrong', runner.token, gateway.adminToken]) {
      const reply = await asking.download(owner.id, { token })
      expect([reply.status, reply.json()]).toEqual([401, UNAUTHORIZED])
    }
  })

  test('a token in the query, by either name, instead of the header', async ({ owner, asking }) => {
    const { token } = asking
    for (const name of ['token', 'job_token']) {
      expect((await asking.download(owner.id, { token: null, query: { [name]: token } })).status).toBe(200)
      expect((await asking.download(owner.id, { token: 'wrong', query: { [name]: token } })).status).toBe(200)
      expect((await asking.download(owner.id, { query: { [name]: 'wrong' } })).status).toBe(401)
      expect((await asking.download(owner.id, { query: { [name]: '' } })).status).toBe(401)
    }
  })

  test('no unknown job: 403, but 401 with an invalid token', async ({ asking }) => {
    for (const id of [2_147_483_647, 99_999_999_999, 0]) {
      const reply = await asking.download(id)
      expect([reply.status, reply.json()]).toEqual([403, FORBIDDEN])
      expect((await asking.download(id, { token: 'wrong' })).status).toBe(401)
    }
  })

  test('jobs of other projects, only if the owner’s project lists theirs', async ({
    owner,
    admin,
    gateway,
    project,
  }) => {
    const other = await admin.mutate('projects.create', {
      path: `${project.path}-other`,
      instanceRunnersEnabled: false,
    })
    const stranger = await FakeRunner.register(gateway.url, notNull(other.registrationToken))
    await admin.mutate('jobs.create', { projectId: other.id, name: 'stranger', definition: { script: ['true'] } })
    const job = await stranger.take()
    const refused = await job.download(owner.id)
    expect([refused.status, refused.json()]).toEqual([403, FORBIDDEN])
    await admin.mutate('projects.update', { id: project.id, jobTokenAllowlist: [other.id] })
    expect((await job.download(owner.id)).status).toBe(200)
    await admin.mutate('projects.remove', { id: other.id })
  })
})

test('without an archive it is 404', async ({ takenJob }) => {
  const nothing = await takenJob.download()
  expect([nothing.status, nothing.json()]).toEqual([404, NOT_FOUND])
  await takenJob.upload('{}', { type: 'sast', format: 'raw' })
  expect((await takenJob.download()).status).toBe(404)
})

test('an expired archive is served until it is deleted', async ({ takenJob, job }) => {
  await takenJob.upload(ARCHIVE, { expireIn: '1 sec' })
  await expect.poll(async () => Date.parse((await job(takenJob.id)).artifactsExpireAt ?? '') < Date.now()).toBe(true)
  expect((await takenJob.download()).status).toBe(200)
})

test('an id that is not a number is 400', async ({ takenJob, gateway }) => {
  const reply = await fetch(`${gateway.url}/api/v4/jobs/x/artifacts`, { headers: { 'JOB-TOKEN': takenJob.token } })
  expect([reply.status, await reply.json()]).toEqual([400, { error: 'id is invalid' }])
})
