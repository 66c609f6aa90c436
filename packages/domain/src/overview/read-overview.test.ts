import { beforeEach, expect, it } from 'vitest'
import type { Actor, Outcome } from '../audit/audit-event.ts'
import { ask, create, database, register, runner, services, setUpScene } from '../testing/scene.ts'
import { rememberLoad } from './load.ts'
import { readOverview } from './read-overview.ts'

setUpScene()
beforeEach(async () => {
  await services.settings.update({ maintenance: false })
  await database.db.script('delete from audit_events')
})

const read = () => readOverview({ ...services, load: rememberLoad(services) })

const SESSION: Actor = { kind: 'session', address: '203.0.113.1', session: '12345678' }

/** Records a change of settings. */
const changed = (input: object | undefined, { actor = SESSION, outcome = 'done' as Outcome } = {}) =>
  services.audit.add({
    ...{ action: 'settings.update', subjectKind: 'settings', subjectIds: [], actor, outcome },
    details: { ...(input && { input }) },
  })

it('counts what waits and who could work', async () => {
  expect(await read()).toMatchObject({ queue: { jobs: 0, oldestAt: null }, maintenance: false, maintenanceBegin: null })
  const first = await create()
  await create({ tags: ['nowhere'] })
  await database.db.query("update pending_jobs set queued_at = '2020-01-01T00:00:00Z' where job_id = $1", [first])
  expect((await read()).queue).toEqual({ jobs: 2, oldestAt: new Date('2020-01-01T00:00:00Z') })
  await register()
  await ask({ token: runner.token })
  await services.contacts.flush()
  expect((await read()).runners).toEqual({ online: 1, offline: 0, stale: 0, never_contacted: 1 })
})

it('says who switched maintenance on, and when', async () => {
  await changed({ maintenance: true }, { actor: { kind: 'admin_token', address: null } })
  await changed({ maintenance: false, fairScheduling: true })
  await changed({ maintenance: true })
  await changed({ maintenance: true }, { actor: { kind: 'admin_token', address: null } })
  await changed({ maintenance: false }, { outcome: 'refused' })
  await changed({ fairScheduling: false })
  await changed(undefined)
  expect((await read()).maintenanceBegin).toBeNull()
  await services.settings.update({ maintenance: true })
  const { maintenance, maintenanceBegin } = await read()
  expect(maintenance).toBe(true)
  expect(maintenanceBegin?.by).toEqual(SESSION)
  const [, , , , begin] = await services.audit.list({ limit: 10 })
  expect(maintenanceBegin?.at).toEqual(begin?.at)
})

it('does not say who did when the audit does not know', async () => {
  await services.settings.update({ maintenance: true })
  expect(await read()).toMatchObject({ maintenance: true, maintenanceBegin: null })
})
