import { describe, expect, it } from 'vitest'
import { ask, create, find, jobIn, register, say, services, setUpScene } from '../testing/scene.ts'
import { digestOf } from '../tokens.ts'
import { queueValueKey, queueValueTopic } from '../wakeups/queue-value.ts'
import { removeManager, removeRunner, removeRunnerById } from './remove-runner.ts'
import { noteRunnerEntry } from './runner-entries.ts'

setUpScene()

const queueValue = (token: string) => services.scratch.get(queueValueKey(digestOf(token)))
/** Returns for how many entries a process polls, this new one included. */
const entriesOf = (systemId: string) => noteRunnerEntry(services, { tokenDigest: 'another', systemId })
const refused = (kind: string) => ({ ok: false, error: { kind } })
const LONG_AGO = new Date(0)

describe('removing a runner', () => {
  it.each([
    ['with its token', ({ token }: { token: string }) => removeRunner(services, { token })],
    ['by an administrator', ({ id }: { id: number }) => removeRunnerById(services, id)],
  ])('%s forgets its token, its managers and its queue value, and wakes its held requests', async (_, remove) => {
    const runner = await register()
    await ask({ ...runner, systemId: `s_${runner.id}` })
    expect(await queueValue(runner.token)).not.toBeNull()
    await noteRunnerEntry(services, { tokenDigest: digestOf(runner.token), systemId: `s_${runner.id}` })
    await using held = await services.events.subscribe(queueValueTopic(digestOf(runner.token)))
    await using runners = await services.events.subscribe('runners')
    expect(await remove(runner)).toMatchObject({ ok: true })
    expect(await services.runners.find(runner.id)).toBeNull()
    expect(await queueValue(runner.token)).toBeNull()
    expect(await entriesOf(`s_${runner.id}`)).toBe(1)
    expect(await held.wait(0)).toMatchObject({ events: true })
    expect(await runners.wait(0)).toMatchObject({ events: true })
    expect(await ask({ token: runner.token })).toMatchObject({ kind: 'refused' })
  })

  it('lets its running jobs go on under their own tokens', async () => {
    const { id, token } = await register()
    await create()
    const job = jobIn(await ask({ token }))
    await removeRunnerById(services, id)
    expect(await say(job, 'success')).toEqual({ ok: true, value: 'success' })
    expect(await find(job.id)).toMatchObject({ status: 'success' })
  })

  it('is refused for a token that is not known, and twice', async () => {
    const { id, token } = await register()
    for (const wrong of [null, 'wrong']) {
      expect(await removeRunner(services, { token: wrong })).toEqual(refused('runner_refused'))
    }
    await removeRunner(services, { token })
    expect(await removeRunner(services, { token })).toEqual(refused('runner_refused'))
    expect(await removeRunnerById(services, id)).toEqual({ ok: false, error: { kind: 'runner_not_found', id } })
  })

  it('is refused when it has changed since the given time', async () => {
    const { id, token } = await register()
    expect(await removeRunner(services, { token, unlessChangedAfter: LONG_AGO })).toEqual(refused('changed_since'))
    expect(await services.runners.find(id)).not.toBeNull()
    const { updatedAt } = (await services.runners.find(id)) ?? {}
    expect(await removeRunner(services, { token, unlessChangedAfter: updatedAt })).toEqual({ ok: true, value: { id } })
  })
})

describe('removing a manager', () => {
  const removing = (token: string | null, systemId: string, unlessChangedAfter?: Date) =>
    removeManager(services, { token, systemId, unlessChangedAfter })

  it('leaves its runner and the other managers, and it comes back with its next request', async () => {
    const { id, token } = await register()
    for (const systemId of ['s_here', 's_gone']) await ask({ token, systemId })
    const names = async () => (await services.runners.managers(id)).map(({ systemId }) => systemId).sort()
    expect(await names()).toEqual(['s_gone', 's_here'])
    expect(await removing(token, 's_gone')).toEqual({
      ok: true,
      value: { runnerId: id, managerId: expect.any(Number) },
    })
    expect(await names()).toEqual(['s_here'])
    await ask({ token, systemId: 's_gone' })
    expect(await names()).toEqual(['s_gone', 's_here'])
  })

  it('leaves a runner without managers that was never in contact', async () => {
    const { id, token } = await register()
    await ask({ token, systemId: 's_only' })
    // Known to this process only until it is written.
    services.contacts.note({ runnerId: id, managerId: null, at: new Date(), ipAddress: null })
    await removing(token, 's_only')
    await services.contacts.flush()
    expect((await services.runners.find(id))?.contactedAt).toBeNull()
  })

  it('is refused for a token or a manager that is not known, and after a change', async () => {
    const { token } = await register()
    await ask({ token, systemId: 's_here' })
    for (const wrong of [null, 'wrong']) expect(await removing(wrong, 's_here')).toEqual(refused('runner_refused'))
    expect(await removing(token, 's_other')).toEqual(refused('manager_not_found'))
    expect(await removing(token, 's_here', LONG_AGO)).toEqual(refused('changed_since'))
    await removing(token, 's_here')
    expect(await removing(token, 's_here')).toEqual(refused('manager_not_found'))
  })
})
