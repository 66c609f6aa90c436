import { removeSilentManagers, STALE_MS } from '@yardmaster/domain/runners'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const shown = async (id: number) =>
  await gateway.admin<{ status: string; contactedAt: string | null; managers: { systemId: string }[] }>(
    'query',
    'runners.get',
    { id },
  )

/** Ages everything stored so far by more than a week. */
async function passWeek(): Promise<void> {
  await gateway.services.contacts.flush()
  const age = [`${STALE_MS + 1_000} milliseconds`]
  await gateway.database.db.query(
    'update runner_managers set created_at = created_at - $1::interval, contacted_at = contacted_at - $1::interval',
    age,
  )
  await gateway.database.db.query(
    'update runners set created_at = created_at - $1::interval, contacted_at = contacted_at - $1::interval',
    age,
  )
}

describe('a manager that was silent for a week', () => {
  it('is removed, while the runner keeps the time of its last contact', async () => {
    const { id, token } = await gateway.register()
    await gateway.post('/jobs/request', { token, system_id: 's_1' })
    await passWeek()
    await removeSilentManagers(gateway.services)
    const runner = await shown(id)
    expect(runner).toMatchObject({ status: 'stale', managers: [] })
    expect(runner.contactedAt).not.toBeNull()
  })

  it('stays when it polls without a search, which is not stored at once', async () => {
    const { id, token } = await gateway.register()
    const { headers } = await gateway.post('/jobs/request', { token, system_id: 's_1' })
    await passWeek()
    const last_update = headers['x-gitlab-last-update']
    expect((await gateway.post('/jobs/request', { token, system_id: 's_1', last_update })).status).toBe(204)
    await removeSilentManagers(gateway.services)
    expect(await shown(id)).toMatchObject({ status: 'online', managers: [{ systemId: 's_1' }] })
  })

  it('stays when it comes back, whichever process searches for silent ones', async () => {
    const { id, token } = await gateway.register()
    await gateway.post('/jobs/request', { token, system_id: 's_1' })
    await passWeek()
    await gateway.post('/jobs/request', { token, system_id: 's_1' })
    // Another process knows only what is stored.
    await gateway.services.runners.removeSilentManagers(new Date(Date.now() - STALE_MS), 100)
    expect(await shown(id)).toMatchObject({ status: 'online', managers: [{ systemId: 's_1' }] })
  })
})
