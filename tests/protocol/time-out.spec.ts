import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from '../support/fixtures.ts'
import type { TakenJob } from '../support/taken-job.ts'

const PATIENCE = { timeout: 240_000 }

test.use({
  gatewayEnv: {
    SWEEP_INTERVAL_SECONDS: '1',
    // Longer than a busy machine takes for the next step of a test.
    JOB_SILENCE_SECONDS: '15',
    JOB_ACCEPT_SECONDS: '10',
    JOB_TIMEOUT_GRACE_SECONDS: '1',
    STUCK_PENDING_SECONDS: '3',
    PENDING_SECONDS: '15',
  },
})

test.describe('a job that is silent for too long (docs/protocol/job-update.md 8)', () => {
  test('fails, and its runner learns of it from its next call', async ({ takenJob, job }) => {
    await takenJob.say('one sign of life\n')
    await expect
      .poll(() => job(takenJob.id), PATIENCE)
      .toMatchObject({ status: 'failed', failureReason: 'no_updates_running' })
    const patch = await takenJob.patch(17, 'too late')
    expect([patch.status, patch.headers.get('Job-Status')]).toEqual([403, 'failed'])
  })

  test('ends canceled when it was canceling', async ({ takenJob, admin, job }) => {
    await takenJob.say('one sign of life\n')
    await admin.mutate('jobs.cancel', { id: takenJob.id })
    await expect.poll(() => job(takenJob.id), PATIENCE).toMatchObject({ status: 'canceled', failureReason: null })
  })

  test('stays alive as long as its runner reports', async ({ takenJob, createJob, register, job }) => {
    const over = new AbortController()
    const reporting = keepReporting(takenJob, over.signal)
    const other = await register()
    await createJob()
    const silent = await other.take()
    await silent.accept()
    // Keeps this job alive until the other one is ended.
    await expect.poll(async () => (await job(silent.id)).status, PATIENCE).toBe('failed')
    over.abort()
    await reporting
    expect((await job(takenJob.id)).status).toBe('running')
    expect((await takenJob.finish('success')).status).toBe(200)
  })
})

async function keepReporting(takenJob: TakenJob, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await takenJob.keepAlive()
    await pause(100)
  }
}

test.describe('a job whose 201 was lost', () => {
  test('fails and is retried', async ({ takenJob, runner, job }) => {
    await expect
      .poll(() => job(takenJob.id), PATIENCE)
      .toMatchObject({ status: 'failed', failureReason: 'runner_provisioning_timeout' })
    const again = await runner.take()
    expect((await job(again.id)).retryOf).toBe(takenJob.id)
    expect((await again.finish('success')).status).toBe(200)
  })

  test('is left alone once its token was used', async ({ takenJob, createJob, register, job }) => {
    await takenJob.accept()
    const other = await register()
    await createJob()
    const lost = await other.take()
    await expect.poll(async () => (await job(lost.id)).status, PATIENCE).toBe('failed')
    // On a busy machine it may have been silent for too long meanwhile, which gives another reason.
    expect([null, 'no_updates_running']).toContain((await job(takenJob.id)).failureReason)
  })
})

test.describe('a job past its time limit', () => {
  test('fails even though its runner reports', async ({ createJob, runner, job }) => {
    await createJob({ timeout: 1 })
    const taken = await runner.take()
    await expect
      .poll(async () => {
        await taken.keepAlive()
        return await job(taken.id)
      }, PATIENCE)
      .toMatchObject({ status: 'failed', failureReason: 'server_timeout_running' })
  })
})

test.describe('a pending job', () => {
  test('fails when no online runner matches, and after a longer time in any case', async ({
    createJob,
    runner,
    job,
  }) => {
    await runner.request()
    const nobody = await createJob({ tags: ['nobody-has-this'] })
    const waiting = await createJob()
    await expect
      .poll(() => job(nobody), PATIENCE)
      .toMatchObject({ status: 'failed', failureReason: 'stuck_pending_no_matching_runners' })
    expect((await job(waiting)).status).toBe('pending')
    await expect
      .poll(() => job(waiting), PATIENCE)
      .toMatchObject({ status: 'failed', failureReason: 'stuck_pending_with_matching_runners' })
  })
})

test.describe('with two gateways sweeping', () => {
  test('each job is ended and retried once', async ({ storage, startGateway, admin, createJob, runner, project }) => {
    test.skip(!storage.sharesObjects, 'one process only')
    await startGateway()
    const first = await Promise.all(Array.from({ length: 5 }, () => createJob()))
    for (const _ of first) await runner.take()
    const all = async () => (await admin.query('jobs.list', { projectId: project.id, limit: 100 })).items
    await expect
      .poll(
        async () => (await all()).filter(({ id, status }) => first.includes(id) && status === 'failed').length,
        PATIENCE,
      )
      .toBe(5)
    await expect.poll(async () => (await all()).filter(({ retryOf }) => retryOf !== null).length, PATIENCE).toBe(5)
    expect(new Set((await all()).map(({ retryOf }) => retryOf)).size).toBe(6)
  })
})
