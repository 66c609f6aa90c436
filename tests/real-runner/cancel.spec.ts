import { join } from 'node:path'
import type { Admin } from '../support/admin.ts'
import type { Job } from '../support/api.ts'
import { temporaryDirectory } from '../support/gateway.ts'
import { test as base, expect, plain, serve, watch } from '../support/real-fixtures.ts'

/** Prints a line every second, to the log and a file, for longer than any test lasts. */
const talkative = (file: string) =>
  `for second in $(seq 900); do echo "second $second" | tee -a "${file}"; sleep 1; done`

/** Fails while a process still writes to the file. */
const isQuiet = (file: string) => [`before=$(wc -c < "${file}")`, 'sleep 3', `test "$(wc -c < "${file}")" = "$before"`]

interface Canceled {
  readonly id: number
  /** The job as returned by `jobs.cancel`. */
  readonly next: Job
}

const test = base.extend<{ canceled: Canceled; marks: string }>({
  /** A directory for marks that a job leaves even when its log is refused. */
  marks: async ({ storageKind: _ }, use) => {
    const { path, dispose } = await temporaryDirectory()
    await use(path)
    await dispose()
  },
  /** A job that is canceled in the middle of its script, whose requests are recorded until it is over. */
  canceled: async ({ real, overheard, admin, project, createJob, over, marks }, use) => {
    const id = await createJob({
      script: ['echo started', talkative(join(marks, 'script')), 'echo never'],
      after_script: [`echo cleaned up | tee "${join(marks, 'after')}"`, 'echo left > left.txt'],
      artifacts: { when: 'always', paths: ['left.txt'] },
    })
    const leave = await watch(admin, id)
    await serve(real, overheard.url, project, { concurrent: 1 })
    await expect.poll(async () => plain(await admin.log(id)), { timeout: 60_000 }).toContain('started')
    const next = await admin.mutate('jobs.cancel', { id })
    await over(id)
    await use({ id, next })
    await leave()
  },
})

/** A next job for the only worker, which checks that no process of the first is left running. */
const nextJob = (marks: string) => ({ script: isQuiet(join(marks, 'script')) })

const announces = async (admin: Admin, job: Job): Promise<unknown> => {
  const { managers } = await admin.query('runners.get', { id: job.runnerId })
  return managers?.find(({ id }) => id === job.managerId)?.features.cancel_gracefully ?? false
}

test.describe('graceful', () => {
  test.skip(({ since }) => !since('16.10'), 'this runner cannot stop gracefully')

  test('since 16.10 a canceled job stops gracefully: after_script runs and artifacts are kept', async ({
    canceled: { id, next },
    overheard,
    admin,
    createJob,
    over,
    job,
    marks,
  }) => {
    expect(next.status).toBe('canceling')
    expect(await announces(admin, next)).toBe(true)

    const after = await createJob(nextJob(marks))
    expect((await over(after)).status, plain(await admin.log(after))).toBe('success')
    expect(await job(id)).toMatchObject({ status: 'canceled', traceInvalid: false, traceCorrupted: false })
    const log = plain(await admin.log(id))
    expect(log).toMatch(/^cleaned up/m)
    expect(log).not.toMatch(/^never/m)
    const artifacts = await admin.query('artifacts.list', { jobId: id })
    expect(artifacts.map(({ type }) => type)).toEqual(['archive'])

    const told = overheard.ofJob(id).filter(({ jobStatus }) => jobStatus === 'canceling')
    expect(new Set(told.map(({ status }) => status)).has(403)).toBe(false)
    expect(told.find(({ method }) => method === 'PATCH')?.status).toBe(202)
    expect(overheard.ofJob(id).at(-1)).toMatchObject({ method: 'PUT', json: { state: 'failed' }, status: 200 })
  })
})

test.describe('immediate', () => {
  test.skip(({ since }) => since('16.10'), 'this runner stops gracefully')

  test('before 16.10 a canceled job is cut off at once: no after_script, no artifacts, nothing more stored', async ({
    canceled: { id, next },
    overheard,
    admin,
    createJob,
    over,
    marks,
  }) => {
    expect(next.status).toBe('canceled')
    expect(await announces(admin, next)).toBe(false)
    const stored = await admin.log(id)

    const after = await createJob(nextJob(marks))
    expect((await over(after)).status, plain(await admin.log(after))).toBe('success')
    expect(await admin.log(id)).toEqual(stored)
    expect(await admin.query('artifacts.list', { jobId: id })).toEqual([])
    const left = await createJob({ script: [`test ! -e "${join(marks, 'after')}"`] })
    expect((await over(left)).status).toBe('success')

    const exchanges = overheard.ofJob(id)
    const told = exchanges.slice(exchanges.findIndex(({ jobStatus }) => jobStatus === 'canceled'))
    expect(told.length).toBeGreaterThan(0)
    for (const { status, jobStatus } of told) expect([status, jobStatus]).toEqual([403, 'canceled'])
    expect(exchanges.filter(({ path }) => path.includes('/artifacts'))).toEqual([])
  })
})

test('a job that is canceled by force is cut off by every runner', async ({
  real,
  overheard,
  admin,
  project,
  createJob,
  over,
  marks,
}) => {
  const id = await createJob({
    script: ['echo started', talkative(join(marks, 'script'))],
    after_script: [`touch "${join(marks, 'after')}"`, 'sleep 60'],
  })
  const leave = await watch(admin, id)
  await serve(real, overheard.url, project, { concurrent: 1 })
  await expect.poll(async () => plain(await admin.log(id)), { timeout: 60_000 }).toContain('started')
  expect(await admin.mutate('jobs.cancel', { id, force: true })).toMatchObject({ status: 'canceled' })
  const next = await createJob({ script: [...nextJob(marks).script, `test ! -e "${join(marks, 'after')}"`] })
  expect((await over(next)).status, plain(await admin.log(next))).toBe('success')
  await leave()
  expect(overheard.ofJob(id).at(-1)).toMatchObject({ status: 403, jobStatus: 'canceled' })
})
