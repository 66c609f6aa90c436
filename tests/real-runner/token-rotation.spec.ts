import { expect, serveCreated, test } from '../support/real-fixtures.ts'

test.use({ gatewayEnv: { RUNNER_TOKEN_LIFETIME: '32' } })

test('a runner rotates its token before it expires, while a job runs, and keeps working', async ({
  real,
  since,
  gateway,
  admin,
  project,
  createJob,
  over,
}) => {
  test.skip(!since('15.10'), 'before 15.10 a runner learns no expiry from a token created in advance')
  const id = await serveCreated(real, gateway.url, { admin, project })
  const expiry = async () => (await admin.query('runners.get', { id })).tokenExpiresAt
  const first = await expiry()
  const long = await createJob({ script: ['sleep 40'] })
  await expect.poll(expiry, { timeout: 60_000 }).not.toBe(first)
  expect((await over(long)).status).toBe('success')
  expect(Date.now()).toBeGreaterThan(Date.parse(first ?? ''))
  expect((await over(await createJob())).status).toBe('success')
  await real.stop()
  await admin.mutate('runners.remove', { id })
})

test('a runner before 15.3 ignores the expiry: its job continues, its token is refused', async ({
  real,
  since,
  gateway,
  admin,
  project,
  createJob,
  over,
}) => {
  test.skip(since('15.3'), 'this runner rotates its token')
  const id = await serveCreated(real, gateway.url, { admin, project })
  const long = await createJob({ script: ['sleep 40'] })
  expect((await over(long)).status).toBe('success')
  const refused = await real.verify()
  expect([refused.code === 0, refused.output]).toEqual([
    false,
    expect.stringMatching(/is removed|not valid|forbidden/i),
  ])
  await real.stop()
  await admin.mutate('runners.remove', { id })
})
