import { digestOf } from '@yardmaster/domain'
import { LEGACY_SYSTEM_ID, noteRunnerEntry } from '@yardmaster/domain/runners'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ policy: { longPollMs: 50 } })
})
afterAll(() => gateway[Symbol.asyncDispose]())

const ask = (token: string, system_id: string | null) => gateway.post('/jobs/request', { token, system_id })
/** Counts the entries of a process, including the one with `token`. */
const entriesOf = (systemId: string, token: string) =>
  noteRunnerEntry(gateway.services, { tokenDigest: digestOf(token), systemId })

describe('the entries of a runner process', () => {
  it('are as many as the tokens it polls with, from the first request on', async () => {
    const [first, second] = [await gateway.register(), await gateway.register()]
    for (const { token } of [first, second, first]) expect((await ask(token, 's_1')).status).toBe(204)
    expect(await entriesOf('s_1', first.token)).toBe(2)
  })

  it('do not include an unknown token', async () => {
    const { token } = await gateway.register()
    expect((await ask('wrong', 's_2')).status).toBe(403)
    expect(await entriesOf('s_2', token)).toBe(1)
  })

  it('stay the same when a token is replaced', async () => {
    const { id, token } = await gateway.register()
    await ask(token, 's_3')
    const { body } = await gateway.post('/runners/reset_authentication_token', { token })
    const own = (body as { token: string }).token
    expect(await entriesOf('s_3', own)).toBe(1)
    await ask(own, 's_3')
    const fresh = await gateway.admin<{ token: string }>('mutation', 'runners.rotateToken', { id })
    expect(await entriesOf('s_3', fresh.token)).toBe(1)
  })

  it.each([
    [
      'its runner is removed',
      ({ token }: { token: string }) => gateway.call('DELETE', '/api/v4/runners', { json: { token } }),
    ],
    [
      'its manager is removed',
      ({ token }: { token: string }) =>
        gateway.call('DELETE', '/api/v4/runners/managers', { json: { token, system_id: 's_4' } }),
    ],
    [
      'an administrator removes its runner',
      ({ id }: { id: number }) => gateway.admin('mutation', 'runners.remove', { id }),
    ],
  ])('are one less when %s', async (_, remove) => {
    const [stays, goes] = [await gateway.register(), await gateway.register()]
    await ask(stays.token, 's_4')
    await ask(goes.token, 's_4')
    expect(await entriesOf('s_4', stays.token)).toBe(2)
    await remove(goes)
    expect(await entriesOf('s_4', stays.token)).toBe(1)
    await gateway.admin('mutation', 'runners.remove', { id: stays.id })
  })

  it('are not counted for processes that send no system id', async () => {
    for (const { token } of [await gateway.register(), await gateway.register()]) {
      await ask(token, null)
      expect(await entriesOf(LEGACY_SYSTEM_ID, token)).toBe(1)
    }
  })
})
