import { gzipSync } from 'node:zlib'
import { test as base, expect } from '../support/fixtures.ts'
import { variable } from '../support/payload.ts'
import type { TakenJob } from '../support/taken-job.ts'
import { zipOf } from '../support/zip.ts'

const ARCHIVE = zipOf([{ name: 'a.txt', bytes: 'a' }])

interface Fixtures {
  /** Returns a finished job, after `leave` was called with it. */
  finished: (name: string, leave?: (job: TakenJob) => Promise<void>) => Promise<TakenJob>
  /** Returns a running job that depends on these. */
  dependent: (ids: readonly number[] | undefined, definition?: Record<string, unknown>) => Promise<TakenJob>
}

const test = base.extend<Fixtures>({
  finished: async ({ createJob, runner }, use) => {
    await use(async (name, leave = async () => {}) => {
      await createJob({}, { name })
      const job = await runner.take()
      await leave(job)
      await job.finish('success')
      return job
    })
  },
  dependent: async ({ createJob, runner }, use) => {
    await use(async (dependencies, definition = {}) => {
      await createJob({ ...definition, ...(dependencies && { dependencies }) })
      return await runner.take()
    })
  },
})

const dotenv = (job: TakenJob, text: string) =>
  job.upload(gzipSync(text), { type: 'dotenv', format: 'gzip', filename: '.env.gz' })

test('dependencies come with name, archive, and the job’s own token, in the given order', async ({
  finished,
  dependent,
}) => {
  const first = await finished('first', async (job) => void (await job.upload(ARCHIVE, { filename: 'first.zip' })))
  const second = await finished('second', async (job) => void (await job.upload(ARCHIVE)))
  const job = await dependent([second.id, first.id])
  const size = ARCHIVE.length
  expect(job.payload.dependencies).toEqual([
    { id: second.id, name: 'second', token: job.token, artifacts_file: { filename: 'artifacts.zip', size } },
    { id: first.id, name: 'first', token: job.token, artifacts_file: { filename: 'first.zip', size } },
  ])
  for (const { id, token } of job.payload.dependencies) {
    expect((await job.download(id, { token, query: { direct_download: 'true' } })).status).toBeLessThan(400)
  }
})

test('without the keyword, and with an empty list, there are none', async ({ finished, dependent }) => {
  await finished('before', async (job) => void (await job.upload(ARCHIVE)))
  expect((await dependent(undefined)).payload.dependencies).toEqual([])
  expect((await dependent([])).payload.dependencies).toEqual([])
})

test('a dependency without an archive is listed, with nothing to download', async ({ finished, dependent }) => {
  const bare = await finished('bare')
  const reported = await finished('reported', async (job) => {
    await job.upload('{}', { type: 'sast', format: 'raw' })
  })
  const job = await dependent([bare.id, reported.id])
  expect(job.payload.dependencies).toEqual([
    { id: bare.id, name: 'bare', token: job.token },
    { id: reported.id, name: 'reported', token: job.token },
  ])
})

test('they must be jobs of the same project', async ({ createJob, takenJob, admin }) => {
  await expect(createJob({ dependencies: [2_147_483_647] })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  const elsewhere = admin.mutate('jobs.create', {
    name: 'elsewhere',
    definition: { script: ['true'], dependencies: [takenJob.id] },
  })
  await expect(elsewhere).rejects.toMatchObject({ code: 'BAD_REQUEST' })
})

test.describe('variables of a dotenv report', () => {
  test('reach the jobs that depend on it, and no others', async ({ finished, dependent }) => {
    const built = await finished('built', async (job) => {
      expect((await dotenv(job, 'VERSION=1.2\nNAME=first')).status).toBe(201)
    })
    const again = await finished('again', async (job) => void (await dotenv(job, 'NAME=second')))
    const job = await dependent([built.id, again.id])
    expect(variable(job.payload, 'VERSION')).toBe('1.2')
    // The later dependency takes precedence.
    expect(variable(job.payload, 'NAME')).toBe('second')
    expect(variable((await dependent(undefined)).payload, 'VERSION')).toBeUndefined()
  })

  test('override the job’s own, and are overridden by the project’s and the pipeline’s', async ({
    finished,
    createJob,
    runner,
    admin,
    project,
  }) => {
    await admin.mutate('projects.update', { id: project.id, variables: [{ key: 'B', value: 'project' }] })
    const built = await finished('built', async (job) => void (await dotenv(job, 'A=dotenv\nB=dotenv\nC=dotenv')))
    await createJob(
      { dependencies: [built.id], variables: { A: 'job', B: 'job', C: 'job' } },
      { variables: [{ key: 'C', value: 'pipeline' }] },
    )
    const { payload } = await runner.take()
    expect(['A', 'B', 'C'].map((key) => variable(payload, key))).toEqual(['dotenv', 'project', 'pipeline'])
  })
})

test.describe('missing_dependency_failure', () => {
  test('when the artifacts have expired, whether deleted or not', async ({ finished, createJob, runner, job }) => {
    const built = await finished('built', async (job) => void (await job.upload(ARCHIVE, { expireIn: '1 sec' })))
    const expired = async () => Date.parse((await job(built.id)).artifactsExpireAt ?? '') < Date.now()
    await expect.poll(expired).toBe(true)
    const id = await createJob({ dependencies: [built.id] })
    expect(await runner.tryTake()).toBeNull()
    expect(await job(id)).toMatchObject({ status: 'failed', failureReason: 'missing_dependency_failure' })
  })

  test('not when they were kept before', async ({ finished, dependent, admin, job }) => {
    const built = await finished('built', async (job) => void (await job.upload(ARCHIVE, { expireIn: '1 sec' })))
    await admin.mutate('jobs.keepArtifacts', { id: built.id })
    expect((await job(built.id)).artifactsExpireAt).toBeNull()
    expect((await dependent([built.id])).payload.dependencies[0]?.artifacts_file?.filename).toBe('artifacts.zip')
  })

  test('not when there were no artifacts', async ({ finished, dependent }) => {
    const bare = await finished('bare')
    expect((await dependent([bare.id])).payload.dependencies).toHaveLength(1)
  })

  test('not for a job that depends on nothing', async ({ finished, dependent }) => {
    await finished('built', async (job) => void (await job.upload(ARCHIVE, { expireIn: '1 sec' })))
    expect((await dependent([])).payload.dependencies).toEqual([])
  })
})

test('a payload names the uploads: the archive, then the reports, each with its format and name', async ({
  createJob,
  runner,
}) => {
  await createJob({
    artifacts: {
      name: 'build',
      paths: ['out/', '*.log'],
      exclude: ['out/tmp/**'],
      untracked: true,
      when: 'on_failure',
      expire_in: '1 week',
      reports: { junit: ['a.xml', 'b.xml'], dotenv: 'build.env', sast: 'sast.json' },
    },
  })
  const { artifacts } = (await runner.take()).payload
  expect(artifacts).toEqual([
    {
      name: 'build',
      untracked: true,
      paths: ['out/', '*.log'],
      exclude: ['out/tmp/**'],
      when: 'on_failure',
      expire_in: '1 week',
      artifact_type: 'archive',
      artifact_format: 'zip',
    },
    report('junit.xml.gz', ['a.xml', 'b.xml'], 'junit', 'gzip'),
    report('.env.gz', ['build.env'], 'dotenv', 'gzip'),
    report('gl-sast-report.json', ['sast.json'], 'sast', 'raw'),
  ])
})

const report = (name: string, paths: string[], type: string, format: string) => ({
  name,
  paths,
  when: 'always',
  expire_in: '1 week',
  artifact_type: type,
  artifact_format: format,
})

test('with reports alone no archive is to be uploaded; without the keyword, nothing', async ({ createJob, runner }) => {
  await createJob({ artifacts: { reports: { junit: 'a.xml' } } })
  expect((await runner.take()).payload.artifacts?.map(({ artifact_type }) => artifact_type)).toEqual(['junit'])
  await createJob()
  expect((await runner.take()).payload.artifacts).toBeNull()
})

test('a job that is not over cannot be named, and a retried one means its newest attempt', async ({
  admin,
  createJob,
  runner,
  finished,
  job,
}) => {
  const found = async (id: number): Promise<string> => {
    const made = await createJob({ dependencies: [id] }).then(
      () => null,
      (reason: unknown) => String(reason),
    )
    return made ?? 'it was accepted'
  }
  const pending = await createJob()
  expect(await found(pending)).toContain(`definition.dependencies: found ${pending}, which is pending`)
  const taken = await runner.take()
  expect(await found(pending)).toContain(`found ${pending}, which is running`)
  await taken.finish('success')

  const first = await finished('first', async (one) => void (await one.upload(ARCHIVE)))
  const { id: again } = await admin.mutate('jobs.retry', { id: first.id })
  expect(await found(first.id)).toContain(`found ${first.id}, whose retry ${again} is pending`)
  await (await runner.take()).finish('success')
  const dependent = await createJob({ dependencies: [first.id, again] })
  expect(await job(dependent)).toMatchObject({ dependencies: [again] })

  // A later retry is used by a retry of the dependent job, once it is over.
  await (await runner.take()).finish('success')
  const { id: third } = await admin.mutate('jobs.retry', { id: again })
  const early = await admin.mutate('jobs.retry', { id: dependent })
  expect(early.dependencies).toEqual([again])
  await (await runner.take()).finish('success')
  await (await runner.take()).finish('success')
  const late = await admin.mutate('jobs.retry', { id: early.id })
  expect(late.dependencies).toEqual([third])
})
