import { describe, expect, it } from 'vitest'
import { ask, create, register, services, setUpScene } from '../testing/scene.ts'
import { digestOf } from '../tokens.ts'
import { queueValueKey } from '../wakeups/queue-value.ts'
import { updateRunner } from './update-runner.ts'

setUpScene()

describe('changing a runner', () => {
  it('keeps what is not given', async () => {
    const { id } = await register({ tagList: ['a'], description: 'old', maintenanceNote: 'note' })
    expect(await updateRunner(services, id, { description: 'new', maintenanceNote: null })).toMatchObject({
      value: { id, description: 'new', maintenanceNote: null, tagList: ['a'] },
    })
    expect(await services.runners.find(id)).toMatchObject({ description: 'new', tagList: ['a'] })
  })

  it('makes its queue value out of date, because it may fit other jobs now', async () => {
    const runner = await register({ tagList: ['a'], runUntagged: false })
    await create({ tags: ['b'] })
    const first = await ask(runner)
    const lastUpdate = (first.kind === 'nothing' && first.queueValue) || 'none'
    expect(await ask({ ...runner, lastUpdate })).toMatchObject({ kind: 'nothing', cached: true })
    await updateRunner(services, runner.id, { tagList: ['b'] })
    expect(await services.scratch.get(queueValueKey(digestOf(runner.token)))).toBeNull()
    expect(await ask({ ...runner, lastUpdate })).toMatchObject({ kind: 'job' })
  })

  it('lets a paused runner take no job until it goes on', async () => {
    const runner = await register({ tagList: ['pause'], runUntagged: false })
    await create({ tags: ['pause'] })
    await updateRunner(services, runner.id, { paused: true })
    expect(await ask(runner)).toMatchObject({ kind: 'nothing' })
    await updateRunner(services, runner.id, { paused: false })
    expect(await ask(runner)).toMatchObject({ kind: 'job' })
  })

  it('is announced', async () => {
    const { id } = await register()
    await using runners = await services.events.subscribe('runners')
    await updateRunner(services, id, { paused: true })
    expect(await runners.wait(0)).toMatchObject({ events: true })
  })

  it('is refused where the attributes together are wrong, and for no runner', async () => {
    const { id } = await register({ tagList: ['a'], runUntagged: false })
    expect(await updateRunner(services, id, { tagList: [] })).toMatchObject({
      error: { kind: 'runner_invalid', violations: { tags_list: [expect.any(String)] } },
    })
    expect(await services.runners.find(id)).toMatchObject({ tagList: ['a'] })
    expect(await updateRunner(services, 999_999, {})).toEqual({
      ok: false,
      error: { kind: 'runner_not_found', id: 999_999 },
    })
  })
})
