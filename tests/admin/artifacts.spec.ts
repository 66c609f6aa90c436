import { createHash } from 'node:crypto'
import { AdminError } from '../support/admin.ts'
import type { ArchiveEntry } from '../support/api.ts'
import { ARCHIVE, download, upload } from '../support/archive-of-files.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'
import { zipOf } from '../support/zip.ts'

test.describe('artifacts of a job', () => {
  test('are shown with the job, in job lists and in a list of their own', async ({ takenJob, admin, job, project }) => {
    expect((await job(takenJob.id)).artifacts).toEqual([])
    await upload(takenJob, ARCHIVE, { filename: 'my build.zip', expireIn: '1 week' })
    await upload(takenJob, '{}', {
      type: 'sast',
      format: 'raw',
      filename: 'gl-sast-report.json',
      expireIn: 'never',
    })
    const shown = await admin.query('artifacts.list', { jobId: takenJob.id })
    expect(shown).toEqual([
      {
        type: 'archive',
        format: 'zip',
        filename: 'my_build.zip',
        size: ARCHIVE.length,
        sha256: createHash('sha256').update(ARCHIVE).digest('hex'),
        accessibility: 'public',
        createdAt: expect.any(String),
        expireAt: expect.any(String),
        browsable: true,
      },
      expect.objectContaining({ type: 'sast', format: 'raw', size: 2, expireAt: null, browsable: false }),
    ])
    const week = Date.parse(shown[0]?.expireAt ?? '') - Date.parse(shown[0]?.createdAt ?? '')
    expect(Math.abs(week - 604_800_000)).toBeLessThan(60_000)

    expect((await job(takenJob.id)).artifacts).toEqual(shown)
    const listed = await admin.query('jobs.list', { projectId: project.id })
    expect(listed.items.find(({ id }) => id === takenJob.id)?.artifacts).toEqual(shown)
  })

  test('are kept for ever on request', async ({ takenJob, admin }) => {
    await upload(takenJob, ARCHIVE, { expireIn: '1 day' })
    const before = await admin.query('jobs.get', { id: takenJob.id })
    expect(before.artifactsExpireAt).not.toBeNull()
    const kept = await admin.mutate('jobs.keepArtifacts', { id: takenJob.id })
    expect(kept.id).toBe(takenJob.id)
    expect(kept.artifactsExpireAt).toBeNull()
    expect(kept.artifacts.map(({ expireAt }) => expireAt)).toEqual([null])
  })

  test('count towards the project’s storage', async ({ takenJob, admin, project, gateway }) => {
    const usage = async () => (await admin.query('projects.get', { id: project.id })).usage
    expect(await usage()).toEqual({ artifactBytes: 0, artifactCount: 0 })
    await upload(takenJob, ARCHIVE)
    await upload(takenJob, '{}', { type: 'sast', format: 'raw' })
    const stored = ARCHIVE.length + 2
    expect(await usage()).toEqual({ artifactBytes: stored, artifactCount: 2 })
    const listed = await admin.query('projects.list', { search: project.path })
    expect(listed.items.find(({ id }) => id === project.id)?.usage).toEqual(await usage())
    const { text } = await send('GET', `${gateway.url}/metrics`)
    expect(text).toContain(`yardmaster_stored_artifact_bytes{project="${project.id}"} ${stored}\n`)
  })

  test('are NOT_FOUND when missing, and bad input is BAD_REQUEST', async ({ takenJob, admin }) => {
    const code = (asked: Promise<unknown>) =>
      asked.then(
        () => 'OK',
        (error: unknown) => (error instanceof AdminError ? error.code : 'no refusal'),
      )
    const unknown = 2_147_483_000
    expect(await code(admin.query('artifacts.list', { jobId: unknown }))).toBe('NOT_FOUND')
    expect(await code(admin.query('artifacts.browse', { jobId: unknown }))).toBe('NOT_FOUND')
    expect(await code(admin.query('artifacts.browse', { jobId: takenJob.id }))).toBe('NOT_FOUND')
    expect(await code(admin.mutate('jobs.keepArtifacts', { id: unknown }))).toBe('NOT_FOUND')
    expect(await code(admin.query('artifacts.list', { jobId: 'x' }))).toBe('BAD_REQUEST')
    expect(await code(admin.query('artifacts.browse', { jobId: takenJob.id, path: 5 }))).toBe('BAD_REQUEST')
  })
})

test.describe('an archive', () => {
  test('is browsed directory by directory, directories first', async ({ takenJob, admin }) => {
    await upload(takenJob, ARCHIVE)
    const browse = (path?: string) =>
      admin.query('artifacts.browse', {
        jobId: takenJob.id,
        ...(path !== undefined && { path }),
      })
    const root = await browse()
    expect(root.entries[0]).toMatchObject({ path: 'b/', name: 'b', directory: true })
    expect(root.entries.map(({ path }) => path).sort()).toEqual(
      ['b/', 'README.md', 'Grüße "an" alle 🚂.txt', 'noext', 'empty.txt'].sort(),
    )
    expect(root.entries.find(({ name }) => name === 'noext')).toMatchObject({ size: 100_000, mode: '644' })
    expect(root.entries.find(({ name }) => name === 'noext')?.zippedSize).toBeLessThan(1000)

    for (const path of ['b', 'b/']) {
      const { entries } = await browse(path)
      expect(entries).toEqual([
        expect.objectContaining({ path: 'b/deep/', name: 'deep', directory: true }),
        expect.objectContaining({ path: 'b/run.sh', name: 'run.sh', directory: false, size: 10, mode: '755' }),
      ])
    }
    expect((await browse('b/deep/')).entries).toMatchObject([{ path: 'b/deep/er/', directory: true }])
  })

  test('is browsed page by page with pages of any size, and no directory is too large', async ({ takenJob, admin }) => {
    const names = ['a.txt', 'é', '🚂', '\uff5e', 'z-', 'z/1', 'z/2', 'z.d/1', 'b/deep/er/1', 'b.txt', 'b0/1', 'c']
    const many = Array.from({ length: 12_000 }, (_, n) => `many/${n}`)
    await upload(takenJob, zipOf([...names.map((name) => `top/${name}`), ...many].map((name) => ({ name }))))
    type Answer = { entries: ArchiveEntry[]; nextCursor: string | null }
    const browse = (given: object) => admin.query('artifacts.browse', { jobId: takenJob.id, ...given })
    const paged = async (path: string, limit: number) => {
      const pages: ArchiveEntry[][] = []
      for (let cursor: string | null = null; pages.length < 100; ) {
        const page: Answer = await browse({ path, limit, cursor })
        pages.push(page.entries)
        cursor = page.nextCursor
        if (cursor === null) break
      }
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true)
      return pages.flat()
    }
    const top = await browse({ path: 'top/' })
    expect(top.nextCursor).toBeNull()
    expect(top.entries.map(({ name, directory }) => (directory ? `${name}/` : name))).toEqual([
      'b/',
      'b0/',
      'z.d/',
      'z/',
      'a.txt',
      'b.txt',
      'c',
      'z-',
      'é',
      '\uff5e',
      '🚂',
    ])
    for (let limit = 1; limit <= 12; limit++) expect(await paged('top', limit)).toEqual(top.entries)

    const first = await browse({ path: 'many' })
    expect(first.entries).toHaveLength(10_000)
    const rest = await browse({ path: 'many', cursor: first.nextCursor })
    expect([rest.entries.length, rest.nextCursor]).toEqual([2000, null])
    expect(new Set([...first.entries, ...rest.entries].map(({ path }) => path))).toEqual(new Set(many))
    for (const given of [{ limit: 0 }, { limit: 10_001 }, { cursor: 'x' }]) {
      await expect(browse(given)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    }
  })

  test('is downloaded as it was uploaded, whole or in ranges', async ({ takenJob, admin }) => {
    await upload(takenJob, ARCHIVE)
    const whole = await download(admin, takenJob.id, 'artifacts/archive')
    expect(whole.status).toBe(200)
    expect(whole.body).toEqual(ARCHIVE)
    expect(whole.headers.get('Content-Disposition')).toContain('attachment; filename="artifacts.zip"')
    const part = await download(admin, takenJob.id, 'artifacts/archive', { Range: 'bytes=10-19' })
    expect(part.status).toBe(206)
    expect(part.body).toEqual(ARCHIVE.subarray(10, 20))
    expect(part.headers.get('Content-Range')).toBe(`bytes 10-19/${ARCHIVE.length}`)
  })
})

test('a directory of very long names has shorter pages, which are complete together', async ({ admin, takenJob }) => {
  const names = Array.from({ length: 40 }, (_, index) => `${'é'.repeat(30_000)}${String(index).padStart(2, '0')}`)
  const directories = names.slice(0, 20).map((name) => `${name.replaceAll('é', 'è')}/`)
  await upload(takenJob, zipOf([...names, ...directories].map((name) => ({ name }))))
  const found: string[] = []
  const pages: number[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const input = { jobId: takenJob.id, ...(cursor !== undefined && { cursor }) }
    const page: { entries: ArchiveEntry[]; nextCursor: string | null } = await admin.query('artifacts.browse', input)
    found.push(...page.entries.map(({ path }) => path))
    pages.push(page.entries.length)
    cursor = page.nextCursor
  }
  expect(found).toEqual([...directories, ...names])
  expect(pages).toEqual([17, 17, 17, 9])
})

test('anything erased is answered 410 with a sentence', async ({ admin, runner, createJob }) => {
  await createJob()
  const job = await runner.take()
  await job.say('hello')
  await upload(job, zipOf([{ name: 'a', bytes: 'a' }]))
  await job.finish('success')
  await admin.mutate('jobs.erase', { id: job.id })
  for (const path of ['trace', 'trace?view=raw', 'artifacts/archive', 'artifacts/junit', 'files/a']) {
    for (const headers of [{}, { Range: 'bytes=0-1' }] as const) {
      const gone = await download(admin, job.id, path, headers)
      expect([path, gone.status]).toEqual([path, 410])
      expect(gone.json()).toMatchObject({ message: 'The job has been erased.', refusal: { kind: 'job_erased' } })
      expect(gone.headers.get('Content-Disposition')).toBeNull()
    }
    expect((await download(admin, job.id, path, {}, 'HEAD')).status).toBe(410)
  }
})

test('a job without output that was not erased has an empty log', async ({ admin, takenJob }) => {
  const { status, text } = await download(admin, takenJob.id, 'trace')
  expect([status, text]).toEqual([200, ''])
})

test('names keep their letters, however a client encodes them, in every kind of download', async ({
  admin,
  runner,
  createJob,
  storage,
}) => {
  const name = 'ünï 日本.zip'
  const header = `attachment; filename="_n____.zip"; filename*=UTF-8''%C3%BCn%C3%AF_%E6%97%A5%E6%9C%AC.zip`
  for (const spelled of [`filename="${name}"`, `filename="x.zip"; filename*=UTF-8''${encodeURIComponent(name)}`]) {
    await createJob()
    const job = await runner.take()
    const body = `--b\r\nContent-Disposition: form-data; name="file"; ${spelled}\r\n\r\nx\r\n--b--\r\n`
    const reply = await job.post(body, { headers: { 'Content-Type': 'multipart/form-data; boundary=b' } })
    expect(reply.status, reply.text).toBe(201)
    const [shown] = await admin.query('artifacts.list', { jobId: job.id })
    expect(shown?.filename).toBe('ünï_日本.zip')
    for (const got of [await download(admin, job.id, 'artifacts/archive'), await job.download()]) {
      expect([got.status, got.headers.get('Content-Disposition')]).toEqual([200, header])
      expect(got.headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin')
    }
    const direct = await job.download(job.id, { query: { direct_download: 'true' } })
    // An S3 server sends the header that the signed address requests.
    const named = storage.sharesObjects
      ? new URL(direct.headers.get('Location') ?? '').searchParams.get('response-content-disposition')
      : direct.headers.get('Content-Disposition')
    expect([direct.status, named]).toEqual([storage.sharesObjects ? 302 : 200, header])
  }
})

test('a report is stored under the name in the payload, with one .gz', async ({ admin, runner, createJob }) => {
  await createJob({ artifacts: { reports: { junit: 'a.xml' } } })
  const job = await runner.take()
  const [report] = job.payload.artifacts ?? []
  // The name that a runner sends.
  await upload(job, 'x', { type: 'junit', format: 'gzip', filename: `${report?.name}.gz` })
  const [shown] = await admin.query('artifacts.list', { jobId: job.id })
  expect(shown?.filename).toBe('junit.xml.gz')
})
