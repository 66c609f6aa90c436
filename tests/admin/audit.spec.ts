import { Admin } from '../support/admin.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'
import { notNull } from '../support/not-null.ts'

const events = async (admin: Admin, filter: object) => (await admin.query('audit.list', filter)).items

test('actions on a job are recorded, newest first', async ({ admin, createJob }) => {
  const id = await createJob()
  await admin.mutate('jobs.cancel', { id })
  const retried = await admin.mutate('jobs.retry', { id })
  await expect(admin.mutate('jobs.cancel', { id })).rejects.toMatchObject({ code: 'CONFLICT' })
  const seen = await events(admin, { subjectKind: 'job', subjectId: id })
  expect(seen.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
    'jobs.cancel refused',
    'jobs.retry done',
    'jobs.cancel done',
    'jobs.create done',
  ])
  expect(seen[0]).toMatchObject({
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    actor: { kind: 'admin_token', address: '127.0.0.1' },
    subjectKind: 'job',
    subjectId: id,
    details: { code: 'CONFLICT' },
  })
  await admin.mutate('jobs.cancel', { id: retried.id })
})

test('registrations and removals of runners are recorded, without their tokens', async ({
  admin,
  gateway,
  project,
}) => {
  const runner = await FakeRunner.register(gateway.url, notNull(project.registrationToken))
  await admin.mutate('runners.update', { id: runner.id, paused: true })
  await runner.unregister()
  const seen = await events(admin, { subjectKind: 'runner', subjectId: runner.id })
  expect(seen.map(({ action, actor }) => `${action} by ${actor.kind}`)).toEqual([
    'runners.remove by runner',
    'runners.update by admin_token',
    'runners.register by registration_token',
  ])
  expect(seen[1]?.details).toEqual({ input: { paused: true } })
  expect(JSON.stringify(seen)).not.toContain(runner.token)
  const rotated = await admin.mutate('projects.rotateRegistrationToken', { id: project.id })
  const [rotation] = await events(admin, { action: 'projects.rotateRegistrationToken', subjectId: project.id })
  expect(rotation).toMatchObject({ outcome: 'done', subjectKind: 'project' })
  expect(JSON.stringify(rotation)).not.toContain(rotated.token)
})

test('sign-ins, changes and sign-outs of people are recorded', async ({ admin, gateway }) => {
  const signIn = (token: string) =>
    send('POST', `${gateway.url}/sign-in`, {
      body: new URLSearchParams({ token }).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
  expect((await signIn('wrong')).status).toBe(403)
  const cookie = (await signIn(gateway.adminToken)).headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const headers = { Cookie: cookie, Origin: gateway.url }
  await new Admin(gateway.url, { headers }).mutate('settings.update', { supplyGitlabCi: true })
  await send('POST', `${gateway.url}/sign-out`, { headers })

  const [signOut] = await events(admin, { action: 'sessions.signOut' })
  const session = signOut?.actor.session
  expect(session).toMatch(/^[0-9a-f]{8}$/)
  const [update] = await events(admin, { action: 'settings.update' })
  expect(update).toMatchObject({ actor: { kind: 'session', session }, details: { input: { supplyGitlabCi: true } } })
  const tries = await events(admin, { action: 'sessions.signIn' })
  expect(tries.find(({ actor }) => actor.session === session)).toMatchObject({ outcome: 'done' })
  expect(tries.find(({ outcome }) => outcome === 'refused')).toMatchObject({ actor: { kind: 'nobody' } })
  expect(JSON.stringify([signOut, update, tries])).not.toContain(cookie.split('=')[1])
})

test('only administrators can read the audit log, and it cannot be written', async ({ gateway, runner }) => {
  const nobody = new Admin(gateway.url, { headers: { Authorization: `Bearer ${runner.token}` } })
  await expect(nobody.query('audit.list')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  for (const procedure of ['audit.add', 'audit.remove', 'audit.update']) {
    await expect(admin.mutate(procedure, { id: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
})
