import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDirectory } from '../support/gateway.ts'
import { expect, plain, serve, test } from '../support/real-fixtures.ts'

// Long enough for several reports of a runner on a busy machine.
test.use({ gatewayEnv: { SWEEP_INTERVAL_SECONDS: '1', JOB_SILENCE_SECONDS: '30' } })

test('a job whose runner was killed fails after the silence and is retried by another runner', async ({
  real,
  anotherReal,
  gateway,
  admin,
  project,
  createJob,
  over,
  job,
}) => {
  const marks = await temporaryDirectory()
  const end = join(marks.path, 'end')
  const id = await createJob({
    // It ends when the test says so, and is never silent for so long that it seems lost.
    script: ['echo started', `until test -e "${end}"; do echo "not yet"; sleep 1; done`],
    retry: { max: 1, when: 'stuck_or_timeout_failure' },
  })
  await serve(real, gateway.url, project)
  await expect.poll(async () => plain(await admin.log(id)), { timeout: 60_000 }).toContain('started')
  real.kill()
  expect(await over(id)).toMatchObject({ status: 'failed', failureReason: 'no_updates_running' })
  await expect.poll(async () => (await job(id)).retriedBy).not.toBeNull()
  // Also ends the script that the killed runner left behind.
  await writeFile(end, '')
  await serve(await anotherReal(), gateway.url, project)
  expect((await over((await job(id)).retriedBy ?? 0)).status).toBe('success')
  await marks.dispose()
})
