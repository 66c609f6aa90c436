import type { Runner } from '../support/api.ts'
import { expect, test } from '../support/real-fixtures.ts'

test.use({ gatewayEnv: { RUNNER_TOKEN_LIFETIME: '32' } })

test('a runner rotates its token before it expires, while a job runs, and goes on serving', async ({
  real,
  gateway,
  admin,
  project,
  createJob,
  over,
}) => {
  const { id, token } = await admin.mutate<{ id: number; token: string }>('runners.create', {
    runnerType: 'project_type',
    projectId: project.id,
  })
  const expiry = async () =>
    (await admin.query<Runner & { tokenExpiresAt: string }>('runners.get', { id })).tokenExpiresAt
  const first = await expiry()
  const registered = await real.register(gateway.url, token, { created: true })
  expect(registered.code, registered.output).toBe(0)
  await real.configure({ concurrent: 1 })
  real.run()
  const long = await createJob({ script: ['sleep 40'] })
  await expect.poll(expiry, { timeout: 60_000 }).not.toBe(first)
  expect((await over(long)).status).toBe('success')
  expect(Date.now()).toBeGreaterThan(Date.parse(first))
  expect((await over(await createJob())).status).toBe('success')
  await real.stop()
  await admin.mutate('runners.remove', { id })
})
