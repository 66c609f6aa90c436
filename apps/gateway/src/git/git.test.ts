import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { TEST_POLICY } from '@yardmaster/domain/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openRepositories } from '../adapters/git/open-repositories.ts'
import { followHooks } from '../testing/follow-hooks.ts'
import { type GitClient, openGitClient } from '../testing/git-client.ts'
import { type GitServer, startGitServer } from '../testing/git-server.ts'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'
import { FLUSH, pktLine } from './pkt-lines.ts'

let gateway: TestGateway
let client: GitClient
let hooks: AsyncDisposable
let count = 0

beforeAll(async () => {
  gateway = await startTestGateway()
  // Clients that push wait for what comes of it.
  hooks = followHooks(gateway.services)
})
afterAll(async () => {
  await hooks[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})
beforeEach(async () => {
  client = await openGitClient()
})
afterEach(() => client[Symbol.asyncDispose]())

const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`git:${password}`).toString('base64')}` })

async function makeProject(given: Record<string, unknown> = {}): Promise<{ id: number; path: string }> {
  count += 1
  return await gateway.admin('mutation', 'projects.create', { path: `yard/git-${count}`, ...given })
}

const makeToken = async (projectId: number, access: 'read' | 'write'): Promise<string> =>
  (
    await gateway.admin<{ token: string }>('mutation', 'projectTokens.create', {
      ...{ projectId, name: 'test', access },
    })
  ).token

const addressOf = ({ path }: { path: string }, password: string): string =>
  `${gateway.url.replace('://', `://git:${password}@`)}/${path}.git`

/** Opens the repositories as another process does. */
function openAnother(folder: string, mostBytesTogether = 2 ** 30) {
  const { ownRepositories: store, artifacts, objects } = gateway.services
  return openRepositories(join(client.folder, folder), {
    limits: { mostBytes: 2 ** 28, mostBytesTogether },
    environment: { PATH: process.env.PATH },
    ...{ store, artifacts, objects, mostRunBytes: TEST_POLICY.maxRunBytes },
  })
}

/** Makes a repository with a commit that is pushed as `main`. */
async function pushed(project: { id: number; path: string }) {
  const token = await makeToken(project.id, 'write')
  await client.git('.', 'init', '--quiet', 'work')
  const sha = await client.commit('work', { 'a.txt': 'one\n' })
  await client.git('work', 'remote', 'add', 'origin', addressOf(project, token))
  await client.git('work', 'push', '--quiet', 'origin', 'main')
  return { token, sha }
}

describe('a repository that is kept here', () => {
  it('takes a first push, gives it back, and takes further ones', async () => {
    const project = await makeProject()
    const { token, sha } = await pushed(project)
    await client.git('.', 'clone', '--quiet', addressOf(project, await makeToken(project.id, 'read')), 'copy')
    expect(await client.git('copy', 'rev-parse', 'HEAD')).toBe(sha)
    expect(await client.git('copy', 'symbolic-ref', 'HEAD')).toBe('refs/heads/main')

    const second = await client.commit('work', { 'b.txt': 'two\n' })
    await client.git('work', 'tag', '-a', '-m', 'First', 'v1')
    await client.git('work', 'push', '--quiet', 'origin', 'main', 'v1', 'HEAD:refs/heads/topic/one')
    await client.git('copy', 'fetch', '--quiet', '--tags')
    expect(await client.git('copy', 'rev-parse', 'origin/main')).toBe(second)
    expect(await client.git('copy', 'rev-parse', 'v1^{commit}')).toBe(second)

    await client.git('work', 'push', '--quiet', 'origin', ':topic/one')
    await client.git('copy', 'fetch', '--quiet', '--prune')
    expect(await client.git('copy', 'branch', '-r', '--format=%(refname:short)')).not.toContain('topic')
    const packs = await gateway.database.db.query('select bytes from repository_packs where project_id = $1', [
      project.id,
    ])
    expect(packs).toHaveLength(2)
    expect(token).toMatch(/^ympt-/)
  })

  it('is cloned shallow, partly, and by every version of the protocol', async () => {
    const project = await makeProject()
    const { token } = await pushed(project)
    for (let made = 0; made < 5; made++) await client.commit('work', { 'a.txt': `${made}\n` })
    await client.git('work', 'push', '--quiet', 'origin', 'main')
    const head = await client.git('work', 'rev-parse', 'HEAD')
    for (const version of ['0', '1', '2']) {
      const clone = ['-c', `protocol.version=${version}`, 'clone', '--quiet']
      await client.git('.', ...clone, '--depth', '1', addressOf(project, token), `shallow-${version}`)
      expect(await client.git(`shallow-${version}`, 'rev-list', '--count', 'HEAD')).toBe('1')
      expect(await client.git(`shallow-${version}`, 'rev-parse', 'HEAD')).toBe(head)
    }
    await client.git('.', 'clone', '--quiet', '--filter=blob:none', addressOf(project, token), 'partial')
    expect(await client.git('partial', 'rev-parse', 'HEAD')).toBe(head)
    const refused = await client.try('.', '-C', 'shallow-2', 'push', 'origin', 'HEAD:refs/heads/from-shallow')
    expect(refused.said).toContain('shallow')
    expect(refused.code).not.toBe(0)
  })

  it('refuses a forced push to a protected branch, and takes one to another', async () => {
    const project = await makeProject()
    await pushed(project)
    await client.git('work', 'push', '--quiet', 'origin', 'HEAD:topic')
    await client.git('work', 'commit', '--quiet', '--amend', '-m', 'Another')
    const forced = await client.try('work', 'push', '--force', 'origin', 'main')
    expect(forced).toMatchObject({ code: 1, said: expect.stringContaining('a protected ref takes no forced push') })
    const removed = await client.try('work', 'push', 'origin', ':main')
    expect(removed.said).toContain('a protected ref is not removed by a push')
    await client.git('work', 'push', '--quiet', '--force', 'origin', 'HEAD:topic')
    expect(await client.git('work', 'ls-remote', 'origin', 'topic')).toContain(
      await client.git('work', 'rev-parse', 'HEAD'),
    )
  })

  it('changes all refs of an atomic push or none', async () => {
    const project = await makeProject()
    await pushed(project)
    await client.git('work', 'commit', '--quiet', '--amend', '-m', 'Another')
    const push = ['push', 'origin', '+HEAD:main', 'HEAD:fine']
    const atomic = await client.try('work', ...push, '--atomic')
    expect(atomic.code).not.toBe(0)
    expect(await client.git('work', 'ls-remote', 'origin', 'fine')).toBe('')
    await client.try('work', ...push)
    expect(await client.git('work', 'ls-remote', 'origin', 'fine')).not.toBe('')
  })

  it.each([
    ['refs/pipelines/7', 'only refs/heads, refs/tags and refs/runs'],
    ['refs/notes/x', 'only refs/heads, refs/tags and refs/runs'],
    ['refs/heads/-x', 'this is no name of a ref'],
  ])('refuses the ref %s', async (ref, sentence) => {
    const project = await makeProject()
    await pushed(project)
    const tried = await client.try('work', 'push', 'origin', `HEAD:${ref}`)
    expect(tried).toMatchObject({ code: 1, said: expect.stringContaining(sentence) })
  })

  it('refuses a branch below another one, and takes it in the place of it', async () => {
    const project = await makeProject()
    await pushed(project)
    await client.git('work', 'push', '--quiet', 'origin', 'HEAD:a')
    const below = await client.try('work', 'push', 'origin', 'HEAD:a/b')
    expect(below).toMatchObject({ code: 1, said: expect.stringContaining('the name of another ref begins with it') })
    await client.git('work', 'push', '--quiet', 'origin', ':a', 'HEAD:a/b')
    expect(await client.git('work', 'ls-remote', 'origin', 'refs/heads/a*')).toContain('refs/heads/a/b')
  })

  it('takes pushes of several clients at once, each of which is there afterwards', async () => {
    const project = await makeProject()
    await pushed(project)
    const branches = Array.from({ length: 6 }, (_, index) => `branch-${index}`)
    for (const branch of branches) {
      await client.git('work', 'checkout', '--quiet', '-b', branch, 'main')
      await client.commit('work', { [branch]: branch })
    }
    await Promise.all(branches.map((branch) => client.git('work', 'push', '--quiet', 'origin', branch)))
    const listed = await client.git('work', 'ls-remote', '--heads', 'origin')
    for (const branch of branches) expect(listed).toContain(await client.git('work', 'rev-parse', branch))
  })

  it('is made anew from what is stored when its copy is gone', async () => {
    const project = await makeProject()
    const { sha } = await pushed(project)
    const { projects } = gateway.services
    await using another = await openAnother('another-process')
    const owner = await projects.find(project.id)
    if (!owner) throw new Error('the project is gone')
    const newest = () => another.repositories.resolve(owner, { ref: 'main' })
    expect(await newest()).toEqual({ ok: true, value: sha })
    const second = await client.commit('work', { 'a.txt': 'two\n' })
    await client.git('work', 'push', '--quiet', 'origin', 'main')
    expect(await newest()).toEqual({ ok: true, value: second })
  })

  it('loses the objects that no ref reaches, and keeps all others', async () => {
    const project = await makeProject({ protectedRefs: [] })
    const { sha: first, token } = await pushed(project)
    const lost = await client.commit('work', { 'lost.txt': 'x'.repeat(5_000) })
    await client.git('work', 'push', '--quiet', 'origin', 'HEAD:refs/runs/one')
    await client.git('work', 'tag', '--annotate', '--message', 'kept', 'v1', first)
    await client.git('work', 'push', '--quiet', 'origin', 'v1')
    const { gitServer, projects, ownRepositories, objects } = gateway.services
    const owner = await projects.find(project.id)
    if (!owner) throw new Error('the project is gone')
    const later = { before: new Date(Date.now() + 60_000), limit: 1_000 }
    expect(await ownRepositories.withUnreachable(later)).not.toContain(project.id)
    await client.git('work', 'push', '--quiet', 'origin', ':refs/runs/one')
    expect(await ownRepositories.withUnreachable(later)).toContain(project.id)
    const before = await ownRepositories.find(project.id)
    expect(await gitServer.removeUnreachable(owner)).toEqual({ ok: true, value: undefined })
    expect(await ownRepositories.withUnreachable(later)).not.toContain(project.id)
    const after = await ownRepositories.find(project.id)
    expect(after?.packs).toHaveLength(1)
    expect(after?.bytes).toBeLessThan(before?.bytes ?? 0)
    await objects.delete(before?.packs.map(({ key }) => key) ?? [])
    await using another = await openAnother('another-process')
    expect(await another.repositories.commit(owner, lost)).toMatchObject({ error: { kind: 'commit_not_found' } })
    await client.git('.', 'clone', '--quiet', addressOf(project, token), 'again')
    expect(await client.git('again', 'rev-parse', 'v1^{commit}')).toBe(first)
    // A push that was checked against what is gone is refused.
    const push = { changes: [], isAtomic: false, pack: null, tell: () => null }
    expect(await ownRepositories.push(project.id, { ...push, removals: 0 })).toBe('outdated')
    // Without a ref, nothing is left.
    await client.git('work', 'push', '--quiet', 'origin', ':refs/tags/v1', ':refs/heads/main')
    expect(await gitServer.removeUnreachable(owner)).toEqual({ ok: true, value: undefined })
    expect(await ownRepositories.find(project.id)).toMatchObject({ packs: [], bytes: 0 })
    await client.git('work', 'push', '--quiet', 'origin', 'main')
  })

  it('keeps objects while something is pushed that may reach them', async () => {
    const project = await makeProject()
    await pushed(project)
    const { ownRepositories } = gateway.services
    const version = (await ownRepositories.find(project.id))?.version ?? 0
    await client.git('work', 'push', '--quiet', 'origin', 'HEAD:topic')
    const outdated = { version, pack: null, keepUntil: new Date() }
    expect(await ownRepositories.replacePacks(project.id, outdated)).toBe(false)
    expect((await ownRepositories.find(project.id))?.packs).toHaveLength(1)
  })

  it('takes a working tree up to its own limit', async () => {
    const project = await makeProject()
    await pushed(project)
    await client.commit('work', { 'large.txt': randomBytes(TEST_POLICY.maxRunBytes).toString('latin1') })
    const refused = client.git('work', 'push', '--quiet', 'origin', 'HEAD:refs/runs/large')
    await expect(refused).rejects.toThrow('the working tree has more than 1 MiB (MAX_RUN_MIB)')
    await client.git('work', 'push', '--quiet', 'origin', 'HEAD:refs/heads/large')
    await client.git('work', 'push', '--quiet', 'origin', 'HEAD:refs/runs/large')
  })

  it('keeps every object when its packs are joined, also those that no ref names', async () => {
    const project = await makeProject()
    const { sha: first } = await pushed(project)
    for (let n = 0; n < 4; n++) {
      await client.commit('work', { [`${n}.txt`]: `${n}\n` })
      await client.git('work', 'push', '--quiet', 'origin', `HEAD:topic-${n}`)
    }
    const lost = await client.git('work', 'rev-parse', 'HEAD')
    await client.git('work', 'push', '--quiet', 'origin', ':topic-3')
    const { db } = gateway.database
    const packs = () =>
      db.query<{ object_key: string; bytes: number }>(
        'select object_key, bytes from repository_packs where project_id = $1 order by id',
        [project.id],
      )
    const before = await packs()
    expect(before).toHaveLength(5)
    const { gitServer, projects, ownRepositories, objects } = gateway.services
    const owner = await projects.find(project.id)
    if (!owner) throw new Error('the project is gone')
    expect(await gitServer.joinPacks(owner)).toEqual({ ok: true, value: undefined })
    const [joined, ...others] = await packs()
    expect(others).toEqual([])
    expect((await ownRepositories.find(project.id))?.bytes).toBe(joined?.bytes)
    const keys = before.map(({ object_key }) => object_key)
    const strays = await db.query(
      "select from stray_objects where object_key = any ($1) and remove_after > now() + interval '1 hour'",
      [keys],
    )
    expect(strays).toHaveLength(5)
    // Joining them again changes nothing.
    expect(await gitServer.joinPacks(owner)).toEqual({ ok: true, value: undefined })
    expect(await packs()).toEqual([joined])

    await objects.delete(keys)
    await using another = await openAnother('another-process')
    for (const sha of [first, lost]) {
      expect(await another.repositories.commit(owner, sha)).toMatchObject({ ok: true, value: { sha } })
    }
    await client.git('.', 'clone', '--quiet', addressOf(project, ADMIN_TOKEN), 'copy')
    await client.git('copy', 'fsck', '--full', '--strict')
    await client.commit('work', { 'z.txt': 'z\n' })
    await client.git('work', 'push', '--quiet', 'origin', 'HEAD:main')
    expect(await packs()).toHaveLength(2)
  })

  it('has copies that go when they take too much of the disk, and come back', async () => {
    const [one, other] = [await makeProject(), await makeProject()]
    const { sha } = await pushed(one)
    await client.git('work', 'push', '--quiet', addressOf(other, ADMIN_TOKEN), 'main')
    const { projects } = gateway.services
    await using another = await openAnother('small-process', 1)
    const read = async ({ id }: { id: number }) => {
      const owner = await projects.find(id)
      return owner && (await another.repositories.resolve(owner, { ref: 'main' }))
    }
    for (const project of [one, other, one]) {
      expect(await read(project)).toEqual({ ok: true, value: sha })
      expect(await another.repositories.copies()).toEqual([project.id])
    }
  })

  it('goes with its project, and its packs become strays', async () => {
    const project = await makeProject()
    const { token } = await pushed(project)
    const [pack] = await gateway.database.db.query<{ object_key: string }>(
      'select object_key from repository_packs where project_id = $1',
      [project.id],
    )
    await gateway.admin('mutation', 'projects.remove', { id: project.id })
    const strays = await gateway.database.db.query('select object_key from stray_objects where object_key = $1', [
      pack?.object_key,
    ])
    expect(strays).toHaveLength(1)
    const { code } = await client.try('.', 'clone', addressOf(project, token), 'copy')
    expect(code).not.toBe(0)
  })
})

describe('who may ask', () => {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    gateway.call('GET', `/${path}.git/info/refs?service=git-upload-pack`, { headers })

  it('strangers learn nothing, not even which projects exist', async () => {
    const project = await makeProject()
    const other = await makeProject()
    await pushed(project)
    const token = await makeToken(other.id, 'write')
    for (const [headers, status] of [
      [{}, 401],
      [basic('wrong'), 401],
      [basic(''), 401],
      [{ authorization: `Bearer ${ADMIN_TOKEN}` }, 401],
      [basic(token), 404],
    ] as const) {
      const [there, missing] = [await ask(project.path, headers), await ask('yard/none', headers)]
      expect([there.status, missing.status]).toEqual([status, status])
      expect(there.text).toBe(missing.text)
      expect(there.headers['www-authenticate']).toBe(missing.headers['www-authenticate'])
      expect(there.headers['www-authenticate']?.startsWith('Basic ') ?? false).toBe(status === 401)
    }
  })

  it('a token to read does not write, and the token of an administrator does both', async () => {
    const project = await makeProject()
    await pushed(project)
    const read = await makeToken(project.id, 'read')
    await client.commit('work', { 'b.txt': 'two\n' })
    const tried = await client.try('work', 'push', addressOf(project, read), 'main')
    expect(tried.code).not.toBe(0)
    expect(await client.git('work', 'ls-remote', addressOf(project, read))).toContain('refs/heads/main')
    await client.git('work', 'push', '--quiet', addressOf(project, ADMIN_TOKEN), 'main')
  })

  it('the token of a job reads while the job runs, and sees the ref of its pipeline', async () => {
    const project = await makeProject()
    const { sha } = await pushed(project)
    await client.commit('work', { 'b.txt': 'two\n' })
    await client.git('work', 'push', '--quiet', 'origin', 'main')
    const runner = await gateway.register()
    await gateway.admin('mutation', 'jobs.create', {
      ...{ projectId: project.id, name: 'build', ref: 'main', sha, definition: { script: ['make'] } },
    })
    const { body } = await gateway.post('/jobs/request', { token: runner.token })
    const job = body as {
      id: number
      token: string
      job_info: { pipeline_id: number }
      git_info: Record<string, unknown>
    }
    const named = `refs/pipelines/${job.job_info.pipeline_id}`
    const repoUrl = addressOf(project, job.token).replace('git:', 'gitlab-ci-token:')
    expect(job.git_info).toMatchObject({
      repo_url: repoUrl,
      sha,
      refspecs: [`+${named}:${named}`, '+refs/heads/ma*in:refs/remotes/origin/ma*in'],
    })

    await client.git('.', 'init', '--quiet', 'checkout')
    const fetch = ['fetch', '--quiet', '--depth', '1', repoUrl, ...(job.git_info.refspecs as string[])]
    await client.git('checkout', ...fetch)
    await client.git('checkout', 'checkout', '--quiet', sha)
    expect(await client.git('checkout', 'rev-parse', named)).toBe(sha)
    expect(await client.git('work', 'ls-remote', 'origin')).not.toContain('refs/pipelines')
    const pushing = await client.try('work', 'push', repoUrl, 'HEAD:topic')
    expect(pushing.code).not.toBe(0)

    // A branch that is gone does not hinder the job.
    await gateway.admin('mutation', 'projects.update', { id: project.id, protectedRefs: [] })
    await client.git('work', 'push', '--quiet', 'origin', ':main')
    await client.git('work', 'push', '--quiet', 'origin', 'HEAD:other')
    await client.git('.', 'init', '--quiet', 'late')
    await client.git('late', ...fetch)
    expect(await client.git('late', 'rev-parse', named)).toBe(sha)

    const other = await makeProject()
    expect((await ask(other.path, basic(job.token))).status).toBe(404)
    await gateway.call('PUT', `/api/v4/jobs/${job.id}`, { json: { token: job.token, state: 'success' } })
    expect((await client.try('checkout', ...fetch)).code).not.toBe(0)
  })

  it('the token of a job reads another project that admits its own', async () => {
    const [project, asking] = [await makeProject(), await makeProject()]
    await pushed(project)
    const runner = await gateway.register()
    await gateway.admin('mutation', 'jobs.create', {
      ...{ projectId: asking.id, name: 'build', definition: { script: ['make'] } },
    })
    const { body } = await gateway.post('/jobs/request', { token: runner.token })
    const { token, git_info } = body as { token: string; git_info: { refspecs: string[] } }
    expect(git_info.refspecs).toEqual([])
    expect((await ask(project.path, basic(token))).status).toBe(404)
    await gateway.admin('mutation', 'projects.update', { id: project.id, jobTokenAllowlist: [asking.id] })
    expect((await ask(project.path, basic(token))).status).toBe(200)
  })
})

describe('a mirror', () => {
  let server: GitServer

  beforeEach(async () => {
    server = await startGitServer()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  it('is served as it is now, and takes no push', async () => {
    const project = await makeProject({ repoUrl: server.address })
    const token = await makeToken(project.id, 'write')
    const first = await server.commit({ 'a.txt': 'one\n' })
    await client.git('.', 'clone', '--quiet', addressOf(project, token), 'copy')
    expect(await client.git('copy', 'rev-parse', 'HEAD')).toBe(first)
    const second = await server.commit({ 'a.txt': 'two\n' })
    await client.git('copy', 'pull', '--quiet')
    expect(await client.git('copy', 'rev-parse', 'HEAD')).toBe(second)
    const pushing = await client.try('copy', 'push', 'origin', 'HEAD:topic')
    expect(pushing.code).not.toBe(0)
    expect(pushing.said).toContain('kept elsewhere')
  })

  it('that can’t be read says why', async () => {
    const project = await makeProject({ repoUrl: server.address.replace('repository', 'nothing') })
    const { code, said } = await client.try('.', 'clone', addressOf(project, ADMIN_TOKEN), 'copy')
    expect(code).not.toBe(0)
    expect(said).toContain('There is no repository at the address')
  })
})

describe('requests that no client of git sends', () => {
  let project: { id: number; path: string }
  let headers: Record<string, string>
  const type = (service: string) => ({ 'content-type': `application/x-git-${service}-request` })
  const post = (service: string, body: Uint8Array, more: Record<string, string> = {}) =>
    gateway.call('POST', `/${project.path}.git/git-${service}`, {
      body,
      headers: { ...headers, ...type(service), ...more },
    })

  beforeEach(async () => {
    project = await makeProject()
    headers = basic(ADMIN_TOKEN)
  })

  it('the dumb protocol, other services and other methods are refused with a sentence', async () => {
    await pushed(project)
    const get = (path: string) => gateway.call('GET', `/${project.path}.git${path}`, { headers })
    expect(await get('/info/refs')).toMatchObject({ status: 403, text: expect.stringContaining('smart protocol') })
    expect(await get('/info/refs?service=git-archive')).toMatchObject({ status: 403 })
    expect(await get('/HEAD')).toMatchObject({ status: 404 })
    expect(await get('/git-upload-pack')).toMatchObject({ status: 405 })
    expect(await gateway.call('POST', `/${project.path}.git/info/lfs/objects/batch`, { json: {} })).toMatchObject({
      status: 501,
      body: { message: expect.stringContaining('LFS') },
    })
  })

  it('an address without .git leads to the one with it', async () => {
    const { status, headers: answered } = await gateway.call(
      'GET',
      `/${project.path}/info/refs?service=git-upload-pack`,
    )
    expect({ status, to: answered.location }).toEqual({
      status: 301,
      to: `${gateway.url}/${project.path}.git/info/refs?service=git-upload-pack`,
    })
  })

  it('a push that is cut anywhere changes nothing and is no failure of the server', async () => {
    const { sha } = await pushed(project)
    const command = pktLine(`${'0'.repeat(40)} ${sha} refs/heads/cut\0report-status side-band-64k`)
    const whole = Buffer.concat([command, FLUSH, Buffer.from('PACK\0\0\0\x02\0\0\0\0')])
    for (let length = 0; length < whole.length; length++) {
      const { status } = await post('receive-pack', whole.subarray(0, length))
      expect({ length, status }).toEqual({ length, status: status === 200 || status === 400 ? status : 'another' })
    }
    expect(await client.git('work', 'ls-remote', 'origin', 'cut')).toBe('')
  })

  it.each([
    ['no length', Buffer.from('zzzz')],
    ['an impossible length', Buffer.from('0003')],
    ['a line too long', Buffer.from('ffff')],
    ['no command', pktLine('hello')],
    [
      'too many',
      Buffer.concat(
        Array.from({ length: 1_100 }, (_, at) => pktLine(`${'0'.repeat(40)} ${'a'.repeat(40)} refs/heads/${at}`)),
      ),
    ],
  ])('%s is refused', async (_name, body) => {
    expect((await post('receive-pack', body)).status).toBe(400)
  })

  it('objects that are not there are not named by a ref', async () => {
    await pushed(project)
    const body = Buffer.concat([
      pktLine(`${'0'.repeat(40)} ${'a'.repeat(40)} refs/heads/nothing\0report-status`),
      FLUSH,
      Buffer.from('5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e', 'hex'),
    ])
    const { status, text } = await post('receive-pack', body)
    expect(status).toBe(200)
    expect(text).toContain('ng refs/heads/nothing missing necessary objects')
  })

  it('what is packed with gzip is unpacked, and what is not gzip is refused', async () => {
    const { sha } = await pushed(project)
    const wanted = Buffer.concat([pktLine(`want ${sha} ofs-delta\n`), FLUSH, pktLine('done\n')])
    const packed = await post('upload-pack', gzipSync(wanted), { 'content-encoding': 'gzip' })
    expect(packed).toMatchObject({ status: 200, text: expect.stringContaining('PACK') })
    expect((await post('upload-pack', wanted, { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await post('upload-pack', wanted, { 'content-encoding': 'br' })).status).toBe(415)
    expect((await post('upload-pack', wanted, { 'content-type': 'text/plain' })).status).toBe(415)
    const bomb = gzipSync(Buffer.alloc(80 * 1_048_576))
    // Git may be the first to refuse it.
    expect([400, 413]).toContain((await post('upload-pack', bomb, { 'content-encoding': 'gzip' })).status)
  })

  it('paths are looked up as they are, whatever they spell', async () => {
    await pushed(project)
    for (const path of [
      '..',
      '../x',
      '%2e%2e/x',
      'a%2fb',
      `${project.path}%00`,
      `x/../${project.path}`,
      '-x',
      '__proto__',
    ]) {
      const { status } = await gateway.call('GET', `/${path}.git/info/refs?service=git-upload-pack`, { headers })
      expect({ path, status }).toEqual({ path, status: 404 })
    }
  })
})
