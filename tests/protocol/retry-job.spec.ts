import { AdminError } from '../support/admin.ts'
import { expect, test } from '../support/fixtures.ts'
import { zipOf } from '../support/zip.ts'

const conflict = async (doing: Promise<unknown>): Promise<string> => {
  const error = await doing.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AdminError)) throw new Error('it was not refused')
  expect(error.code).toBe('CONFLICT')
  return error.message
}

test.describe('a manual retry (docs/protocol/job-update.md 10)', () => {
  test('is a new pending job with an id and token of its own, linked to the old one', async ({
    admin,
    createJob,
    runner,
    job,
  }) => {
    await createJob({ script: ['make'], variables: { A: 'b' }, allow_failure: { exit_codes: [3] }, timeout: 77 })
    const first = await runner.take()
    await first.finish('failed', { exitCode: 3 })
    expect((await job(first.id)).allowFailure).toBe(true)

    const retry = await admin.mutate('jobs.retry', { id: first.id })
    expect(retry).toMatchObject({ status: 'pending', retryOf: first.id, allowFailure: false, timeout: 77 })
    expect((await job(first.id)).retriedBy).toBe(retry.id)
    const second = await runner.take()
    expect(second.id).toBe(retry.id)
    expect(second.token).not.toBe(first.token)
    expect(second.payload.job_info.name).toBe(first.payload.job_info.name)
    expect(second.payload.variables).toContainEqual(expect.objectContaining({ key: 'A', value: 'b' }))
    expect((await second.finish('success')).status).toBe(200)
  })

  test('is possible once per attempt, and not before the job is over', async ({ admin, takenJob }) => {
    await conflict(admin.mutate('jobs.retry', { id: takenJob.id }))
    await takenJob.finish('success')
    const { id } = await admin.mutate('jobs.retry', { id: takenJob.id })
    expect(await conflict(admin.mutate('jobs.retry', { id: takenJob.id }))).toContain(`by job ${id}`)
    await admin.mutate('jobs.cancel', { id })
    await admin.mutate('jobs.retry', { id })
  })

  test('happens once when many request it at the same moment', async ({ admin, takenJob, project }) => {
    await takenJob.finish('success')
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => admin.mutate('jobs.retry', { id: takenJob.id })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await admin.query('jobs.list', { projectId: project.id })).items).toHaveLength(2)
  })
})

test.describe('an automatic retry', () => {
  test('follows a failure as often as retry.max says, and no more', async ({ admin, createJob, runner, project }) => {
    await createJob({ retry: 2 })
    const ids: number[] = []
    for (let attempt = 0; attempt < 3; attempt++) {
      const taken = await runner.take()
      ids.push(taken.id)
      await taken.finish('failed', { exitCode: 1 })
    }
    const all = async () => (await admin.query('jobs.list', { projectId: project.id })).items
    // Checked once more: a fourth attempt would have been created at the end of the third.
    await expect.poll(async () => (await all()).map(({ id }) => id)).toEqual(ids.toReversed())
    const jobs = await all()
    expect(jobs.map(({ retryOf }) => retryOf)).toEqual([ids[1], ids[0], null])
    expect(jobs.map(({ retriedBy }) => retriedBy)).toEqual([null, ids[2], ids[1]])
  })

  for (const [what, retry, outcome, again] of [
    ['for its reason', { max: 1, when: 'script_failure' }, { exitCode: 1 }, true],
    ['not for another', { max: 1, when: 'api_failure' }, { exitCode: 1 }, false],
    ['for its exit code', { max: 1, exit_codes: [7] }, { exitCode: 7 }, true],
    ['not for another exit code', { max: 1, exit_codes: [7] }, { exitCode: 8 }, false],
    ['for a negative exit code', { max: 1, exit_codes: [-1_073_741_819] }, { exitCode: -1_073_741_819 }, true],
    ['for an exit code of 32 bits', { max: 1, exit_codes: [4_294_967_295] }, { exitCode: 4_294_967_295 }, true],
    ['not for the same code as a signed number', { max: 1, exit_codes: [4_294_967_295] }, { exitCode: -1 }, false],
    [
      'for a reason that an older one was split into',
      { max: 1, when: 'runner_system_failure' },
      { failureReason: 'runner_interrupted' },
      true,
    ],
    ['for a failed hand-over, without the keyword', undefined, { failureReason: 'scheduler_failure' }, true],
    ['never for a missing dependency', 2, { failureReason: 'missing_dependency_failure' }, false],
    ['not without the keyword', undefined, { exitCode: 1 }, false],
  ] as const) {
    test(`comes ${what}`, async ({ createJob, runner, job }) => {
      await createJob(retry === undefined ? {} : { retry })
      const taken = await runner.take()
      await taken.finish('failed', outcome)
      if (again) await expect.poll(async () => (await job(taken.id)).retriedBy).not.toBeNull()
      else {
        // The next job is handed out, and it is not a retry.
        const next = await createJob()
        expect((await runner.take()).id).toBe(next)
        expect((await job(taken.id)).retriedBy).toBeNull()
      }
    })
  }
})

test.describe('erasing (docs/protocol/job-update.md 10)', () => {
  test('removes the log, leaves the job visible, and happens once', async ({ admin, takenJob, job }) => {
    await takenJob.say('secret\n')
    await conflict(admin.mutate('jobs.erase', { id: takenJob.id }))
    await takenJob.finish('success')
    expect((await admin.mutate('jobs.erase', { id: takenJob.id })).erasedAt).not.toBeNull()
    const { status, traceSize, traceChecksum } = await job(takenJob.id)
    expect({ status, traceSize, traceChecksum }).toEqual({ status: 'success', traceSize: 0, traceChecksum: null })
    expect((await admin.send('GET', `/download/jobs/${takenJob.id}/trace`)).status).toBe(410)
    await conflict(admin.mutate('jobs.erase', { id: takenJob.id }))
  })

  test('removes the artifacts for runners and people alike, even kept ones', async ({
    admin,
    createJob,
    runner,
    project,
    job,
  }) => {
    await createJob()
    const owner = await runner.take()
    const archive = zipOf([{ name: 'a.txt', bytes: 'a' }])
    expect((await owner.upload(archive, { expireIn: '1 week' })).status).toBe(201)
    await owner.finish('success')
    await createJob()
    const asking = await runner.take()
    expect((await asking.download(owner.id)).status).toBe(200)

    expect((await job(owner.id)).artifactsExpireAt).not.toBeNull()
    await admin.mutate('jobs.keepArtifacts', { id: owner.id })
    const erased = await admin.mutate('jobs.erase', { id: owner.id })
    expect(erased).toMatchObject({ artifactsExpireAt: null, artifacts: [] })
    expect((await asking.download(owner.id)).status).toBe(404)
    for (const path of ['artifacts/archive', 'files/a.txt']) {
      expect((await admin.send('GET', `/download/jobs/${owner.id}/${path}`)).status).toBe(410)
    }
    await expect(admin.query('artifacts.browse', { jobId: owner.id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const { usage } = await admin.query('projects.get', { id: project.id })
    expect(usage).toEqual({ artifactBytes: 0, artifactCount: 0 })
    await conflict(admin.mutate('jobs.erase', { id: owner.id }))
  })

  test('refuses a job without log and artifacts', async ({ admin, takenJob }) => {
    await takenJob.finish('success')
    expect(await conflict(admin.mutate('jobs.erase', { id: takenJob.id }))).toContain('neither')
  })

  test('makes every call with the job’s token 403', async ({ admin, takenJob }) => {
    await takenJob.say('x')
    await takenJob.finish('success')
    await admin.mutate('jobs.erase', { id: takenJob.id })
    for (const reply of [await takenJob.put({ state: 'running' }), await takenJob.patch(1, 'y')]) {
      expect(reply.status).toBe(403)
      expect(reply.json()).toEqual({ message: '403 Forbidden - Job has been erased!' })
    }
  })

  test('fails the jobs that depend on it when they are about to start', async ({ admin, createJob, runner, job }) => {
    await createJob()
    const build = await runner.take()
    await build.say('x')
    await build.finish('success')
    const dependent = await createJob({ dependencies: [build.id] })
    await admin.mutate('jobs.erase', { id: build.id })
    expect((await runner.request()).status).toBe(204)
    expect(await job(dependent)).toMatchObject({ status: 'failed', failureReason: 'missing_dependency_failure' })
  })
})
