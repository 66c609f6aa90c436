import { digestOf } from '@yardmaster/domain'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

interface Created {
  readonly id: number
  readonly token: string
}

let gateway: TestGateway
let projectId: number

beforeAll(async () => {
  gateway = await startTestGateway()
  projectId = (await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'yard/lantern' })).id
})
afterAll(() => gateway[Symbol.asyncDispose]())

const create = (given: Record<string, unknown> = {}) =>
  gateway.admin<Created>('mutation', 'projectTokens.create', { projectId, name: 'laptop', access: 'read', ...given })
const list = (given: Record<string, unknown> = {}) =>
  gateway.admin<{ items: Record<string, unknown>[]; nextCursor: string | null }>('query', 'projectTokens.list', {
    projectId,
    ...given,
  })
const use = ({ token }: Created) => gateway.services.projectTokens.use(digestOf(token))

it('a token is shown once, stored as a digest, listed, used and revoked', async () => {
  const created = await create({ access: 'write' })
  expect(created.token).toMatch(/^ympt-[\w-]{24}$/)
  const { items } = await list()
  expect(items).toEqual([
    {
      ...{ id: created.id, projectId, name: 'laptop', access: 'write', tokenPrefix: created.token.slice(0, 13) },
      ...{ expiresAt: null, lastUsedAt: null, createdAt: expect.any(String) },
    },
  ])
  const stored = await gateway.database.db.query('select * from project_tokens')
  expect(JSON.stringify(stored)).not.toContain(created.token)

  expect(await use(created)).toMatchObject({ id: created.id, projectId, access: 'write' })
  expect((await list()).items).toMatchObject([{ lastUsedAt: expect.any(String) }])
  await gateway.admin('mutation', 'projectTokens.revoke', { id: created.id })
  expect((await list()).items).toEqual([])
  expect(await use(created)).toBeNull()
  await expect(gateway.admin('mutation', 'projectTokens.revoke', { id: created.id })).rejects.toThrow(
    'project_token_not_found',
  )
})

it('a use is noted once a minute', async () => {
  const created = await create()
  const noteUse = (ago: string) =>
    gateway.database.db.query('update project_tokens set last_used_at = now() - $2::interval where id = $1', [
      created.id,
      ago,
    ])
  const isNotedNow = async () => {
    const [row] = await gateway.database.db.query<{ now: boolean }>(
      "select last_used_at > now() - interval '5 minutes' as now from project_tokens where id = $1",
      [created.id],
    )
    return row?.now
  }
  await noteUse('1 hour')
  await use(created)
  expect(await isNotedNow()).toBe(true)
  // A moment ago by the clock of a process that is ahead.
  await noteUse('-1 hour')
  const before = (await list()).items.find(({ id }) => id === created.id)
  await use(created)
  expect((await list()).items.find(({ id }) => id === created.id)).toEqual(before)
})

it('an expired token is refused, and a time that is past cannot be chosen', async () => {
  await expect(create({ expiresAt: '2020-01-01T00:00:00Z' })).rejects.toThrow('project_token_invalid')
  await expect(create({ expiresAt: 'tomorrow' })).rejects.toThrow('input_invalid')
  await expect(create({ expiresAt: '9999-12-31T23:59:59-12:00' })).rejects.toThrow('project_token_invalid')
  await expect(create({ expiresAt: '0000-01-01T00:00:00+14:00' })).rejects.toThrow('project_token_invalid')
  const created = await create({ expiresAt: '9999-12-31T23:59:59+02:00' })
  expect(await use(created)).not.toBeNull()
  await gateway.database.db.query("update project_tokens set expires_at = now() - interval '1 second' where id = $1", [
    created.id,
  ])
  expect(await use(created)).toBeNull()
})

it('a token is no credential of any other door', async () => {
  const { token } = await create({ access: 'write' })
  const headers = { authorization: `Bearer ${token}`, 'private-token': token, 'job-token': token }
  for (const path of ['/trpc/settings.get', '/api/admin/v1/projects', '/download/jobs/1/trace']) {
    expect((await gateway.call('GET', path, { headers })).status).toBe(401)
  }
  expect((await gateway.post('/user/runners', { runner_type: 'instance_type' }, headers)).status).toBe(401)
  expect((await gateway.post('/runners/verify', { token })).status).toBe(403)
})

it('tokens go with their project, and a missing project has none', async () => {
  const other = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'yard/gone' })
  const created = await create({ projectId: other.id })
  await gateway.admin('mutation', 'projects.remove', { id: other.id })
  expect(await use(created)).toBeNull()
  const left = await gateway.database.db.query('select id from project_tokens where project_id = $1', [other.id])
  expect(left).toEqual([])
  await expect(create({ projectId: other.id })).rejects.toThrow('project_not_found')
  await expect(list({ projectId: other.id })).rejects.toThrow('project_not_found')
})

it('tokens are listed page by page, and their making is on record without their text', async () => {
  const { id } = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'yard/pages' })
  const made = [await create({ projectId: id }), await create({ projectId: id }), await create({ projectId: id })]
  const first = await list({ projectId: id, limit: 2 })
  const second = await list({ projectId: id, limit: 2, cursor: first.nextCursor })
  expect([...first.items, ...second.items].map((item) => item.id)).toEqual(made.map((one) => one.id).reverse())
  expect(second.nextCursor).toBeNull()
  const { items } = await gateway.admin<{ items: Record<string, unknown>[] }>('query', 'audit.list', {
    subjectKind: 'project_token',
    subjectId: made[0]?.id,
  })
  expect(items).toMatchObject([
    {
      action: 'projectTokens.create',
      outcome: 'done',
      details: { input: { projectId: id, name: 'laptop', access: 'read' } },
    },
  ])
  expect(JSON.stringify(items)).not.toContain(made[0]?.token)
})
