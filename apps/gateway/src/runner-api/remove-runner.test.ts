import { digestOf } from '@yardmaster/domain'
import { queueValueKey, queueValueTopic } from '@yardmaster/domain/wakeups'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const remove = (json: unknown, headers: Record<string, string> = {}) =>
  gateway.call('DELETE', '/api/v4/runners', { json, headers })
const verify = (token: string, more: object = {}) => gateway.post('/runners/verify', { token, ...more })

describe('DELETE /api/v4/runners', () => {
  it('answers 204 without a body, and the runner is gone with its managers', async () => {
    const { id, token } = await gateway.register()
    await verify(token, { system_id: 's_1' })
    const { status, text, headers } = await remove({ token })
    expect(status).toBe(204)
    expect(text).toBe('')
    expect(headers['content-length'] ?? '0').toBe('0')
    await expect(gateway.admin('query', 'runners.get', { id })).rejects.toThrow('NOT_FOUND')
    expect(await gateway.database.db.query('select id from runner_managers where runner_id = $1', [id])).toEqual([])
    expect((await verify(token)).status).toBe(403)
  })

  it('reads the token from the query, too', async () => {
    const { token } = await gateway.register()
    expect((await gateway.call('DELETE', `/api/v4/runners?token=${token}`)).status).toBe(204)
  })

  it('answers 400 without a token', async () => {
    const { token } = await gateway.register()
    const { status, body } = await remove({}, { 'RUNNER-TOKEN': token })
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'token is missing' })
  })

  it('answers 403 the second time', async () => {
    const { token } = await gateway.register()
    const answers = [await remove({ token }), await remove({ token })]
    expect(answers.map(({ status }) => status)).toEqual([204, 403])
    expect(answers[1]?.body).toEqual({ message: '403 Forbidden' })
  })

  it('answers 204 to one of many that remove at once, and 403 to the others', async () => {
    const { token } = await gateway.register()
    const answers = await Promise.all(Array.from({ length: 6 }, () => remove({ token })))
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 403, 403, 403, 403, 403])
  })

  it('either performs or refuses concurrent calls', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { token } = await gateway.register()
      const answers = await Promise.all([
        ...Array.from({ length: 4 }, (_, n) => verify(token, { system_id: `s_${n}`, info: { version: `${round}` } })),
        remove({ token }),
        ...Array.from({ length: 4 }, (_, n) => verify(token, { system_id: `r_${n}` })),
        gateway.post('/runners/reset_authentication_token', { token }),
        gateway.call('DELETE', '/api/v4/runners/managers', { json: { token, system_id: 's_0' } }),
      ])
      for (const { status } of answers) expect([200, 201, 204, 403, 404]).toContain(status)
    }
  })

  it.each([['unknown'], [''], [null]])('answers 403 to the token %j', async (token) => {
    expect((await remove({ token })).status).toBe(403)
  })

  it('answers 403 to an expired token', async () => {
    const { id, token } = await gateway.register()
    await gateway.database.db.query('update runners set token_expires_at = now() where id = $1', [id])
    expect((await remove({ token })).status).toBe(403)
  })

  it('removes the queue value and wakes held polls', async () => {
    const { token } = await gateway.register()
    await gateway.services.scratch.set(queueValueKey(digestOf(token)), 'value', 60_000)
    await using waiting = await gateway.services.events.subscribe(queueValueTopic(digestOf(token)))
    await remove({ token })
    expect((await waiting.wait(5_000)).events).toBe(true)
    expect(await gateway.queueValue(token)).toBeNull()
  })

  it('updates the lists on screen', async () => {
    const { token } = await gateway.register()
    await using watching = await gateway.services.events.subscribe('runners')
    await remove({ token })
    expect((await watching.wait(5_000)).events).toBe(true)
  })
})

describe('If-Unmodified-Since', () => {
  const since = (date: string) => ({ 'If-Unmodified-Since': date })
  const aMinute = 60_000

  it('removes a runner that did not change since', async () => {
    const { token } = await gateway.register()
    expect((await remove({ token }, since(new Date(Date.now() + aMinute).toUTCString()))).status).toBe(204)
  })

  it('answers 412 when the runner changed later, and removes nothing', async () => {
    const { token } = await gateway.register()
    const { status, body } = await remove({ token }, since(new Date(Date.now() - aMinute).toUTCString()))
    expect(status).toBe(412)
    expect(body).toEqual({ message: '412 Precondition Failed' })
    expect((await verify(token)).status).toBe(200)
  })

  it('compares stored milliseconds, so the second of the change fails', async () => {
    const { id, token } = await gateway.register()
    await gateway.database.db.query("update runners set updated_at = '2024-05-01T10:00:00.500Z' where id = $1", [id])
    expect((await remove({ token }, since('Wed, 01 May 2024 10:00:00 GMT'))).status).toBe(412)
    expect((await remove({ token }, since('Wed, 01 May 2024 10:00:01 GMT'))).status).toBe(204)
  })

  it.each([
    'Wednesday, 01-May-24 09:59:59 GMT',
    'Wed May  1 09:59:59 2024',
    '2024-05-01T09:59:59Z',
    '2024-05-01T11:59:59+02:00',
    '2024-05-01',
    '01 May 2024 09:59:59 GMT',
  ])('reads the date %s', async (date) => {
    const { id, token } = await gateway.register()
    await gateway.database.db.query("update runners set updated_at = '2024-05-01T10:00:00Z' where id = $1", [id])
    expect((await remove({ token }, since(date))).status).toBe(412)
  })

  it.each(['yesterday', '12', 'version 2020', '', 'Wed, 99 May 2024 10:00:00 GMT'])('ignores %j', async (date) => {
    const { token } = await gateway.register()
    expect((await remove({ token }, since(date))).status).toBe(204)
  })

  it('does not count heartbeats as changes', async () => {
    const { id, token } = await gateway.register()
    await gateway.database.db.query("update runners set updated_at = '2024-05-01T10:00:00Z' where id = $1", [id])
    await verify(token, { system_id: 's_1', info: { version: '16.0.0' } })
    await gateway.services.contacts.flush()
    expect((await remove({ token }, since('Wed, 01 May 2024 10:00:01 GMT'))).status).toBe(204)
  })

  it('is checked after authentication', async () => {
    expect((await remove({ token: 'unknown' }, since('Wed, 01 May 2024 10:00:00 GMT'))).status).toBe(403)
  })
})
