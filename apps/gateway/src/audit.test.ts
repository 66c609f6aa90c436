import type { AuditEvent } from '@yardmaster/domain/audit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from './testing/test-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(() => gateway.database.db.script('delete from audit_events'))

type Shown = AuditEvent & { subjectId: number | null }

const events = async (filter: object = {}) =>
  (await gateway.admin<{ items: Shown[] }>('query', 'audit.list', filter)).items

const only = async (filter: object = {}): Promise<Shown> => {
  const [event, ...more] = await events(filter)
  if (!event || more.length > 0) throw new Error(`${more.length + (event ? 1 : 0)} events`)
  return event
}

const form = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  gateway.call('POST', path, {
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })

describe('an admin mutation', () => {
  it('is recorded with its subject and its changes', async () => {
    const { id } = await gateway.register()
    await gateway.admin('mutation', 'runners.update', { id, paused: true, tagList: ['a'], maintenanceNote: 'psst' })
    expect(await only({ action: 'runners.update' })).toMatchObject({
      actor: { kind: 'admin_token', address: '127.0.0.1', session: null },
      subjectKind: 'runner',
      subjectId: id,
      subjectIds: [id],
      outcome: 'done',
      details: { input: { paused: true, tagList: ['a'] }, withoutValue: ['maintenanceNote'] },
    })
  })

  it('that creates something is recorded with the new ids', async () => {
    const created = await gateway.admin<{ ids: number[] }>('mutation', 'jobs.createMany', {
      jobs: ['one', 'two'].map((name) => ({ name, definition: { script: ['x'] } })),
    })
    expect((await only({ action: 'jobs.createMany' })).subjectIds).toEqual(created.ids)
    expect(await events({ subjectKind: 'job', subjectId: created.ids[1] })).toHaveLength(1)
    const { id } = await gateway.admin<{ id: number }>('mutation', 'runners.create', { runnerType: 'instance_type' })
    expect(await only({ action: 'runners.create' })).toMatchObject({ subjectId: id, outcome: 'done' })
  })

  it('that was refused or invalid is recorded as refused', async () => {
    await expect(gateway.admin('mutation', 'jobs.cancel', { id: 2_147_483_000 })).rejects.toThrow()
    await expect(gateway.admin('mutation', 'jobs.cancel', { id: 'x' })).rejects.toThrow()
    expect(await events()).toMatchObject([
      { action: 'jobs.cancel', outcome: 'refused', subjectId: null, details: { code: 'BAD_REQUEST' } },
      { action: 'jobs.cancel', outcome: 'refused', subjectId: 2_147_483_000, details: { code: 'NOT_FOUND' } },
    ])
  })

  it('records no secret', async () => {
    const secrets = ['variable-value', 'url-password', 'script-password', 'hook-password']
    const path = `p-${Date.now()}`
    const { id } = await gateway.admin<{ id: number }>('mutation', 'projects.create', {
      path,
      repoUrl: 'https://user:url-password@example.com/r.git',
      variables: [{ key: 'KEY', value: 'variable-value', masked: true }],
    })
    await gateway.admin('mutation', 'jobs.create', {
      projectId: id,
      name: 'x',
      sha: '0'.repeat(40),
      definition: { script: ['login script-password'] },
      variables: [{ key: 'KEY', value: 'variable-value' }],
    })
    const { token } = await gateway.admin<{ token: string }>('mutation', 'projects.rotateRegistrationToken', { id })
    const { secret } = await gateway.admin<{ secret: string }>('mutation', 'webhooks.create', {
      url: 'https://user:hook-password@example.com/',
      enabled: false,
    })
    const kept = JSON.stringify(await events())
    for (const hidden of [...secrets, token, secret, ADMIN_TOKEN]) expect(kept).not.toContain(hidden)
    expect(kept).toContain(path)
    expect(await only({ action: 'projects.create' })).toMatchObject({
      details: { withoutValue: ['repoUrl', 'variables'] },
    })
  })

  it('is not performed when it can’t be recorded', async () => {
    const { id } = await gateway.register()
    await gateway.database.db.script('alter table audit_events rename to audit_events_away')
    try {
      await expect(gateway.admin('mutation', 'runners.update', { id, paused: true })).rejects.toThrow(/500/)
    } finally {
      await gateway.database.db.script('alter table audit_events_away rename to audit_events')
    }
    expect(await gateway.admin('query', 'runners.get', { id })).toMatchObject({ paused: false })
  })

  it('by a session is recorded with the session, not with its cookie', async () => {
    const signedIn = await form('/sign-in', { token: ADMIN_TOKEN })
    const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? ''
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    await gateway.call('POST', '/trpc/settings.update', { json: { maintenance: false }, headers })
    await gateway.call('POST', '/sign-out', { headers })
    const [signOut, update, signIn] = await events()
    expect([signOut?.action, update?.action, signIn?.action]).toEqual([
      'sessions.signOut',
      'settings.update',
      'sessions.signIn',
    ])
    expect(signIn).toMatchObject({
      actor: { kind: 'admin_token', session: expect.stringMatching(/^[0-9a-f]{8}$/) },
      subjectKind: 'session',
    })
    expect(update?.actor).toEqual({ kind: 'session', address: '127.0.0.1', session: signIn?.actor.session })
    expect(signOut?.actor).toEqual(update?.actor)
    expect(JSON.stringify([signOut, update, signIn])).not.toContain(cookie.split('=')[1])
  })
})

describe('signing in', () => {
  it('is recorded when refused, up to a limit', async () => {
    await form('/sign-in', { token: 'wrong' }, { 'x-forwarded-for': '203.0.113.1' })
    expect(await only()).toMatchObject({
      action: 'sessions.signIn',
      actor: { kind: 'nobody', address: '203.0.113.1' },
      outcome: 'refused',
      details: { with: 'token' },
    })
    for (let n = 0; n < 50; n++) await form('/sign-in', { link: `wrong-${n}` })
    const refused = await events({ action: 'sessions.signIn', limit: 100 })
    // A minute may have ended meanwhile, so there may be twice the limit.
    expect(refused.length).toBeLessThanOrEqual(40)
    expect(refused[0]).toMatchObject({ details: { with: 'link' } })
  })
})

describe('a runner', () => {
  it('that registers, changes its token and unregisters is recorded', async () => {
    const { id, token } = await gateway.register({ description: 'psst' })
    const rotated = await gateway.post('/runners/reset_authentication_token', { token })
    const { token: next } = rotated.body as { token: string }
    const system = { token: next, system_id: 's_audit' }
    await gateway.post('/runners/verify', system)
    await gateway.call('DELETE', '/api/v4/runners/managers', { json: system })
    await gateway.call('DELETE', '/api/v4/runners', { json: { token: next } })
    const seen = await events({ subjectKind: 'runner', subjectId: id })
    expect(seen.map(({ action, actor }) => `${action} ${actor.kind} ${actor.address}`)).toEqual([
      'runners.remove runner 127.0.0.1',
      'runners.removeManager runner 127.0.0.1',
      'runners.rotateToken runner 127.0.0.1',
      'runners.register registration_token 127.0.0.1',
    ])
    expect(JSON.stringify(seen)).not.toMatch(/glrtr-|psst/)
  })

  it('that is refused is not recorded, because any client may ask', async () => {
    await gateway.post('/runners', { token: 'wrong' })
    await gateway.post('/runners/reset_authentication_token', { token: 'wrong' })
    expect(await events()).toEqual([])
  })

  it('that a user creates or resets through the runner protocol is recorded with the user as the actor', async () => {
    const headers = { 'private-token': ADMIN_TOKEN }
    const made = await gateway.post('/user/runners', { runner_type: 'instance_type' }, headers)
    const { id } = made.body as { id: number }
    await gateway.post(`/runners/${id}/reset_authentication_token`, {}, headers)
    await gateway.post('/runners/2147483000/reset_authentication_token', {}, headers)
    expect(await events()).toMatchObject([
      { action: 'runners.rotateToken', actor: { kind: 'user_token' }, subjectId: 2_147_483_000, outcome: 'refused' },
      { action: 'runners.rotateToken', actor: { kind: 'user_token' }, subjectId: id, outcome: 'done' },
      { action: 'runners.create', actor: { kind: 'user_token' }, subjectId: id, outcome: 'done' },
    ])
  })

  it('that names an id that no runner can have is recorded without it', async () => {
    const headers = { 'private-token': ADMIN_TOKEN }
    for (const id of ['0', '-1', '99999999999999999999', 'x']) {
      await gateway.post(`/runners/${id}/reset_authentication_token`, {}, headers)
    }
    for (const event of await events()) expect(event).toMatchObject({ subjectId: null, subjectIds: [] })
  })
})

describe('the list of audit events', () => {
  it('leaves out ids that an earlier release kept although they cannot exist', async () => {
    const event = { actor: { kind: 'user_token', address: null }, action: 'runners.rotateToken' } as const
    await gateway.services.audit.add({
      ...event,
      ...{ subjectKind: 'runner', subjectIds: [0], outcome: 'refused', details: {} },
    })
    expect((await events())[0]).toMatchObject({ subjectId: null, subjectIds: [] })
  })

  it('is read page by page', async () => {
    for (const n of [1, 2, 3]) await expect(gateway.admin('mutation', 'jobs.retry', { id: n + 2e9 })).rejects.toThrow()
    const page = (input: object) =>
      gateway.admin<{ items: Shown[]; nextCursor: string | null }>('query', 'audit.list', { limit: 2, ...input })
    const first = await page({})
    expect(first.items.map(({ subjectId }) => subjectId)).toEqual([2e9 + 3, 2e9 + 2])
    const second = await page({ cursor: first.nextCursor })
    expect([second.items.map(({ subjectId }) => subjectId), second.nextCursor]).toEqual([[2e9 + 1], null])
  })
})
