import { digestOf } from '@yardmaster/domain'
import { queueValueKey, queueValueTopic } from '@yardmaster/domain/wakeups'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const verify = (token: string) => gateway.post('/runners/verify', { token })
const tokenOf = ({ body }: { body: unknown }) => (body as { token: string }).token
const create = () =>
  gateway.admin<{ id: number; token: string }>('mutation', 'runners.create', { runnerType: 'instance_type' })
const expire = (id: number) =>
  gateway.database.db.query('update runners set token_expires_at = now() where id = $1', [id])
const shown = (id: number) =>
  gateway.admin<{ contactedAt: string | null; managers: unknown[]; tokenExpiresAt: string | null }>(
    'query',
    'runners.get',
    { id },
  )

describe('POST /api/v4/runners/reset_authentication_token', () => {
  const rotate = (json: unknown, headers?: Record<string, string>) =>
    gateway.post('/runners/reset_authentication_token', json, headers)

  it('answers 201 with the new token; the old one is invalid at once', async () => {
    const { token } = await gateway.register()
    const answer = await rotate({ token })
    expect(answer.status).toBe(201)
    expect(answer.text).toMatch(/^\{"token":"glrtr-[A-Za-z0-9_-]{20,}","token_expires_at":null\}$/)
    expect((await verify(token)).status).toBe(403)
    expect((await verify(tokenOf(answer))).status).toBe(200)
  })

  it('keeps the prefix of a token that a user created', async () => {
    const { token } = await create()
    expect(tokenOf(await rotate({ token }))).toMatch(/^glrt-[A-Za-z0-9_-]{20,}$/)
  })

  it('answers 400 without a token', async () => {
    const { token } = await gateway.register()
    const { status, body } = await rotate({}, { 'RUNNER-TOKEN': token })
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'token is missing' })
  })

  it.each([['unknown'], [''], [null]])('answers 403 to the token %j', async (token) => {
    const { status, body } = await rotate({ token })
    expect(status).toBe(403)
    expect(body).toEqual({ message: '403 Forbidden' })
  })

  it('answers 403 to an expired token', async () => {
    const { id, token } = await gateway.register()
    await expire(id)
    expect((await rotate({ token })).status).toBe(403)
  })

  it('answers 201 to one of many that rotate at once, and 403 to the others', async () => {
    const { token } = await gateway.register()
    const answers = await Promise.all(Array.from({ length: 6 }, () => rotate({ token })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 403, 403, 403, 403, 403])
    const winner = answers.find(({ status }) => status === 201)
    expect(winner && (await verify(tokenOf(winner))).status).toBe(200)
  })

  it('counts as a heartbeat of the runner, and creates no manager', async () => {
    const { id, token } = await gateway.register()
    await rotate({ token })
    const runner = await shown(id)
    expect(runner.contactedAt).not.toBeNull()
    expect(runner.managers).toEqual([])
  })

  it('forgets the queue value, and wakes polls held with the old token', async () => {
    const { token } = await gateway.register()
    await gateway.services.scratch.set(queueValueKey(digestOf(token)), 'value', 60_000)
    await using waiting = await gateway.services.events.subscribe(queueValueTopic(digestOf(token)))
    const fresh = tokenOf(await rotate({ token }))
    expect((await waiting.wait(5_000)).events).toBe(true)
    expect(await gateway.queueValue(token)).toBeNull()
    expect(await gateway.queueValue(fresh)).toBeNull()
  })
})

describe('POST /api/v4/runners/:id/reset_authentication_token', () => {
  const rotate = (id: number | string, headers: Record<string, string> = { 'PRIVATE-TOKEN': ADMIN_TOKEN }) =>
    gateway.call('POST', `/api/v4/runners/${id}/reset_authentication_token`, {
      body: 'null',
      headers: { 'content-type': 'application/json', ...headers },
    })

  it('answers 201 to the literal body null that a runner sends', async () => {
    const { id, token } = await gateway.register()
    const answer = await rotate(id)
    expect(answer.status).toBe(201)
    expect(answer.text).toMatch(/^\{"token":"glrtr-[A-Za-z0-9_-]{20,}","token_expires_at":null\}$/)
    expect((await verify(token)).status).toBe(403)
    expect((await verify(tokenOf(answer))).status).toBe(200)
  })

  it('accepts the user’s token as a parameter and as a bearer token, too', async () => {
    const { id } = await gateway.register()
    expect((await rotate(id, { authorization: `Bearer ${ADMIN_TOKEN}` })).status).toBe(201)
    const path = `/api/v4/runners/${id}/reset_authentication_token`
    expect((await gateway.call('POST', `${path}?private_token=${ADMIN_TOKEN}`)).status).toBe(201)
    expect((await gateway.call('POST', path, { json: { private_token: ADMIN_TOKEN } })).status).toBe(201)
  })

  it.each([[{}], [{ 'PRIVATE-TOKEN': 'wrong' }], [{ 'PRIVATE-TOKEN': '' }], [{ authorization: 'Bearer wrong' }]])(
    'answers 401 to %j',
    async (headers) => {
      const { id, token } = await gateway.register()
      const { status, body } = await rotate(id, headers)
      expect(status).toBe(401)
      expect(body).toEqual({ message: '401 Unauthorized' })
      expect((await verify(token)).status).toBe(200)
    },
  )

  it('does not accept a runner’s token as a user’s', async () => {
    const { id, token } = await gateway.register()
    expect((await rotate(id, { 'PRIVATE-TOKEN': token })).status).toBe(401)
  })

  it.each([[0], [-1], [2_147_483_647], ['99999999999999999999']])('answers 404 for the id %s', async (id) => {
    const { status, body } = await rotate(id)
    expect(status).toBe(404)
    expect(body).toEqual({ message: '404 Runner Not Found' })
  })

  it('answers 400 for an id that is not a number', async () => {
    const { status, body } = await rotate('verify')
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'id is invalid' })
  })

  it('replaces an expired token', async () => {
    const { id } = await gateway.register()
    await expire(id)
    expect((await verify(tokenOf(await rotate(id)))).status).toBe(200)
  })

  it('does not count as a heartbeat', async () => {
    const { id } = await gateway.register()
    await rotate(id)
    expect((await shown(id)).contactedAt).toBeNull()
  })
})

describe('with a lifetime for runner tokens', () => {
  const SECONDS = 7_200
  let limited: TestGateway
  beforeAll(async () => {
    limited = await startTestGateway({ policy: { runnerTokenLifetimeSeconds: SECONDS } })
  })
  afterAll(() => limited[Symbol.asyncDispose]())

  const expiryOf = ({ body }: { body: unknown }) => (body as { token_expires_at: string }).token_expires_at
  const expectLifetime = (expiry: string) => {
    expect(expiry).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(Math.abs(Date.parse(expiry) - Date.now() - SECONDS * 1000)).toBeLessThan(60_000)
  }

  it('returns the expiry of the token at registration, at verification and at each rotation', async () => {
    const registered = await limited.post('/runners', { token: limited.registrationToken })
    expectLifetime(expiryOf(registered))
    const verified = await limited.post('/runners/verify', { token: tokenOf(registered) })
    expect(expiryOf(verified)).toBe(expiryOf(registered))
    const rotated = await limited.post('/runners/reset_authentication_token', { token: tokenOf(registered) })
    expectLifetime(expiryOf(rotated))
  })

  it('begins a new lifetime with a new token', async () => {
    const { id, token } = await limited.register()
    await limited.database.db.query("update runners set token_expires_at = now() + interval '1 minute' where id = $1", [
      id,
    ])
    expectLifetime(expiryOf(await limited.post('/runners/reset_authentication_token', { token })))
  })
})
