import { createHmac } from 'node:crypto'
import { workDeliveries } from '@yardmaster/domain/hooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

const SHA = 'b2'.repeat(20)
const MIB = 1_048_576

let gateway: TestGateway
let projectId: number
let secret: string

interface Delivery {
  readonly id: number
  readonly kind: string
  readonly event: string
  readonly outcome: string
  readonly pipelineId: number | null
  readonly message: string | null
}

beforeAll(async () => {
  gateway = await startTestGateway()
  projectId = (await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'hooks/door' })).id
  secret = await rotate()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

const rotate = async () =>
  (await gateway.admin<{ secret: string }>('mutation', 'hooks.rotateSecret', { projectId })).secret
const list = async (input: object = {}) =>
  await gateway.admin<{ items: Delivery[]; nextCursor: string | null }>('query', 'hooks.list', { projectId, ...input })

const push = (over: object = {}) =>
  JSON.stringify({ ref: 'refs/heads/main', before: SHA, after: SHA, head_commit: { id: SHA, message: 'x' }, ...over })

interface Given {
  readonly kind?: string
  readonly project?: number | string
  readonly headers?: Record<string, string>
  readonly key?: string
}
let keys = 0

/** Sends a body to the door, signed as GitHub signs it. */
async function send(
  body: string,
  { kind = 'github', project = projectId, headers = {}, key = `k${++keys}` }: Given = {},
) {
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return await gateway.call('POST', `/hooks/${project}/${kind}`, {
    headers: {
      ...{ 'content-type': 'application/json', 'x-github-event': 'push', 'x-github-delivery': key },
      'x-hub-signature-256': `sha256=${signature}`,
      ...headers,
    },
    body,
  })
}
const sent = async (body: string, given: Given = {}) => {
  const { status, text } = await send(body, given)
  if (status !== 202) throw new Error(`${status} ${text}`)
  return (JSON.parse(text) as { id: number }).id
}

describe('a request of a forge', () => {
  it('is accepted with its id, and the same again when it is repeated', async () => {
    const [first, again] = [await send(push(), { key: 'once' }), await send(push(), { key: 'once' })]
    expect([first.status, again.status]).toEqual([202, 202])
    expect(again.text).toBe(first.text)
    const { items } = await list()
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({ ...JSON.parse(first.text), kind: 'github', event: 'push', outcome: 'received' })
  })

  it('is answered alike for all that may be wrong with project, secret and signature', async () => {
    const { id: other } = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'hooks/none' })
    const before = (await list()).items.length
    const refused = await Promise.all([
      ...[0, '00', '-1', 'x', 999_999, 2 ** 31, '9'.repeat(30), other].map((project) => send(push(), { project })),
      ...['', 'sha256=', `sha256=${'0'.repeat(64)}`, 'sha1=x'].map((signature) =>
        send(push(), { headers: { 'x-hub-signature-256': signature } }),
      ),
      ...['gitlab', 'git', 'gitea', 'forgejo', 'bitbucket'].map((kind) => send(push(), { kind })),
    ])
    expect(new Set(refused.map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set(['401 {"message":"401 Unauthorized"}']),
    )
    expect((await list()).items).toHaveLength(before)
  })

  it('is not found for other kinds, or to be read', async () => {
    expect((await send(push(), { kind: 'gerrit' })).status).toBe(404)
    expect((await send(push(), { kind: '__proto__' })).status).toBe(404)
    expect((await gateway.call('GET', `/hooks/${projectId}/github`)).status).toBe(404)
  })

  it.each(['', '[]', '1', 'null', '{', '{"ref":', '\u0000'])('with the body %j is malformed', async (body) => {
    expect((await send(body)).status).toBe(400)
  })

  it('may be a form, as GitHub and Gitea send one', async () => {
    const form = new URLSearchParams({ payload: push({ ref: 'refs/heads/ä&ö' }) }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const id = await sent(form, { headers })
    const signature = createHmac('sha256', secret)
      .update(push({ ref: 'refs/heads/ä&ö' }))
      .digest('hex')
    const gitea = { ...headers, 'x-gitea-signature': signature, 'x-gitea-event': 'push', 'x-gitea-delivery': 'form' }
    const other = await sent(form, { kind: 'gitea', headers: gitea })
    await workDeliveries(gateway.services)
    for (const one of [id, other]) expect(await gateway.services.hooks.find(one)).toMatchObject({ outcome: 'skipped' })
  })

  it('may carry the secret as its token', async () => {
    const lines = `${SHA} ${SHA} refs/heads/main\n`
    await sent(lines, { kind: 'git', headers: { 'x-yardmaster-token': secret, 'content-type': 'text/plain' } })
    const body = JSON.stringify({ object_kind: 'push', ...JSON.parse(push()) })
    const headers = { 'x-gitlab-token': secret, 'x-gitlab-event': 'Push Hook', 'idempotency-key': 'one' }
    expect(await sent(body, { kind: 'gitlab', headers })).toBe(await sent(body, { kind: 'gitlab', headers }))
  })

  it('may be as large as GitHub sends one, and no larger', async () => {
    const commits = Array.from({ length: 10_000 }, () => ({ id: SHA, message: 'x'.repeat(2_200) }))
    const large = push({ commits })
    expect(large.length).toBeGreaterThan(20 * MIB)
    await sent(large)
    const { status } = await gateway.call('POST', `/hooks/${projectId}/github`, { body: 'x'.repeat(26 * MIB) })
    expect(status).toBe(413)
  })
})

it('stores a thousand deliveries that come at once, each of them twice, without losing or doubling one', async () => {
  const before = (await list({ limit: 1 })).items[0]?.id ?? 0
  const ids: number[] = []
  const bodies = Array.from({ length: 1_000 }, (_, n) => ({
    key: `many-${n}`,
    body: push({ ref: `refs/heads/topic-${n}` }),
  }))
  const queue = [...bodies, ...bodies].values()
  const worker = async () => {
    for (const { key, body } of queue) ids.push(await sent(body, { key }))
  }
  await Promise.all(Array.from({ length: 20 }, worker))
  expect(new Set(ids).size).toBe(1_000)
  const [{ count = 0 } = {}] = await gateway.database.db.query<{ count: number }>(
    'select count(*)::int as count from hook_deliveries where id > $1',
    [before],
  )
  expect(count).toBe(1_000)
  await gateway.database.db.query('delete from hook_deliveries where id > $1', [before])
})

describe('the deliveries of a project', () => {
  it('are listed in pages, and can be replayed', async () => {
    const ids = [await sent(push()), await sent(push({ ref: 'refs/notes/x' }))]
    await workDeliveries(gateway.services)
    const { items, nextCursor } = await list({ limit: 1 })
    expect(items).toMatchObject([{ id: ids[1], outcome: 'ignored', pipelineId: null }])
    expect((await list({ limit: 1, cursor: nextCursor })).items).toMatchObject([{ id: ids[0] }])
    expect(await gateway.admin('mutation', 'hooks.replay', { id: ids[1] })).toMatchObject({ outcome: 'ignored' })
    const audit = await gateway.admin<{ items: object[] }>('query', 'audit.list', { action: 'hooks.replay' })
    expect(audit.items[0]).toMatchObject({ subjectKind: 'project', subjectIds: [projectId], outcome: 'done' })
  })

  it('can be approved only while they wait', async () => {
    const id = await sent(push())
    await expect(gateway.admin('mutation', 'hooks.approve', { id })).rejects.toThrow(/does not wait to be approved/)
  })

  it('are refused once the secret is another one', async () => {
    const old = secret
    secret = await rotate()
    expect(secret).not.toBe(old)
    const { secretMadeAt, addresses } = await gateway.admin<{ secretMadeAt: string; addresses: { url: string }[] }>(
      'query',
      'hooks.get',
      { projectId },
    )
    expect(Date.parse(secretMadeAt)).not.toBeNaN()
    expect(addresses[0]?.url).toMatch(new RegExp(`/hooks/${projectId}/gitea$`))
    expect((await send(push())).status).toBe(202)
    secret = old
    expect((await send(push())).status).toBe(401)
  })
})
