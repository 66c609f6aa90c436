import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const verify = (body: Record<string, unknown>) => gateway.post('/runners/verify', body)

interface Shown {
  contactedAt: string | null
  status: string
  creationState: string
  managers: Record<string, unknown>[]
}
const shown = (id: number) => gateway.admin<Shown>('query', 'runners.get', { id })

describe('POST /api/v4/runners/verify', () => {
  it('answers 200 with id, token and expiry to a registered runner', async () => {
    const { id, token } = await gateway.register()
    const { status, text, headers } = await verify({ token })
    expect(status).toBe(200)
    expect(text).toBe(JSON.stringify({ id, token, token_expires_at: null }))
    expect(headers['content-type']).toBe('application/json')
  })

  it('answers 200 to a paused runner', async () => {
    const { token } = await gateway.register({ paused: true })
    expect((await verify({ token })).status).toBe(200)
  })

  it('answers 400 without a token, even if the header carries one', async () => {
    const { token } = await gateway.register()
    const { status, body } = await gateway.post('/runners/verify', {}, { 'RUNNER-TOKEN': token })
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'token is missing' })
  })

  it.each([['unknown'], [''], [null], ['glrt-unknown']])('answers 403 to the token %j', async (token) => {
    const { status, body } = await verify({ token })
    expect(status).toBe(403)
    expect(body).toEqual({ message: '403 Forbidden' })
  })

  it('compares tokens exactly, including case and blanks', async () => {
    const { token } = await gateway.register()
    for (const other of [token.toUpperCase(), ` ${token}`, `${token} `, token.slice(0, -1)]) {
      expect((await verify({ token: other })).status).toBe(403)
    }
  })

  it('answers 403 to a registration token', async () => {
    expect((await verify({ token: gateway.registrationToken })).status).toBe(403)
  })

  it('answers 403 from the moment a token expires', async () => {
    const { id, token } = await gateway.register()
    await gateway.database.db.query(`update runners set token_expires_at = now() where id = $1`, [id])
    expect((await verify({ token })).status).toBe(403)
  })

  it('counts as a heartbeat: the runner is online and has a manager', async () => {
    const { id, token } = await gateway.register()
    expect((await shown(id)).contactedAt).toBeNull()
    await verify({ token, system_id: 's_0a1b2c3d4e5f' })
    const runner = await shown(id)
    expect(runner.status).toBe('online')
    expect(runner.managers).toMatchObject([{ systemId: 's_0a1b2c3d4e5f', status: 'online' }])
  })

  it.each([[undefined], [null], [''], ['  ']])('calls the manager <legacy> when system_id is %j', async (system_id) => {
    const { id, token } = await gateway.register()
    expect((await verify({ token, system_id })).status).toBe(200)
    expect((await shown(id)).managers).toMatchObject([{ systemId: '<legacy>' }])
  })

  it('accepts a system_id of 64 characters, and refuses a longer one with 400', async () => {
    const { token } = await gateway.register()
    expect((await verify({ token, system_id: 'ü'.repeat(64) })).status).toBe(200)
    const { status, body } = await verify({ token, system_id: 'r'.repeat(65) })
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'system_id is invalid' })
  })

  it('keeps one manager for many concurrent calls with the same system_id', async () => {
    const { id, token } = await gateway.register()
    const answers = await Promise.all(Array.from({ length: 8 }, () => verify({ token, system_id: 'r_samesamesame' })))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect((await shown(id)).managers).toHaveLength(1)
  })

  it('stores the manager’s info and address', async () => {
    const { id, token } = await gateway.register()
    const info = {
      name: 'gitlab-runner',
      version: '19.4.0',
      revision: '91a27b2a',
      platform: 'linux',
      architecture: 'arm64',
      executor: 'docker+machine',
      shell: 'bash',
      features: { variables: true, nested: { deep: { deeper: 1 } } },
      config: { gpus: 'all', secret: 'dropped' },
      labels: { zone: 'north-1', 'bad name': 'dropped', 'x-y': 'bad value!' },
    }
    await gateway.call('POST', '/api/v4/runners/verify', {
      json: { token, system_id: 's_1', info },
      headers: { 'X-Forwarded-For': '123.222.123.222, 127.0.0.1' },
    })
    expect((await shown(id)).managers).toMatchObject([
      {
        version: '19.4.0',
        revision: '91a27b2a',
        platform: 'linux',
        architecture: 'arm64',
        executor: 'docker+machine',
        ipAddress: '123.222.123.222',
        features: info.features,
        config: { gpus: 'all' },
        labels: { zone: 'north-1' },
      },
    ])
  })

  it('keeps stored details when a later heartbeat leaves them out or blank', async () => {
    const { id, token } = await gateway.register()
    await verify({ token, info: { version: '16.0.0', platform: 'linux', features: { cancelable: true } } })
    await verify({ token, info: { version: ' ', platform: null, features: {} } })
    await verify({ token })
    expect((await shown(id)).managers).toMatchObject([
      { version: '16.0.0', platform: 'linux', features: { cancelable: true } },
    ])
  })

  it('stores details that a later heartbeat changes', async () => {
    const { id, token } = await gateway.register()
    await verify({ token, info: { version: '16.0.0', executor: 'shell' } })
    await verify({ token, info: { version: '17.0.0', executor: 'something-new' } })
    expect((await shown(id)).managers).toMatchObject([{ version: '17.0.0', executor: 'unknown' }])
  })

  it('writes nothing for a heartbeat without changes', async () => {
    const { id, token } = await gateway.register()
    const heartbeat = { token, system_id: 's_1', info: { version: '16.0.0', features: { b: true, a: { c: 1 } } } }
    const version = () => gateway.database.db.query('select xmin::text from runner_managers where runner_id = $1', [id])
    await verify(heartbeat)
    const before = await version()
    await verify({ ...heartbeat, info: { features: { a: { c: 1 }, b: true }, version: '16.0.0' } })
    expect(await version()).toEqual(before)
  })

  it.each([['text'], [5], [true], [[]], [null]])('ignores info that is %j', async (info) => {
    const { token } = await gateway.register()
    expect((await verify({ token, info })).status).toBe(200)
  })

  it('truncates details that are too long', async () => {
    const { id, token } = await gateway.register()
    const info = { version: 'ü'.repeat(3000), revision: '😀'.repeat(300), platform: 'p'.repeat(300) }
    expect((await verify({ token, info })).status).toBe(200)
    expect((await shown(id)).managers).toMatchObject([
      { version: 'ü'.repeat(2048), revision: '😀'.repeat(255), platform: 'p'.repeat(255) },
    ])
  })

  it('accepts features with strings that only JSON can hold, at any depth', async () => {
    const { token } = await gateway.register()
    const body = `{"token":"${token}","info":{"features":{"a":{"b":"\\u0000"},"__proto__":{"c":"\\ud800"}}}}`
    const headers = { 'content-type': 'application/json' }
    for (const _ of [1, 2]) {
      expect((await gateway.call('POST', '/api/v4/runners/verify', { body, headers })).status).toBe(200)
    }
  })

  it('ignores deeply nested features and labels, and refuses a long body with endless nesting', async () => {
    const { id, token } = await gateway.register()
    const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
    const say = (info: string) =>
      gateway.call('POST', '/api/v4/runners/verify', { body: `{"token":"${token}","info":${info}}` })
    expect((await say('{"version":"1","features":{"a":true}}')).status).toBe(200)
    for (const [levels, status] of [
      [40, 200],
      [5_000, 200],
      [150_000, 400],
    ] as const) {
      for (const name of ['features', 'labels', 'config', 'version']) {
        expect((await say(`{"platform":"p${levels}","${name}":${deep(levels)}}`)).status).toBe(status)
      }
      const platform = status === 200 ? `p${levels}` : 'p5000'
      expect((await shown(id)).managers).toMatchObject([{ platform, features: { a: true } }])
    }
  })

  it('leaves a created runner never_contacted: only a request for work ends its creation', async () => {
    const { id, token } = await gateway.admin<{ id: number; token: string }>('mutation', 'runners.create', {
      runnerType: 'instance_type',
    })
    expect((await verify({ token })).status).toBe(200)
    expect(await shown(id)).toMatchObject({ status: 'never_contacted', creationState: 'started' })
  })
})
