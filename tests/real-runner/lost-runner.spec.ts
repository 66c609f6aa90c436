import { expect, plain, serve, test } from '../support/real-fixtures.ts'

test.use({ gatewayEnv: { SWEEP_INTERVAL_SECONDS: '1', JOB_SILENCE_SECONDS: '8' } })

test('a job whose runner was killed fails after its silence and is tried again by another runner', async ({
  real,
  anotherReal,
  gateway,
  admin,
  project,
  createJob,
  over,
  job,
}) => {
  const id = await createJob({
    // Longer than it takes to see that it has started, and never silent for so long that it seems lost.
    script: ['echo started', 'for second in $(seq 10); do echo "second $second"; sleep 1; done'],
    retry: { max: 1, when: 'stuck_or_timeout_failure' },
  })
  await serve(real, gateway.url, project)
  await expect.poll(async () => plain(await admin.log(id)), { timeout: 30_000 }).toContain('started')
  real.kill()
  expect(await over(id)).toMatchObject({ status: 'failed', failureReason: 'no_updates_running' })
  await expect.poll(async () => (await job(id)).retriedBy).not.toBeNull()
  await serve(await anotherReal(), gateway.url, project)
  expect((await over((await job(id)).retriedBy ?? 0)).status).toBe('success')
})
