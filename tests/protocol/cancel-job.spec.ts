import { AdminError } from '../support/admin.ts'
import { SHELL_FEATURES } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import { zipOf } from '../support/zip.ts'

const ABRUPT = Object.fromEntries(Object.entries(SHELL_FEATURES).filter(([name]) => name !== 'cancel_gracefully'))

const refused = async (doing: Promise<unknown>): Promise<string> => {
  const error = await doing.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AdminError)) throw new Error('it was not refused')
  return error.code
}

test.describe('a job whose runner can stop gracefully (docs/protocol/job-update.md 7)', () => {
  test('is canceling, still accepts log and keep-alives, and ends canceled whatever is reported', async ({
    takenJob,
    admin,
    job,
  }) => {
    await takenJob.say('before\n')
    expect((await admin.mutate('jobs.cancel', { id: takenJob.id })).status).toBe('canceling')
    const patch = await takenJob.patch(takenJob.log.length, 'after_script\n')
    expect([patch.status, patch.headers.get('Job-Status')]).toEqual([202, 'canceling'])
    const alive = await takenJob.put({ state: 'running' })
    expect([alive.status, alive.headers.get('Job-Status')]).toEqual([200, 'canceling'])
    expect((await takenJob.upload(zipOf([{ name: 'report.txt', bytes: 'half done' }]))).status).toBe(201)
    const final = await takenJob.put({ state: 'failed', failure_reason: 'unknown_failure', exit_code: 1 })
    expect([final.status, final.headers.get('Job-Status')]).toEqual([200, 'canceled'])
    const { status, failureReason, exitCode } = await job(takenJob.id)
    expect({ status, failureReason, exitCode }).toEqual({ status: 'canceled', failureReason: null, exitCode: null })
    expect((await admin.log(takenJob.id)).toString()).toBe('before\nafter_script\n')
  })

  test('may report success, but is canceled anyway', async ({ takenJob, admin }) => {
    await takenJob.put({ state: 'running' })
    await admin.mutate('jobs.cancel', { id: takenJob.id })
    const final = await takenJob.finish('success')
    expect([final.status, final.headers.get('Job-Status')]).toEqual([200, 'canceled'])
  })

  test('is canceled at once and gives up its resource before its runner’s first call', async ({
    admin,
    createJob,
    runner,
    job,
  }) => {
    const first = await createJob({ resource_group: 'production' })
    const second = await createJob({ resource_group: 'production' })
    const taken = await runner.take()
    expect((await admin.mutate('jobs.cancel', { id: first })).status).toBe('canceled')
    await expect.poll(async () => (await job(second)).status).toBe('pending')
    const update = await taken.put({ state: 'running' })
    expect([update.status, update.headers.get('Job-Status')]).toEqual([403, 'canceled'])
  })

  test('can be canceled once; a second time it has to be forced', async ({ takenJob, admin, job }) => {
    await takenJob.put({ state: 'running' })
    await admin.mutate('jobs.cancel', { id: takenJob.id })
    expect(await refused(admin.mutate('jobs.cancel', { id: takenJob.id }))).toBe('CONFLICT')
    expect((await job(takenJob.id)).status).toBe('canceling')
    expect((await admin.mutate('jobs.cancel', { id: takenJob.id, force: true })).status).toBe('canceled')
    const patch = await takenJob.patch(0, 'too late')
    expect([patch.status, patch.headers.get('Job-Status')]).toEqual([403, 'canceled'])
  })
})

test('a job whose runner cannot stop gracefully is canceled at once, and its runner is refused from then on', async ({
  admin,
  createJob,
  register,
  job,
}) => {
  const runner = await register({ features: ABRUPT })
  await createJob()
  const taken = await runner.take()
  await taken.say('kept\n')
  expect((await admin.mutate('jobs.cancel', { id: taken.id })).status).toBe('canceled')

  const patch = await taken.patch(5, 'lost')
  expect([patch.status, patch.headers.get('Job-Status')]).toEqual([403, 'canceled'])
  expect(patch.json()).toEqual({ message: '403 Forbidden - Job is not processing on runner' })
  for (const state of ['running', 'failed', 'success']) {
    const update = await taken.put({ state })
    expect([update.status, update.headers.get('Job-Status')]).toEqual([403, 'canceled'])
  }
  expect((await taken.upload('x')).status).toBe(403)
  expect((await admin.log(taken.id)).toString()).toBe('kept\n')
  const { finishedAt, traceChecksum } = await job(taken.id)
  expect(finishedAt).not.toBeNull()
  expect(traceChecksum).toBe(taken.checksum)
})

test('a pending job is canceled and never handed out', async ({ admin, createJob, runner, job }) => {
  const first = await createJob()
  const second = await createJob()
  expect((await admin.mutate('jobs.cancel', { id: first })).status).toBe('canceled')
  expect((await runner.take()).id).toBe(second)
  expect((await job(first)).runnerId).toBeNull()
})

test('manual and delayed jobs can be canceled, and played into the queue', async ({ admin, createJob, runner }) => {
  for (const [when, status] of [
    [{ when: 'manual' }, 'manual'],
    [{ when: 'delayed', start_in: '1 hour' }, 'scheduled'],
  ] as const) {
    const canceled = await createJob(when)
    expect((await admin.query('jobs.get', { id: canceled })).status).toBe(status)
    expect((await runner.request()).status).toBe(204)
    expect((await admin.mutate('jobs.cancel', { id: canceled })).status).toBe('canceled')
    expect(await refused(admin.mutate('jobs.play', { id: canceled }))).toBe('CONFLICT')

    const played = await createJob(when)
    expect((await admin.mutate('jobs.play', { id: played })).status).toBe('pending')
    const taken = await runner.take()
    expect(taken.id).toBe(played)
    await taken.finish('success')
  }
})

test('a delayed job is queued automatically when its time comes', async ({ createJob, runner, job }) => {
  const id = await createJob({ when: 'delayed', start_in: '1 second' })
  await expect.poll(async () => (await job(id)).status).toBe('pending')
  expect((await runner.take()).id).toBe(id)
})

test('a finished job cannot be canceled, and an unknown one is not found', async ({ admin, takenJob }) => {
  await takenJob.finish('success')
  for (const force of [false, true]) {
    expect(await refused(admin.mutate('jobs.cancel', { id: takenJob.id, force }))).toBe('CONFLICT')
    expect(await refused(admin.mutate('jobs.cancel', { id: 2_000_000_000, force }))).toBe('NOT_FOUND')
  }
})

test('followers of the log see the end at once', async ({ admin, createJob, register }) => {
  const runner = await register({ features: ABRUPT })
  await createJob()
  const taken = await runner.take()
  await taken.say('a\n')
  let last: { status: string; complete: boolean } | null = null
  for await (const event of admin.watchTrace(taken.id)) {
    if (last === null) await admin.mutate('jobs.cancel', { id: taken.id })
    last = event
  }
  expect(last).toMatchObject({ status: 'canceled', complete: true })
})
