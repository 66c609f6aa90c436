import { digestOf } from '@yardmaster/domain'
import { queueValueKey, queueValueTopic } from '@yardmaster/domain/wakeups'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const update = (id: number, changes: object) =>
  gateway.admin<Record<string, unknown>>('mutation', 'runners.update', { id, ...changes })
const remember = (token: string) => gateway.services.scratch.set(queueValueKey(digestOf(token)), 'known', 60_000)

describe('changing a runner’s settings', () => {
  it.each([
    { paused: true },
    { tagList: ['a'] },
    { runUntagged: false, tagList: ['b'] },
    { accessLevel: 'ref_protected' },
    { locked: true },
    { maximumTimeout: 900 },
    { description: 'another' },
  ])('invalidates its queue value and wakes its held polls: %j', async (changes) => {
    const { id, token } = await gateway.register()
    await remember(token)
    await using waiting = await gateway.services.events.subscribe(queueValueTopic(digestOf(token)))
    expect(await update(id, changes)).toMatchObject(changes)
    expect((await waiting.wait(5_000)).events).toBe(true)
    expect(await gateway.queueValue(token)).not.toBe('known')
  })

  it('keeps settings that are not named, and clears those that are null', async () => {
    const { id } = await gateway.register({ description: 'mine', tag_list: 'a,b', maximum_timeout: 900 })
    expect(await update(id, { paused: true })).toMatchObject({ description: 'mine', tagList: ['a', 'b'] })
    expect(await update(id, { description: null, maximumTimeout: null, tagList: [' c', 'c', ''] })).toMatchObject({
      description: null,
      maximumTimeout: null,
      tagList: ['c'],
      paused: true,
    })
  })

  it('validates the runner as a whole, and changes nothing when it is invalid', async () => {
    const { id, token } = await gateway.register({ tag_list: 'a', run_untagged: false })
    await remember(token)
    await expect(update(id, { tagList: [] })).rejects.toThrow('can not be empty')
    await expect(update(id, { maximumTimeout: 5 })).rejects.toThrow('needs to be at least 10 minutes')
    expect(await gateway.queueValue(token)).toBe('known')
    expect(await gateway.admin('query', 'runners.get', { id })).toMatchObject({ tagList: ['a'] })
  })

  it('refuses an unknown id', async () => {
    await expect(update(2_147_483_647, { paused: true })).rejects.toThrow('NOT_FOUND')
  })
})

describe('an administrator', () => {
  it('removes a runner with its queue value', async () => {
    const { id, token } = await gateway.register()
    await remember(token)
    await gateway.admin('mutation', 'runners.remove', { id })
    expect(await gateway.queueValue(token)).toBeNull()
    expect((await gateway.post('/runners/verify', { token })).status).toBe(403)
    await expect(gateway.admin('mutation', 'runners.remove', { id })).rejects.toThrow('NOT_FOUND')
  })

  it('rotates a token with its queue value', async () => {
    const { id, token } = await gateway.register()
    await remember(token)
    const fresh = await gateway.admin<{ token: string }>('mutation', 'runners.rotateToken', { id })
    expect(await gateway.queueValue(token)).toBeNull()
    expect((await gateway.post('/runners/verify', { token })).status).toBe(403)
    expect((await gateway.post('/runners/verify', { token: fresh.token })).status).toBe(200)
  })
})
