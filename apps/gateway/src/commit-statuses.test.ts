import { randomBytes } from 'node:crypto'
import type { Services } from '@yardmaster/domain'
import { startChildren } from '@yardmaster/domain/children'
import { deliverStatuses } from '@yardmaster/domain/commit-statuses'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { HttpRequestSender } from './adapters/http-request-sender.ts'
import { type ForgeKind, ScriptedForge } from './testing/scripted-forge.ts'
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts'

interface Status {
  readonly id: number
  readonly context: string
  readonly pipelineId: number
  readonly state: string
  readonly dueAt: string | null
  readonly sent: { state: string; description: string } | null
  readonly attempts: { status: number | null; error: string | null; response: string | null }[]
}

let gateway: TestGateway
let services: Services
let runner: { token: string }

beforeAll(async () => {
  gateway = await startTestGateway()
  services = gateway.services
  runner = await gateway.register()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(async () => {
  await services.background.settle()
  await gateway.database.db.script(`
    delete from commit_status_changes; delete from commit_statuses; delete from commit_status_targets;
    delete from pending_jobs`)
})

const newSha = () => randomBytes(20).toString('hex')
let projects = 0

async function projectWith(forge: ScriptedForge, given: object = {}): Promise<number> {
  projects += 1
  const { id } = await gateway.admin<{ id: number }>('mutation', 'projects.create', {
    path: `statuses/project-${projects}`,
    commitStatus: { ...forge.target, ...given },
  })
  return id
}

const JOBS = 'build: {script: [x], stage: build}\ntest: {script: [x], stage: test}\n'

async function pipeline(projectId: number, given: object = {}): Promise<number> {
  const made = await gateway.admin<{ id: number }>('mutation', 'pipelines.create', {
    ...{ projectId, content: JOBS, sha: newSha() },
    ...given,
  })
  await services.background.settle()
  return made.id
}

/** Takes the next job. */
async function take(): Promise<{ id: number; token: string }> {
  const { status, body } = await gateway.post('/jobs/request', { token: runner.token })
  expect(status).toBe(201)
  await services.background.settle()
  return body as { id: number; token: string }
}

async function end({ id, token }: { id: number; token: string }, state: 'success' | 'failed'): Promise<void> {
  const answer = await gateway.call('PUT', `/api/v4/jobs/${id}`, { json: { token, state } })
  expect(answer.status).toBe(200)
  await services.background.settle()
}

/** Sends like housekeeping does every second. */
const deliver = (over: Partial<Services> = {}) => deliverStatuses({ ...services, ...over })

type Taken = Awaited<ReturnType<Services['commitStatuses']['takeDue']>>

/** Takes statuses as soon as there is one: when a clock is set back, what is due now becomes due a moment later. */
async function takeDue({ limit, leaseMs }: { limit: number; leaseMs: number }): Promise<Taken> {
  const choice = { limit, perTarget: limit, except: [], leaseMs }
  let taken: Taken = []
  const tryTo = async () => {
    taken = await services.commitStatuses.takeDue(choice)
    return taken.length
  }
  await expect.poll(tryTo).toBeGreaterThan(0)
  return taken
}

const statusesOf = async (projectId: number, pipelineId?: number) =>
  (await gateway.admin<{ items: Status[] }>('query', 'commitStatuses.list', { projectId, pipelineId })).items

/** Makes everything that waits due at once. */
const skipPause = () =>
  gateway.database.db.script(`
    update commit_statuses set due_at = now() - interval '1 hour', taken_until = null where due_at is not null;
    update commit_status_targets set paused_until = null`)

describe('a forge', () => {
  it.each(['gitea', 'forgejo', 'github', 'gitlab'] satisfies ForgeKind[])(
    '%s gets the states of a pipeline and its jobs, as its API documents them',
    async (kind) => {
      await using forge = await new ScriptedForge(kind).open()
      const projectId = await projectWith(forge, { jobs: true })
      const id = await pipeline(projectId, { ref: 'topic' })
      await deliver()
      const build = await take()
      await deliver()
      await end(build, 'success')
      await deliver()
      const test = await take()
      await deliver()
      await end(test, 'failed')
      await deliver()
      expect(forge.faults).toEqual([])
      const isGitlab = kind === 'gitlab'
      const [running, failure] = isGitlab ? ['running', 'failed'] : ['pending', 'failure']
      expect(forge.states('yardmaster')).toEqual(['pending', running, failure])
      expect(forge.states('yardmaster/build')).toEqual(['pending', running, 'success'])
      expect(forge.states('yardmaster/test')).toEqual(['pending', running, failure])
      const last = forge.posted.findLast(({ context }) => context === 'yardmaster')
      expect(last?.description).toMatch(/^1 of 2 jobs failed/)
      expect(last?.target_url).toBe(`${gateway.url}/pipelines/${id}`)
      expect(last?.ref).toBe(isGitlab ? 'topic' : undefined)
      const ofTest = forge.posted.findLast(({ context }) => context === 'yardmaster/test')
      expect(ofTest?.target_url).toBe(`${gateway.url}/jobs/${test.id}`)
      for (const status of await statusesOf(projectId, id))
        expect(status).toMatchObject({ state: 'delivered', dueAt: null })
    },
  )

  it('gets nothing for jobs unless the project says so, and no status of a child pipeline or without a commit', async () => {
    await using forge = await new ScriptedForge('gitea').open()
    const projectId = await projectWith(forge, { context: 'ci' })
    await pipeline(projectId, { sha: undefined })
    await deliver()
    expect(forge.calls).toBe(0)
    await pipeline(projectId, {
      content: 'child: {trigger: {include: child.yml}}',
      files: { 'child.yml': 'build: {script: [x]}' },
    })
    await startChildren(services)
    await services.background.settle()
    await deliver()
    expect(new Set(forge.posted.map(({ context }) => context))).toEqual(new Set(['ci']))
    expect(new Set(forge.posted.map(({ target_url }) => target_url)).size).toBe(1)
  })

  it('gets a status of its own for the pipeline of a merge request', async () => {
    await using forge = await new ScriptedForge('gitlab').open()
    const projectId = await projectWith(forge)
    const sha = newSha()
    await pipeline(projectId, { sha })
    const content = 'build: {script: [x], rules: [{when: always}]}'
    await pipeline(projectId, { sha, content, source: 'merge_request_event' })
    await deliver()
    expect(forge.faults).toEqual([])
    const told = forge.posted.map(({ context, ref }) => `${context} ${ref}`)
    expect(told.toSorted()).toEqual(['yardmaster main', 'yardmaster-merge-request undefined'])
  })

  it('is told of the newest pipeline of a commit, and not of an older one that goes on', async () => {
    await using forge = await new ScriptedForge('github').open()
    const projectId = await projectWith(forge)
    const sha = newSha()
    const older = await pipeline(projectId, { sha })
    const newer = await pipeline(projectId, { sha })
    await deliver()
    await gateway.admin('mutation', 'pipelines.cancel', { id: older })
    await services.background.settle()
    await deliver()
    expect(forge.posted.map(({ state, target_url }) => [state, target_url])).toEqual([
      ['pending', `${gateway.url}/pipelines/${newer}`],
    ])
  })

  it('is not told what it knows', async () => {
    await using forge = await new ScriptedForge('github').open()
    const projectId = await projectWith(forge)
    const id = await pipeline(projectId)
    await deliver()
    await gateway.database.db.query(
      `insert into commit_status_changes (project_id, sha, context, pipeline_id)
       select project_id, sha, 'yardmaster', id from pipelines where id = $1`,
      [id],
    )
    await deliver()
    expect(forge.calls).toBe(1)
    expect(await statusesOf(projectId)).toMatchObject([{ state: 'delivered', attempts: [{ status: 201 }] }])
  })
})

describe('the order', () => {
  it('holds while many changes meet a slow forge: the last call is the final state, and none goes back', async () => {
    await using forge = await new ScriptedForge('gitlab').open()
    const projectId = await projectWith(forge, { jobs: true })
    const { promise: first, resolve: goOn } = Promise.withResolvers<void>()
    forge.script = async (_, call) => {
      if (call < 3) await first
      return 'take' as const
    }
    const id = await pipeline(projectId)
    const delivering = [deliver(), deliver()]
    await expect.poll(() => forge.calls).toBe(3)
    const build = await take()
    await end(build, 'success')
    const test = await take()
    await end(test, 'failed')
    goOn()
    await Promise.all(delivering)
    await deliver()
    expect(forge.faults).toEqual([])
    expect(forge.mostAtOnce).toBe(1)
    const rank = ['pending', 'running', 'success', 'failed']
    for (const [context, final] of [
      ['yardmaster', 'failed'],
      ['yardmaster/build', 'success'],
      ['yardmaster/test', 'failed'],
    ] as const) {
      const states = forge.states(context)
      expect(states.at(-1)).toBe(final)
      expect(states).toEqual(states.toSorted((a, b) => rank.indexOf(a) - rank.indexOf(b)))
    }
    expect((await statusesOf(projectId, id)).map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered'])
  })

  it('holds with several processes: one sends a status at a time, and none twice', async () => {
    await using forge = await new ScriptedForge('github').open()
    const projectId = await projectWith(forge)
    forge.script = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return 'take' as const
    }
    await Promise.all(Array.from({ length: 12 }, () => pipeline(projectId)))
    await Promise.all(Array.from({ length: 4 }, () => deliver()))
    expect(forge.mostAtOnce).toBe(1)
    expect(forge.posted).toHaveLength(12)
    expect(new Set(forge.posted.map(({ sha }) => sha)).size).toBe(12)
  })

  it('sends no state that was overtaken before it was sent', async () => {
    await using forge = await new ScriptedForge('gitea').open()
    const projectId = await projectWith(forge)
    await pipeline(projectId)
    await end(await take(), 'success')
    await end(await take(), 'success')
    await deliver()
    expect(forge.states('yardmaster')).toEqual(['success'])
    expect(forge.posted[0]?.description).toMatch(/^2 jobs done/)
  })
})

describe('a crash', () => {
  it('loses no status: of the process that changed the pipeline, or of the one that took the status', async () => {
    await using forge = await new ScriptedForge('gitea').open()
    const projectId = await projectWith(forge)
    // The first process dies right after the change.
    await pipeline(projectId)
    // The second one dies after taking the status.
    expect(await takeDue({ limit: 10, leaseMs: 50 })).toHaveLength(1)
    await expect.poll(async () => deliver().then(() => forge.posted.length)).toBe(1)
    expect(await statusesOf(projectId)).toMatchObject([{ state: 'delivered' }])
  })

  it('of a process that was only late has the present state sent once more', async () => {
    await using forge = await new ScriptedForge('gitea').open()
    const projectId = await projectWith(forge)
    await pipeline(projectId)
    const [late] = await takeDue({ limit: 1, leaseMs: 1 })
    if (!late) throw new Error('nothing was due')
    await expect.poll(async () => deliver().then(() => forge.posted.length)).toBe(1)
    const sent = { state: 'running', description: 'An old one', url: 'http://elsewhere.example/' } as const
    const attempt = { at: new Date(), status: 201, error: null, durationMs: 1, response: '' }
    const settled = { state: 'delivered', attempt, sent, againInMs: null, failed: false } as const
    expect(await services.commitStatuses.settle(late, settled)).toBe(false)
    await deliver()
    expect(forge.states('yardmaster')).toEqual(['pending', 'pending'])
  })
})

describe('an answer', () => {
  const answered = async (kind: ForgeKind, script: ScriptedForge['script']) => {
    const forge = await new ScriptedForge(kind).open()
    const projectId = await projectWith(forge)
    forge.script = script
    await pipeline(projectId)
    await deliver()
    const [status] = await statusesOf(projectId)
    if (!status) throw new Error('no status')
    return { forge, projectId, status }
  }

  it.each([
    [401, 'the forge does not accept the token: set a valid one'],
    [403, 'the token may not write statuses of this repository'],
    [404, 'the forge does not find the repository or the commit, or the token may not see it'],
    [302, 'the forge answered 302, and redirects are not followed: set the address that it leads to'],
  ])('%d ends the attempts with a sentence, and the next change is sent again', async (code, sentence) => {
    const { forge, projectId, status } = await answered('gitea', () => ({
      status: code,
      headers: { location: 'http://127.0.0.1:9/' },
      body: `{"message":"no ${ScriptedForge.TOKEN}"}`,
    }))
    await using _ = forge
    expect(status).toMatchObject({
      state: 'failed',
      dueAt: null,
      sent: null,
      attempts: [{ status: code, error: sentence }],
    })
    expect(JSON.stringify(status)).not.toContain(ScriptedForge.TOKEN)
    await skipPause()
    await deliver()
    expect(forge.calls).toBe(1)
    forge.script = () => 'take'
    const job = await take()
    await deliver()
    await end(job, 'failed')
    await deliver()
    expect(forge.states('yardmaster')).toEqual(['pending', 'failure'])
    expect(await statusesOf(projectId)).toMatchObject([{ state: 'delivered' }])
  })

  it.each([
    ['500', { status: 500 } as const],
    ['409', { status: 409 } as const],
    ['none, because the connection was cut', 'cut' as const],
  ])('%s is tried again, with the state of that time', async (_, script) => {
    const { forge, projectId, status } = await answered('github', () => script)
    await using __ = forge
    expect(status).toMatchObject({ state: 'waiting', sent: null })
    expect(Date.parse(status.dueAt ?? '') - Date.now()).toBeGreaterThan(1_000)
    forge.script = () => 'take'
    await gateway.admin('mutation', 'pipelines.cancel', { id: status.pipelineId })
    await services.background.settle()
    await deliver()
    expect(forge.states('yardmaster')).toEqual(['error'])
    expect(await statusesOf(projectId)).toMatchObject([{ state: 'delivered', sent: { description: 'Canceled' } }])
  })

  it('that asks for a pause holds up all statuses of the project, and counts as no attempt', async () => {
    const { forge, projectId, status } = await answered('github', () => ({
      status: 403,
      headers: { 'retry-after': '120' },
      body: '{"message":"You have exceeded a secondary rate limit."}',
    }))
    await using _ = forge
    expect(status).toMatchObject({
      state: 'waiting',
      attempts: [{ status: 403, error: 'the forge wants no more requests for 120 s' }],
    })
    const { commitStatus } = await gateway.admin<{ commitStatus: { pausedUntil: string } }>('query', 'projects.get', {
      id: projectId,
    })
    expect(Date.parse(commitStatus.pausedUntil) - Date.now()).toBeGreaterThan(60_000)
    await pipeline(projectId)
    await deliver()
    expect(forge.calls).toBe(1)
    forge.script = () => 'take'
    await skipPause()
    await deliver()
    expect(forge.posted).toHaveLength(2)
  })

  it('of GitLab that it has the state already counts as delivered', async () => {
    const { forge, status } = await answered('gitlab', () => ({
      status: 400,
      body: '{"message":"Cannot transition status via :enqueue from :pending (Reason(s): …)"}',
    }))
    await using _ = forge
    expect(status).toMatchObject({ state: 'delivered', attempts: [{ status: 400, error: null }] })
  })

  it('is given up after eight attempts', async () => {
    const { forge, projectId } = await answered('forgejo', () => ({ status: 503 }))
    await using _ = forge
    for (let attempt = 0; attempt < 9; attempt++) {
      await skipPause()
      await deliver()
    }
    expect(forge.calls).toBe(8)
    const [status] = await statusesOf(projectId)
    expect(status).toMatchObject({ state: 'failed', dueAt: null })
    expect(status?.attempts).toHaveLength(8)
  })

  it('comes from no denied address', async () => {
    await using forge = await new ScriptedForge('gitea').open()
    await using requestSender = new HttpRequestSender({ denied: ['127.0.0.0/8'] })
    const projectId = await projectWith(forge)
    await pipeline(projectId)
    await deliver({ requestSender })
    expect(forge.calls).toBe(0)
    expect((await statusesOf(projectId))[0]?.attempts[0]?.error).toMatch(/WEBHOOK_DENY forbids this address$/)
  })
})

describe('the settings', () => {
  const get = (id: number) => gateway.admin<{ commitStatus: object | null }>('query', 'projects.get', { id })
  const update = (id: number, commitStatus: object | null) =>
    gateway.admin<{ commitStatus: object | null }>('mutation', 'projects.update', { id, commitStatus })

  it('show no token, keep it when it is left out, and ask for it when the server changes', async () => {
    await using forge = await new ScriptedForge('gitea').open()
    const id = await projectWith(forge)
    const plain = { forge: 'gitea', address: forge.address, context: 'yardmaster', jobs: false, pausedUntil: null }
    expect((await get(id)).commitStatus).toEqual(plain)
    const changed = await update(id, { forge: 'gitea', address: forge.address, jobs: true, context: 'ci' })
    expect(changed.commitStatus).toEqual({ ...plain, jobs: true, context: 'ci' })
    await expect(update(id, { forge: 'gitea', address: 'https://elsewhere.example/harbour/lantern' })).rejects.toThrow(
      /commitStatus\.token: missing; another server needs a token of its own/,
    )
    await pipeline(id)
    await deliver()
    expect(forge.faults).toEqual([])
    expect(forge.states('ci')).toEqual(['pending'])
    expect((await update(id, null)).commitStatus).toBeNull()
    expect(await statusesOf(id)).toEqual([])
    const dump = await gateway.database.db.query('select * from audit_events')
    expect(JSON.stringify(dump)).not.toContain(ScriptedForge.TOKEN)
  })

  it.each([
    ['github', 'https://github.com/'],
    ['github', 'https://github.com/a/b/c'],
    ['gitlab', 'https://gitlab.example/a'],
    ['gitea', 'ftp://gitea.example/a/b'],
    ['gitea', 'https://user@gitea.example/a/b'],
    ['gitea', 'https://gitea.example/a/b?x'],
    ['gitea', 'https://gitea.example/a//b'],
  ])('refuse an address that names no repository of %s: %s', async (forge, address) => {
    const commitStatus = { forge, address, token: 'x' }
    const creating = gateway.admin('mutation', 'projects.create', { path: 'statuses/refused', commitStatus })
    await expect(creating).rejects.toThrow(/commitStatus\.address: allowed is/)
  })

  it('that are saved again send what failed lately, and what is asked for is sent again', async () => {
    await using forge = await new ScriptedForge('gitea').open()
    const id = await projectWith(forge)
    forge.script = () => ({ status: 401 })
    await pipeline(id)
    await deliver()
    forge.script = () => 'take'
    await update(id, forge.target)
    await deliver()
    expect(forge.states('yardmaster')).toEqual(['pending'])
    const [status] = await statusesOf(id)
    await gateway.admin('mutation', 'commitStatuses.resend', { id: status?.id })
    await deliver()
    expect(forge.states('yardmaster')).toEqual(['pending', 'pending'])
    await expect(gateway.admin('mutation', 'commitStatuses.resend', { id: 2_000_000_000 })).rejects.toThrow(
      /no commit status/,
    )
  })
})
