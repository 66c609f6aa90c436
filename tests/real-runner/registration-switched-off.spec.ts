import { notNull } from '../support/not-null.ts'
import { expect, test } from '../support/real-fixtures.ts'

test.use({ gatewayEnv: { REGISTRATION_ENABLED: 'false' } })

test('with registration tokens switched off, a registration is refused with 410, and nothing is registered', async ({
  real,
  gateway,
  admin,
  project,
}) => {
  const refused = await real.register(gateway.url, notNull(project.registrationToken))
  expect(refused.code).not.toBe(0)
  expect(refused.output).toContain('410 Gone')
  expect(refused.output).toContain('runner registration disallowed')
  const { items } = await admin.query('runners.list', { type: 'project_type' })
  expect(items.filter(({ projectIds }) => projectIds.includes(project.id))).toEqual([])
})

test('with registration tokens switched off, a runner created in advance registers and is verified', async ({
  real,
  gateway,
  admin,
  project,
}) => {
  const { id, token } = await admin.mutate('runners.create', {
    runnerType: 'project_type',
    projectId: project.id,
  })
  const registered = await real.register(gateway.url, token, { created: true })
  expect(registered.code, registered.output).toBe(0)
  expect((await real.verify()).code).toBe(0)
  await admin.mutate('runners.remove', { id })
})
