import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const remove = (json: unknown, headers: Record<string, string> = {}) =>
  gateway.call('DELETE', '/api/v4/runners/managers', { json, headers })
const verify = (token: string, system_id: string) => gateway.post('/runners/verify', { token, system_id })
const shown = (id: number) =>
  gateway.admin<{ status: string; contactedAt: string | null; managers: { systemId: string }[] }>(
    'query',
    'runners.get',
    {
      id,
    },
  )

describe('DELETE /api/v4/runners/managers', () => {
  it('answers 204; the manager is gone, the runner and its other managers stay', async () => {
    const { id, token } = await gateway.register()
    await verify(token, 's_1')
    await verify(token, 's_2')
    const { status, text } = await remove({ token, system_id: 's_1' })
    expect(status).toBe(204)
    expect(text).toBe('')
    const runner = await shown(id)
    expect(runner.managers).toMatchObject([{ systemId: 's_2' }])
    expect(runner.contactedAt).not.toBeNull()
  })

  it('makes the runner never_contacted when its last manager is removed', async () => {
    const { id, token } = await gateway.register()
    await verify(token, 's_1')
    await remove({ token, system_id: 's_1' })
    expect(await shown(id)).toMatchObject({ status: 'never_contacted', contactedAt: null, managers: [] })
  })

  it('lets a manager come back with its next call', async () => {
    const { id, token } = await gateway.register()
    await verify(token, 's_1')
    await remove({ token, system_id: 's_1' })
    await verify(token, 's_1')
    expect(await shown(id)).toMatchObject({ status: 'online', managers: [{ systemId: 's_1' }] })
  })

  it.each([
    [{}, 'token is missing, system_id is missing'],
    [{ system_id: 's_1' }, 'token is missing'],
    [{ token: 't' }, 'system_id is missing'],
    [{ token: 't', system_id: '' }, 'system_id is missing'],
    [{ token: 't', system_id: null }, 'system_id is missing'],
    [{ token: 't', system_id: '  ' }, 'system_id is missing'],
    [{ token: 't', system_id: 'x'.repeat(65) }, 'system_id is invalid'],
    [{ token: 't', system_id: [] }, 'system_id is invalid'],
  ])('answers 400 to %j', async (json, error) => {
    const { status, body } = await remove(json)
    expect(status).toBe(400)
    expect(body).toEqual({ error })
  })

  it.each([['unknown'], [''], [null]])('answers 403 to the token %j', async (token) => {
    const { status, body } = await remove({ token, system_id: 's_1' })
    expect(status).toBe(403)
    expect(body).toEqual({ message: '403 Forbidden' })
  })

  it('answers 404 for a manager that does not exist or belongs to another runner', async () => {
    const [mine, other] = [await gateway.register(), await gateway.register()]
    await verify(other.token, 's_other')
    for (const system_id of ['s_unknown', 's_other']) {
      const { status, body } = await remove({ token: mine.token, system_id })
      expect(status).toBe(404)
      expect(body).toEqual({ message: '404 Runner manager not found Not Found' })
    }
    expect((await shown(other.id)).managers).toHaveLength(1)
  })

  it('answers 404 the second time', async () => {
    const { token } = await gateway.register()
    await verify(token, 's_1')
    const answers = await Promise.all([1, 2, 3].map(() => remove({ token, system_id: 's_1' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404])
  })

  it('does not count as a heartbeat: it creates no manager', async () => {
    const { id, token } = await gateway.register()
    await remove({ token, system_id: 's_1' })
    expect(await shown(id)).toMatchObject({ contactedAt: null, managers: [] })
  })

  it('compares If-Unmodified-Since with the manager once it is found', async () => {
    const { id, token } = await gateway.register()
    await verify(token, 's_1')
    const change = "update runner_managers set updated_at = '2024-05-01T10:00:00.5Z' where runner_id = $1"
    await gateway.database.db.query(change, [id])
    const since = (date: string) => ({ 'If-Unmodified-Since': date })
    const missing = await remove({ token, system_id: 's_2' }, since('Wed, 01 May 2024 10:00:00 GMT'))
    expect(missing.status).toBe(404)
    const early = await remove({ token, system_id: 's_1' }, since('Wed, 01 May 2024 10:00:00 GMT'))
    expect(early.status).toBe(412)
    expect(early.body).toEqual({ message: '412 Precondition Failed' })
    expect((await remove({ token, system_id: 's_1' }, since('Wed, 01 May 2024 10:00:01 GMT'))).status).toBe(204)
  })

  it('reads parameters from the query', async () => {
    const { token } = await gateway.register()
    await verify(token, 's_1')
    const { status } = await gateway.call('DELETE', `/api/v4/runners/managers?token=${token}&system_id=s_1`)
    expect(status).toBe(204)
  })
})
