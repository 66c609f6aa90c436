import { describe, expect, it } from 'vitest'
import { ask, database, register, services, setUpScene } from '../testing/scene.ts'
import { removeSilentManagers } from './remove-silent-managers.ts'
import { runnerStatus, STALE_MS } from './runner.ts'

setUpScene()

async function shown(id: number) {
  await services.contacts.flush()
  const runner = await services.runners.find(id)
  if (!runner) throw new Error(`no runner ${id}`)
  return {
    status: runnerStatus(runner, new Date()),
    contactedAt: runner.contactedAt,
    managers: (await services.runners.managers(id)).map(({ systemId }) => systemId),
  }
}

/** Ages everything stored so far by more than a week. */
async function passWeek(): Promise<void> {
  await services.contacts.flush()
  for (const table of ['runner_managers', 'runners']) {
    await database.db.query(
      `update ${table} set created_at = created_at - $1::interval, contacted_at = contacted_at - $1::interval`,
      [`${STALE_MS + 1_000} milliseconds`],
    )
  }
}

describe('a manager that was silent for a week', () => {
  it('is removed, while the runner keeps the time of its last contact', async () => {
    const { id, token } = await register()
    await ask({ token })
    await passWeek()
    await removeSilentManagers(services)
    const runner = await shown(id)
    expect(runner).toMatchObject({ status: 'stale', managers: [] })
    expect(runner.contactedAt).not.toBeNull()
  })

  it('stays when it polls without a search, which is not stored at once', async () => {
    const { id, token } = await register()
    const first = await ask({ token })
    await passWeek()
    const lastUpdate = (first.kind === 'nothing' && first.queueValue) || 'none'
    expect(await ask({ token, lastUpdate })).toMatchObject({ kind: 'nothing', cached: true })
    await removeSilentManagers(services)
    expect(await shown(id)).toMatchObject({ status: 'online', managers: ['s_1'] })
  })

  it('stays when it comes back, whichever process searches for silent ones', async () => {
    const { id, token } = await register()
    await ask({ token })
    await passWeek()
    await ask({ token })
    // Another process knows only what is stored.
    await services.runners.removeSilentManagers(new Date(Date.now() - STALE_MS), 100)
    expect(await shown(id)).toMatchObject({ status: 'online', managers: ['s_1'] })
  })
})
