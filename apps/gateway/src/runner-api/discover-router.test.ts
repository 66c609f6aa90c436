import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const discover = (headers: Record<string, string>, query = '') =>
  gateway.call('GET', `/api/v4/runners/router/discovery${query}`, { headers })

describe('GET /api/v4/runners/router/discovery', () => {
  it('answers 501 to a runner, which then polls as usual', async () => {
    const { token } = await gateway.register()
    const { status, body, headers } = await discover({ 'RUNNER-TOKEN': token })
    expect(status).toBe(501)
    expect(headers['content-type']).toBe('application/json')
    expect(body).toEqual({ message: 'Job Router is not available. Please contact your administrator.' })
  })

  it('answers 403 without a token, and does not read parameters', async () => {
    const { token } = await gateway.register()
    const { status, body } = await discover({}, `?token=${token}`)
    expect(status).toBe(403)
    expect(body).toEqual({ message: '403 Forbidden' })
  })

  it('answers 403 to an unknown and to an expired token', async () => {
    const { id, token } = await gateway.register()
    await gateway.database.db.query('update runners set token_expires_at = now() where id = $1', [id])
    expect((await discover({ 'Runner-Token': 'unknown' })).status).toBe(403)
    expect((await discover({ 'Runner-Token': token })).status).toBe(403)
  })

  it('does not count as a heartbeat', async () => {
    const { id, token } = await gateway.register()
    await discover({ 'Runner-Token': token })
    const runner = await gateway.admin<object>('query', 'runners.get', { id })
    expect(runner).toMatchObject({ contactedAt: null, managers: [] })
  })
})
