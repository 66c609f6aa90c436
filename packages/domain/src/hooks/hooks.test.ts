import { createHmac } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { removeProject } from '../execution/remove-project.ts'
import { createFromConfig } from '../pipelines/create-from-config.ts'
import { createProject, updateProject } from '../projects/change-project.ts'
import { pipelineOf } from '../testing/pipeline-scene.ts'
import { database, services, setUpScene } from '../testing/scene.ts'
import type { HookDelivery } from './delivery.ts'
import { expireHookDeliveries } from './expire-hook-deliveries.ts'
import type { HookKind } from './forges.ts'
import { receiveDelivery } from './receive-delivery.ts'
import { approveDelivery, replayDelivery } from './replay-delivery.ts'
import { rotateHookSecret } from './rotate-hook-secret.ts'
import { bitbucketPush, FORK, githubPullRequest, githubPush, NEW, NONE, OLD } from './testing/payloads.ts'
import { workDeliveries } from './work-deliveries.ts'
import { type HookPorts, workDelivery } from './work-delivery.ts'

setUpScene()

const CONTENT = `
workflow: { rules: [{ if: '$CI_COMMIT_BRANCH == "filtered"', when: never }, { when: always }] }
build: { script: [make], rules: [{ if: '$CI_COMMIT_TAG != "empty"' }] }
`
let projectId: number
let secret: string
/** What the next pipelines are made of. */
let content: string | undefined
let keys = 0

const ports = (over: Partial<HookPorts> = {}): HookPorts => ({
  ...services,
  createFromConfig: (own, request) => createFromConfig(own, { content, ...request }),
  ...over,
})

beforeAll(async () => {
  const made = await createProject(services, { path: 'hooks/lantern' })
  if (!made.ok) throw new Error(made.error.kind)
  projectId = made.value.id
  const rotated = await rotateHookSecret(services, projectId)
  if (!rotated.ok) throw new Error(rotated.error.kind)
  secret = rotated.value
})
beforeEach(async () => {
  content = CONTENT
  await database.db.script('delete from hook_deliveries')
})

interface Given {
  readonly kind?: HookKind
  readonly event?: string
  readonly key?: string
  readonly projectId?: number
  readonly secret?: string
}

async function send(body: object, given: Given = {}) {
  const { kind = 'github', event = 'push', key = `key-${++keys}` } = given
  const bytes = Buffer.from(JSON.stringify(body))
  const signature = `sha256=${createHmac('sha256', given.secret ?? secret)
    .update(bytes)
    .digest('hex')}`
  const headers: Record<string, string> = {
    ...{ 'x-hub-signature-256': signature, 'x-hub-signature': signature },
    ...{ 'x-github-event': event, 'x-event-key': event, 'x-github-delivery': key, 'x-request-id': key },
  }
  const request = {
    projectId: given.projectId ?? projectId,
    kind,
    body: bytes,
    header: (name: string) => headers[name],
  }
  return await receiveDelivery(services, request)
}

const stored = async (id: number): Promise<HookDelivery> => {
  const delivery = await services.hooks.find(id)
  if (!delivery) throw new Error(`no delivery ${id}`)
  return delivery
}

/** Sends an event, does what it asks for, and returns what came of it. */
async function outcomeOf(body: object, given: Given = {}, over: Partial<HookPorts> = {}): Promise<HookDelivery> {
  const received = await send(body, given)
  if (!received.ok) throw new Error(received.error.kind)
  await workDeliveries(ports(over))
  return await stored(received.value.id)
}

const pipelines = () => services.pipelines.list({ projectId, limit: 100 })
const makeDue = () => database.db.script('update hook_deliveries set due_at = now() where due_at > now()')

describe('a push', () => {
  it('starts a pipeline for its commit', async () => {
    const { outcome, message, dueAt, pipelineIds } = await outcomeOf(githubPush())
    expect({ outcome, message, dueAt }).toEqual({ outcome: 'created', message: null, dueAt: null })
    expect(await pipelineOf(pipelineIds[0] ?? 0)).toMatchObject({
      ...{ projectId, source: 'push', ref: 'topic/lamp', tag: false, sha: NEW, beforeSha: OLD },
      ...{ createdBy: 'github:ada', fromFork: false },
    })
  })

  it('of a tag starts a pipeline of the tag', async () => {
    const { pipelineIds } = await outcomeOf(githubPush({ ref: 'refs/tags/v1', before: NONE }))
    expect(await pipelineOf(pipelineIds[0] ?? 0)).toMatchObject({
      source: 'push',
      ref: 'v1',
      tag: true,
      beforeSha: null,
    })
  })

  it('of several refs starts several pipelines, and says what came of the others', async () => {
    const { outcome, message, pipelineIds } = await outcomeOf(bitbucketPush(), {
      ...{ kind: 'bitbucket', event: 'repo:refs_changed' },
    })
    expect(outcome).toBe('created')
    expect(message).toBe('old: The ref was deleted.')
    expect(await Promise.all(pipelineIds.map(async (id) => (await pipelineOf(id)).ref))).toEqual(['main', 'v1'])
  })

  it('of more refs than a push may start pipelines says so', async () => {
    const refs = Array.from({ length: 25 }, (_, n) => ({
      ...{ ref: { id: `refs/heads/topic-${n}`, displayId: `topic-${n}`, type: 'BRANCH' }, fromHash: OLD, toHash: NEW },
    }))
    const { message, pipelineIds } = await outcomeOf(bitbucketPush({ changes: refs }), {
      ...{ kind: 'bitbucket', event: 'repo:refs_changed' },
    })
    expect(pipelineIds).toHaveLength(20)
    expect(message).toBe('5 more refs changed; one push starts at most 20 pipelines.')
  })

  it.each(['[skip ci] x', 'x [CI SKIP]', 'x\n\n[ci-skip]', '[Skip_CI]'])(
    'whose message is %j starts none',
    async (text) => {
      expect(await outcomeOf(githubPush({}, text))).toMatchObject({
        ...{ outcome: 'skipped', pipelineIds: [], message: 'The message of the commit wants no pipeline.' },
      })
    },
  )

  it.each([
    ['that deletes a branch', { after: NONE, head_commit: null }, 'skipped', 'The ref was deleted.'],
    ['of notes', { ref: 'refs/notes/commits' }, 'ignored', 'No branch and no tag changed.'],
    [
      'that a workflow does not want',
      { ref: 'refs/heads/filtered' },
      'skipped',
      'The rules of the workflow allow no pipeline.',
    ],
    ['that no job wants', { ref: 'refs/tags/empty' }, 'skipped', 'The rules of all jobs leave nothing to run.'],
    [
      'of a ref that is none',
      { ref: 'refs/heads/-x' },
      'refused',
      expect.stringContaining('not the name of a branch or tag'),
    ],
  ] as const)('%s starts none', async (_, over, outcome, message) => {
    expect(await outcomeOf(githubPush(over))).toMatchObject({ outcome, message, pipelineIds: [], dueAt: null })
  })

  it('is refused with the errors of the configuration', async () => {
    content = 'build: { script: 1 }\nother: { needs: [nobody], script: [x] }\n'
    const { outcome, message } = await outcomeOf(githubPush())
    expect(outcome).toBe('refused')
    expect(message).toMatch(/line \d+: .*script/)
  })

  it('starts none without a configuration, or while CI is switched off', async () => {
    content = undefined
    expect(await outcomeOf(githubPush())).toMatchObject({ outcome: 'skipped', pipelineIds: [] })
    await updateProject(services, projectId, { ciEnabled: false })
    expect(await outcomeOf(githubPush())).toMatchObject({
      outcome: 'skipped',
      message: expect.stringContaining('switched off'),
    })
    await updateProject(services, projectId, { ciEnabled: true })
  })
})

describe('a merge request', () => {
  const pull = (action: string, over = {}) => outcomeOf(githubPullRequest(action, over), { event: 'pull_request' })

  it.each(['opened', 'synchronize', 'reopened'])('that is %s starts a pipeline', async (action) => {
    const { outcome, pipelineIds } = await pull(action)
    expect(outcome).toBe('created')
    expect(await pipelineOf(pipelineIds[0] ?? 0)).toMatchObject({
      ...{ source: 'merge_request_event', ref: 'topic', sha: NEW, createdBy: 'github:ada', fromFork: false },
    })
  })

  it.each([
    ['closed', {}, 'The merge request was closed.'],
    ['closed', { merged: true }, 'The merge request was merged.'],
    ['labeled', {}, 'The merge request has no new commits.'],
  ])('that is %s %j starts none', async (action, over, message) => {
    expect(await pull(action, over)).toMatchObject({ outcome: 'ignored', message, pipelineIds: [] })
  })

  it('from a fork waits until it is approved, once', async () => {
    const { id, ...waiting } = await pull('opened', { head: { repo: FORK } })
    expect(waiting).toMatchObject({
      outcome: 'waiting',
      pipelineIds: [],
      dueAt: null,
      message: expect.stringContaining('mallory/lantern'),
    })
    await workDeliveries(ports())
    expect(await replayDelivery(ports(), id)).toMatchObject({
      ok: true,
      value: { outcome: 'waiting', pipelineIds: [] },
    })
    const approved = await approveDelivery(ports(), id)
    if (!approved.ok) throw new Error(approved.error.kind)
    expect(approved.value).toMatchObject({ outcome: 'created', message: null })
    expect(await pipelineOf(approved.value.pipelineIds[0] ?? 0)).toMatchObject({
      fromFork: true,
      protected: false,
      ref: 'topic',
    })
    expect(await approveDelivery(ports(), id)).toEqual({ ok: false, error: { kind: 'hook_delivery_not_waiting', id } })
    expect(await approveDelivery(ports(), 999_999)).toMatchObject({ error: { kind: 'hook_delivery_not_found' } })
  })
})

describe('a delivery', () => {
  it('that is repeated starts nothing, also at the same moment, and is answered as the first', async () => {
    const before = (await pipelines()).length
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(githubPush(), { key: 'same' })))
    const ids = new Set(answers.map((answer) => answer.ok && answer.value.id))
    expect(ids.size).toBe(1)
    expect(answers.filter((answer) => answer.ok && answer.value.isNew)).toHaveLength(1)
    await Promise.all([workDeliveries(ports()), workDeliveries(ports())])
    await send(githubPush(), { key: 'same' })
    await workDeliveries(ports())
    expect(await pipelines()).toHaveLength(before + 1)
  })

  it('is refused alike for an unknown project, one without a secret, and a wrong secret', async () => {
    const other = await createProject(services, { path: `hooks/none-${Date.now()}` })
    const refused = { ok: false, error: { kind: 'hook_refused' } }
    for (const given of [
      { projectId: 0 },
      { projectId: 2 ** 31 },
      { projectId: other.ok ? other.value.id : 0 },
      { secret: 'x' },
    ]) {
      expect(await send(githubPush(), given)).toEqual(refused)
    }
  })

  it('with the old secret is refused after a rotation', async () => {
    const old = secret
    const rotated = await rotateHookSecret(services, projectId)
    secret = rotated.ok ? rotated.value : ''
    expect(await send(githubPush(), { secret: old })).toMatchObject({ ok: false })
    expect(await send(githubPush())).toMatchObject({ ok: true })
    expect(await rotateHookSecret(services, 999_999)).toMatchObject({ error: { kind: 'project_not_found' } })
  })

  it('is replayed from the beginning, with another pipeline', async () => {
    const { id, pipelineIds } = await outcomeOf(githubPush())
    const replayed = await replayDelivery(ports(), id)
    if (!replayed.ok) throw new Error(replayed.error.kind)
    expect(replayed.value).toMatchObject({ id, outcome: 'created' })
    expect(replayed.value.pipelineIds).toHaveLength(1)
    expect(replayed.value.pipelineIds).not.toEqual(pipelineIds)
    expect(await replayDelivery(ports(), 999_999)).toMatchObject({ error: { kind: 'hook_delivery_not_found' } })
  })

  it('is tried again while something is away, and given up after a bounded time', async () => {
    const busy: HookPorts['createFromConfig'] = async () => ({ ok: false, error: { kind: 'compiler_busy' } })
    const failed = await outcomeOf(githubPush(), {}, { createFromConfig: busy })
    expect(failed).toMatchObject({ outcome: 'failed', pipelineIds: [], dueAt: expect.any(Date) })
    await makeDue()
    await workDeliveries(ports())
    expect(await stored(failed.id)).toMatchObject({ outcome: 'created', dueAt: null })

    const { id } = await outcomeOf(githubPush(), {}, { createFromConfig: busy })
    for (let more = 0; more < 10; more++) {
      await makeDue()
      await workDeliveries(ports({ createFromConfig: busy }))
    }
    expect(await stored(id)).toMatchObject({ outcome: 'failed', dueAt: null })
  })

  it('is worked on after earlier ones of the same ref, whatever the number of processes', async () => {
    const pushes = Array.from({ length: 12 }, (_, n) =>
      githubPush({ ref: `refs/heads/${n % 2 ? 'odd' : 'even'}`, after: `${n}`.padStart(40, 'd') }),
    )
    for (const push of pushes) await send({ ...push, head_commit: { id: push.after, message: '' } })
    await Promise.all([workDeliveries(ports()), workDeliveries(ports()), workDeliveries(ports())])
    const made = (await pipelines()).filter(({ ref }) => ref === 'odd' || ref === 'even').reverse()
    expect(made).toHaveLength(12)
    for (const name of ['odd', 'even']) {
      const shas = made.filter(({ ref }) => ref === name).map(({ sha }) => sha)
      expect(shas).toEqual(shas.toSorted((a, b) => Number(a?.replaceAll('d', '')) - Number(b?.replaceAll('d', ''))))
    }
  })

  it('whose process died is worked on by another, from where it was, and the dead one can do nothing more', async () => {
    const received = await send(bitbucketPush(), { kind: 'bitbucket', event: 'repo:refs_changed' })
    const [first] = await services.hooks.takeDue({ limit: 1, leaseMs: 60_000 })
    if (!first || !received.ok) throw new Error('nothing was taken')
    // It creates one pipeline of two, and hangs.
    let created = 0
    const hanging = workDelivery(
      ports({
        async createFromConfig(own, request) {
          if (++created > 1) await over
          return await createFromConfig(own, { content, ...request })
        },
      }),
      first,
    )
    const { promise: over, resolve: wake } = Promise.withResolvers<void>()
    await expect.poll(async () => (await stored(first.id)).pipelineIds.length).toBe(1)
    await workDeliveries(ports())
    expect((await stored(first.id)).outcome).toBe('received')

    await database.db.script("update hook_deliveries set taken_until = now() - interval '1 second'")
    await workDeliveries(ports())
    const done = await stored(first.id)
    expect(done).toMatchObject({ outcome: 'created', pipelineIds: [expect.any(Number), expect.any(Number)] })
    wake()
    expect(await hanging).toBeNull()
    expect(await stored(first.id)).toEqual(done)
  })

  it('can be replayed by one at a time', async () => {
    await send(githubPush())
    const [taken] = await services.hooks.takeDue({ limit: 1, leaseMs: 60_000 })
    const id = taken?.id ?? 0
    expect(await replayDelivery(ports(), id)).toEqual({ ok: false, error: { kind: 'hook_delivery_under_way', id } })
  })

  it('is kept encrypted, and named without pipelines that were removed', async () => {
    const { id, pipelineIds } = await outcomeOf(githubPush({}, 'a secret message'))
    const [row] = await database.db.query<{ payload: Uint8Array }>(
      'select payload from hook_deliveries where id = $1',
      [id],
    )
    expect(Buffer.from(row?.payload ?? []).toString('latin1')).not.toContain('secret message')
    await database.db.query('update pipelines set deleted_at = now() where id = any ($1::integer[])', [pipelineIds])
    expect(await stored(id)).toMatchObject({ pipelineIds: [] })
    await database.db.script("update hook_deliveries set payload = 'x'")
    expect(await replayDelivery(ports(), id)).toMatchObject({ value: { outcome: 'refused' } })
  })

  it('is deleted after thirty days, with those beyond a number, and with its project', async () => {
    const [old, young] = [await outcomeOf(githubPush()), await outcomeOf(githubPush())]
    await database.db.query("update hook_deliveries set received_at = now() - interval '31 days' where id = $1", [
      old.id,
    ])
    await expireHookDeliveries(services)
    expect((await services.hooks.list({ projectId, limit: 10 })).map(({ id }) => id)).toEqual([young.id])

    const newest = await outcomeOf(githubPush())
    await send(githubPush())
    expect(await services.hooks.removeBeyond(2, 10)).toBe(1)
    expect((await services.hooks.list({ projectId, limit: 10 })).map(({ id }) => id)).toContain(newest.id)

    const other = await createProject(services, { path: `hooks/gone-${Date.now()}` })
    const gone = other.ok ? other.value.id : 0
    const rotated = await rotateHookSecret(services, gone)
    const given = { projectId: gone, secret: rotated.ok ? rotated.value : '' }
    expect(await send(githubPush(), given)).toMatchObject({ ok: true })
    expect(await removeProject(services, gone)).toMatchObject({ ok: true })
    expect(await send(githubPush(), given)).toMatchObject({ ok: false, error: { kind: 'hook_refused' } })
    await workDeliveries(ports())
    await expireHookDeliveries(services)
    expect(await services.hooks.list({ projectId: gone, limit: 10 })).toEqual([])
  })
})
