import { describe, expect, it } from 'vitest'
import { database, register, services, setUpScene } from '../testing/scene.ts'
import { createRunner } from './create-runner.ts'
import { type Heartbeat, recordHeartbeat, systemIdOf } from './record-heartbeat.ts'
import { LEGACY_SYSTEM_ID } from './runner.ts'

setUpScene()

const beat = (given: Partial<Heartbeat>) =>
  recordHeartbeat(services, { token: null, systemId: 's_1', info: null, ipAddress: null, ...given })

async function seen(given: Partial<Heartbeat>) {
  const made = await beat(given)
  if (!made.ok) throw new Error(made.error.kind)
  return made.value
}

describe('a heartbeat', () => {
  it('finds the runner of its token, and makes its manager known with what it says of itself', async () => {
    const { id, token } = await register()
    const info = { version: '17.0.0', executor: 'docker', features: { image: true } }
    const first = await seen({ token, info, ipAddress: '203.0.113.1' })
    expect(first).toMatchObject({ runner: { id }, manager: { runnerId: id, systemId: 's_1', version: '17.0.0' } })
    const other = await seen({ token, systemId: 's_2' })
    expect(other.manager.id).not.toBe(first.manager.id)
    expect(await services.runners.managers(id)).toHaveLength(2)
  })

  it('keeps what the manager said before, where it says nothing new', async () => {
    const { token } = await register()
    await seen({ token, info: { version: '17.0.0', executor: 'docker' } })
    const { manager } = await seen({ token, info: { version: '17.1.0' } })
    expect(manager).toMatchObject({ version: '17.1.0', executor: 'docker' })
  })

  it('is written at once only when it says something new, or after an hour of silence', async () => {
    const { id, token } = await register()
    const info = { version: '17.0.0' }
    await seen({ token, info })
    const written: number[] = []
    const runners: typeof services.runners = {
      ...services.runners,
      seeManager(...args) {
        written.push(args[0])
        return services.runners.seeManager(...args)
      },
    }
    const quiet = () => recordHeartbeat({ ...services, runners }, { token, systemId: 's_1', info, ipAddress: null })
    await quiet()
    expect(written).toEqual([])
    await services.contacts.flush()
    await database.db.query(
      "update runner_managers set contacted_at = contacted_at - interval '61 minutes' where runner_id = $1",
      [id],
    )
    await quiet()
    expect(written).toEqual([id])
  })

  it('completes the creation of a runner only where it asks for work', async () => {
    const made = await createRunner(services, { runnerType: 'instance_type' })
    if (!made.ok) throw new Error(made.error.kind)
    const { token } = made.value
    expect((await seen({ token })).runner.creationState).toBe('started')
    expect((await seen({ token, finishesCreation: true })).runner.creationState).toBe('finished')
    expect((await services.runners.find(made.value.id))?.creationState).toBe('finished')
  })

  it('is announced when it says something new', async () => {
    const { token } = await register()
    await using runners = await services.events.subscribe('runners')
    await seen({ token })
    expect(await runners.wait(0)).toMatchObject({ events: true })
    await seen({ token })
    expect(await runners.wait(0)).toMatchObject({ events: false })
  })

  it.each([null, '', 'wrong'])('with the token %j is refused', async (token) => {
    expect(await beat({ token })).toEqual({ ok: false, error: { kind: 'runner_refused' } })
  })

  it('of a runner that is removed in the same moment is refused, and other failures are not hidden', async () => {
    const { id, token } = await register()
    const failing = (before: () => Promise<unknown>): typeof services.runners => ({
      ...services.runners,
      async seeManager(...args) {
        await before()
        throw new Error(`no runner ${args[0]}`)
      },
    })
    const beatWith = (runners: typeof services.runners) =>
      recordHeartbeat({ ...services, runners }, { token, systemId: 's_1', info: null, ipAddress: null })
    await expect(beatWith(failing(async () => undefined))).rejects.toThrow('no runner')
    expect(await beatWith(failing(() => services.runners.remove(id)))).toEqual({
      ok: false,
      error: { kind: 'runner_refused' },
    })
  })
})

it.each([
  [undefined, LEGACY_SYSTEM_ID],
  [null, LEGACY_SYSTEM_ID],
  ['  ', LEGACY_SYSTEM_ID],
  ['s_0a1b', 's_0a1b'],
])('the system id %j names the manager %s', (sent, name) => {
  expect(systemIdOf(sent)).toBe(name)
})
