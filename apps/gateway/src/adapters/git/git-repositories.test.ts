import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRefName } from '@yardmaster/domain/git'
import type { RepositoryOwner } from '@yardmaster/domain/ports'
import { repositoryFromUrl } from '@yardmaster/domain/projects'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type GitServer, startGitServer } from '../../testing/git-server.ts'
import { GitRepositories } from './git-repositories.ts'
import { type MirrorLimits, Mirrors } from './mirrors.ts'

const LIMITS = { mostBytes: 2 ** 28, mostBytesTogether: 2 ** 30 }
const SECRET = 'a-secret-of-tests'

let server: GitServer
let folder: string
let mirrors: Mirrors
let repositories: GitRepositories

async function openMirrors(limits: Partial<MirrorLimits> = {}) {
  await mirrors?.[Symbol.asyncDispose]()
  mirrors = await Mirrors.open(folder, { limits: { ...LIMITS, ...limits }, environment: { PATH: process.env.PATH } })
  repositories = new GitRepositories(mirrors)
}

const owner = (url: string | null = server.address, id = 1): RepositoryOwner => ({
  id,
  repository:
    url === null || url.startsWith('http')
      ? url === null
        ? null
        : repositoryFromUrl(url)
      : { address: url, username: null, password: null, deployKey: null },
  clone: 'direct',
  defaultBranch: 'main',
})

const reasonOf = (answer: unknown) => (answer as { error: { reason: string } }).error.reason

const withLogin = (password = SECRET) => server.address.replace('://', `://ada:${password}@`)

beforeAll(async () => {
  server = await startGitServer()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yardmaster-mirrors-'))
  await openMirrors()
})
afterEach(async () => {
  server.demand(null)
  server.intercept(null)
  await mirrors[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

describe('what a repository has', () => {
  it('finds the newest commit of a branch or tag', async () => {
    const first = await server.commit({ 'a.txt': 'one' })
    expect(await repositories.resolve(owner(), { ref: 'main' })).toEqual({ ok: true, value: first })
    const second = await server.commit({ 'a.txt': 'two' })
    await server.git(['tag', '-a', '-m', 'annotated', 'v1', first])
    expect(await repositories.resolve(owner(), { ref: 'main' })).toEqual({ ok: true, value: second })
    expect(await repositories.resolve(owner(), { ref: 'v1', kind: 'tag' })).toEqual({ ok: true, value: first })
    const missing = { ok: false, error: { kind: 'ref_not_found', ref: 'v1' } }
    expect(await repositories.resolve(owner(), { ref: 'v1' })).toEqual(missing)
  })

  it('follows a branch that was forced or deleted, and keeps its commits', async () => {
    const base = await server.commit({ 'a.txt': 'base' }, { branch: 'forced', parent: null })
    expect(await repositories.resolve(owner(), { ref: 'forced' })).toEqual({ ok: true, value: base })
    const other = await server.commit({ 'b.txt': 'other' }, { branch: 'forced', parent: null })
    expect(await repositories.resolve(owner(), { ref: 'forced' })).toEqual({ ok: true, value: other })
    await server.git(['update-ref', '-d', 'refs/heads/forced'])
    expect(await repositories.resolve(owner(), { ref: 'forced' })).toMatchObject({ error: { kind: 'ref_not_found' } })
    // A folder of branches may take the place of a branch.
    const within = await server.commit({ 'c.txt': 'c' }, { branch: 'forced/within', parent: null })
    expect(await repositories.resolve(owner(), { ref: 'forced/within' })).toEqual({ ok: true, value: within })
    expect(await repositories.commit(owner(), base)).toMatchObject({ ok: true, value: { sha: base } })
  })

  it('reads commits, files, lists, changes and merge bases', async () => {
    const base = await server.commit(
      { '.gitlab-ci.yml': 'job: {}', 'src/ä b.ts': 'x' },
      { branch: 'read', parent: null },
    )
    const message = 'Explain the änderung\n\nWith a body.\n'
    const next = await server.commit({ 'src/ä b.ts': null, 'src/moved.ts': 'x' }, { branch: 'read', message })
    const side = await server.commit({ 'side.txt': 's' }, { branch: 'side', parent: base })
    const unrelated = await server.commit({ 'u.txt': 'u' }, { branch: 'unrelated', parent: null })
    expect(await repositories.commit(owner(), next)).toEqual({
      ok: true,
      value: {
        sha: next,
        parents: [base],
        message,
        author: { name: 'Ada Byron', email: 'ada@example.com' },
        authoredAt: '2026-03-01T12:00:00+01:00',
        committedAt: '2026-03-01T12:00:00+01:00',
      },
    })
    const read = (path: string) => repositories.readFile(owner(), { sha: next, path })
    expect(await read('.gitlab-ci.yml')).toEqual({ ok: true, value: 'job: {}' })
    for (const path of ['src', 'none', '', '..', '/etc/passwd', '*', ':(top)src', 'src/ä b.ts']) {
      expect(await read(path), path).toEqual({ ok: true, value: null })
    }
    const files = { ok: true, value: ['.gitlab-ci.yml', 'src/moved.ts'] }
    expect(await repositories.listFiles(owner(), next)).toEqual(files)
    const changed = { ok: true, value: ['src/moved.ts', 'src/ä b.ts'] }
    expect(await repositories.changedPaths(owner(), { from: base, to: next })).toEqual(changed)
    expect(await repositories.mergeBase(owner(), next, side)).toEqual({ ok: true, value: base })
    expect(await repositories.mergeBase(owner(), next, unrelated)).toEqual({ ok: true, value: null })
    const none = 'f'.repeat(40)
    const missing = { ok: false, error: { kind: 'commit_not_found', sha: none } }
    expect(await repositories.commit(owner(), none)).toEqual(missing)
    expect(await repositories.changedPaths(owner(), { from: none, to: next })).toEqual(missing)
    expect(await repositories.commit(owner(), '--all')).toMatchObject({ error: { kind: 'commit_not_found' } })
  })

  it('gets a commit that no ref names', async () => {
    const hidden = await server.commit({ 'h.txt': 'h' }, { branch: 'hidden', parent: null })
    await server.git(['update-ref', '-d', 'refs/heads/hidden'])
    const file = { sha: hidden, path: 'h.txt' }
    expect(await repositories.readFile(owner(), file)).toEqual({ ok: true, value: 'h' })
  })

  it('has no repository without an address', async () => {
    const missing = { ok: false, error: { kind: 'repository_missing', projectId: 1 } }
    expect(await repositories.resolve(owner(null), { ref: 'main' })).toEqual(missing)
    expect(await repositories.state(owner(null))).toMatchObject({ address: null, state: 'missing' })
  })
})

describe('hostile repositories', () => {
  it('lists names of any bytes, and reads links, folders and submodules as what they are', async () => {
    const git = server.git
    const blob = (await git(['hash-object', '-w', '--stdin'], 'target.yml')).trim()
    const head = await server.commit({ x: 'x' })
    const entries = [
      `120000 blob ${blob}\tlink`,
      `160000 commit ${head}\tsubmodule`,
      `100644 blob ${blob}\twith\nnewline`,
      `100644 blob ${blob}\t--upload-pack=x`,
    ].map((entry) => Buffer.from(`${entry}\0`))
    const notUtf8 = Buffer.concat([Buffer.from(`100644 blob ${blob}\t`), Buffer.from([0xff, 0xfe, 0])])
    const tree = (await git(['mktree', '-z'], Buffer.concat([...entries, notUtf8]))).trim()
    const sha = (await git(['commit-tree', tree], 'hostile')).trim()
    await git(['update-ref', 'refs/heads/hostile', sha])
    expect(await repositories.listFiles(owner(), sha)).toEqual({
      ok: true,
      value: ['--upload-pack=x', 'link', 'submodule', 'with\nnewline', '\ufffd\ufffd'],
    })
    const read = (path: string) => repositories.readFile(owner(), { sha, path })
    const file = { ok: true, value: 'target.yml' }
    for (const path of ['link', 'with\nnewline', '--upload-pack=x']) expect(await read(path), path).toEqual(file)
    expect(await read('submodule')).toEqual({ ok: true, value: null })
  })

  it('reads no more than 2 MiB of a file, and a byte', async () => {
    const sha = await server.commit({ '.gitlab-ci.yml': 'x'.repeat(10 * 1_048_576) }, { branch: 'big', parent: null })
    const answer = await repositories.readFile(owner(), { sha, path: '.gitlab-ci.yml' })
    expect(answer).toEqual({ ok: true, value: 'x'.repeat(2 * 1_048_576 + 1) })
  })

  it('knows which names refs may have', async () => {
    for (const ref of ['main', 'a/b', '--upload-pack=x', '-x', 'ä', 'v1.0', 'a@b'])
      expect(isRefName(ref), ref).toBe(true)
    for (const ref of [
      '',
      'a..b',
      'a b',
      'a^{tree}',
      'a~1',
      'a:b',
      '/a',
      'a/',
      'a//b',
      'a.lock',
      '.a',
      'a/.b',
      'a@{1}',
      'a\0',
    ])
      expect(isRefName(ref), ref).toBe(false)
    await server.commit({ 'o.txt': 'o' }, { branch: 'o', parent: null })
    const sha = (await server.git(['rev-parse', 'refs/heads/o'])).trim()
    await server.git(['update-ref', 'refs/heads/--upload-pack=x', sha])
    expect(await repositories.resolve(owner(), { ref: '--upload-pack=x' })).toEqual({ ok: true, value: sha })
    await server.git(['update-ref', '-d', 'refs/heads/--upload-pack=x'])
  })

  it('takes no objects that are malformed', async () => {
    const blob = (await server.git(['hash-object', '-w', '--stdin'], 'x')).trim()
    const tree = (await server.git(['mktree'], `100644 blob ${blob}\tok\n`)).trim()
    const text = `tree ${tree}\nauthor Nobody\ncommitter Nobody\n\nx\n`
    const bad = (await server.git(['hash-object', '-w', '-t', 'commit', '--literally', '--stdin'], text)).trim()
    await server.git(['update-ref', 'refs/heads/bad', bad])
    const answer = await repositories.resolve(owner(), { ref: 'bad' })
    expect(answer).toMatchObject({ ok: false, error: { kind: 'repository_unavailable' } })
    expect(reasonOf(answer)).toMatch(/^Git can’t read the repository: .*[Ee]mail/)
    await server.git(['update-ref', '-d', 'refs/heads/bad'])
  })
})

describe('servers at fault', () => {
  it('asks with the login of the address, and tells it to nobody', async () => {
    await server.commit({ 'a.txt': 'a' })
    server.demand({ username: 'ada', password: SECRET })
    const refused = 'The server refuses the credentials of the repository, or asks for some.'
    expect(reasonOf(await repositories.resolve(owner(), { ref: 'main' }))).toBe(refused)
    const wrong = await repositories.resolve(owner(withLogin('another-secret')), { ref: 'main' })
    expect(reasonOf(wrong)).toBe(refused)
    expect(await repositories.resolve(owner(withLogin()), { ref: 'main' })).toMatchObject({ ok: true })
    expect(await repositories.state(owner(withLogin()))).toMatchObject({ address: server.address, state: 'ready' })
    const names = await readdir(folder, { recursive: true, withFileTypes: true })
    for (const entry of names.filter((name) => name.isFile())) {
      const bytes = await readFile(join(entry.parentPath, entry.name), 'latin1')
      expect(bytes.includes(SECRET), entry.name).toBe(false)
    }
  })

  it('follows no redirect', async () => {
    server.demand({ username: 'ada', password: SECRET })
    server.intercept((_req, res) => {
      res.writeHead(302, { location: server.address.replace('repository', 'elsewhere') }).end()
      return true
    })
    const before = server.requests.length
    const answer = await repositories.resolve(owner(withLogin()), { ref: 'main' })
    expect(reasonOf(answer)).toMatch(/^The server answers with a redirect \(302\)/)
    expect(server.requests.slice(before).every(({ url }) => url.startsWith('/repository.git/'))).toBe(true)
  })

  it('gives up a server that hangs, and ends git', async () => {
    await openMirrors({ fetchMs: 500 })
    server.intercept(() => true)
    const answer = await repositories.resolve(owner(), { ref: 'main' })
    expect(reasonOf(answer)).toBe('Reading the repository takes more than 0.5 s.')
  })

  it('lets no caller wait for long, and goes on with the fetch', async () => {
    await server.commit({ 'a.txt': 'a' })
    await openMirrors({ waitMs: 50 })
    const release = server.hold()
    const answer = await repositories.resolve(owner(), { ref: 'main' })
    expect(reasonOf(answer)).toBe('The repository is still being fetched: try again in a moment.')
    expect(await repositories.state(owner())).toMatchObject({ state: 'fetching' })
    release()
    await expect.poll(() => repositories.state(owner())).toMatchObject({ state: 'ready' })
  })

  it('explains a server that is no git server, and one that is away', async () => {
    server.intercept((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/html' }).end('<html>\n</html>\n')
      return true
    })
    expect(reasonOf(await repositories.resolve(owner(), { ref: 'main' }))).toBe(
      'There is no git server at the address.',
    )
    server.intercept((_req, res) => {
      res.writeHead(503).end()
      return true
    })
    expect(reasonOf(await repositories.resolve(owner(), { ref: 'main' }))).toBe(
      'The server of the repository answers 503.',
    )
    const away = owner('http://127.0.0.1:1/nothing.git')
    expect(reasonOf(await repositories.resolve(away, { ref: 'main' }))).toBe(
      'The server of the repository can’t be reached.',
    )
    const none = owner(server.address.replace('repository', 'another'))
    server.intercept(null)
    expect(reasonOf(await repositories.resolve(none, { ref: 'main' }))).toMatch(
      /^There is no repository at the address/,
    )
    expect(await repositories.state(none)).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/^There is no/),
    })
  })

  it('stops at a repository that is too large, and keeps the copy of before', async () => {
    await server.commit({ 'a.txt': 'a' })
    await openMirrors({ mostBytes: 2 ** 20 })
    const before = await repositories.resolve(owner(), { ref: 'main' })
    expect(before).toMatchObject({ ok: true })
    // Random bytes, because others are packed well. A partial copy has no contents, so it is names that are large.
    const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(100))).toString('hex')
    const many = Object.fromEntries(Array.from({ length: 1 }, () => [random(), random()]))
    await server.commit(many, {
      message: Array.from({ length: 20_000 }, random).join('\n'),
      branch: 'large',
      parent: null,
    })
    const answer = await repositories.resolve(owner(), { ref: 'main' })
    expect(reasonOf(answer)).toBe('The repository is too large: MAX_REPOSITORY_MIB allows 1 MiB.')
    await server.git(['update-ref', '-d', 'refs/heads/large'])
    expect(await repositories.resolve(owner(), { ref: 'main' })).toEqual(before)
  })
})

describe('mirrors', () => {
  it('shares fetches: all who ask while one runs get the next one', async () => {
    await server.commit({ 'a.txt': 'a' })
    await repositories.resolve(owner(), { ref: 'main' })
    const before = server.requests.length
    await Promise.all(Array.from({ length: 20 }, () => repositories.resolve(owner(), { ref: 'main' })))
    const fetches = server.requests.slice(before).filter(({ url }) => url.includes('info/refs')).length
    expect(fetches).toBe(2)
  })

  it('heals a copy that a killed process left locked or damaged', async () => {
    await server.commit({ 'a.txt': 'a' })
    await repositories.resolve(owner(), { ref: 'main' })
    const dir = join(folder, '1.git')
    await writeFile(join(dir, 'packed-refs.lock'), '')
    await writeFile(join(dir, 'objects/pack/tmp_pack_x'), 'x')
    await writeFile(join(folder, 'tmp', 'left'), 'x')
    await openMirrors()
    const next = await server.commit({ 'a.txt': 'b' })
    expect(await repositories.resolve(owner(), { ref: 'main' })).toEqual({ ok: true, value: next })
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
    for (const name of await readdir(join(dir, 'objects/pack'))) {
      if (name.endsWith('.pack')) await rm(join(dir, 'objects/pack', name))
    }
    const last = await server.commit({ 'a.txt': 'c' })
    expect(await repositories.resolve(owner(), { ref: 'main' })).toEqual({ ok: true, value: last })
    const file = { sha: last, path: 'a.txt' }
    expect(await repositories.readFile(owner(), file)).toEqual({ ok: true, value: 'c' })
  })

  it('makes another copy for another address', async () => {
    await server.commit({ 'a.txt': 'a' })
    await repositories.resolve(owner(), { ref: 'main' })
    await using other = await startGitServer()
    const sha = await other.commit({ 'other.txt': 'o' })
    expect(await repositories.resolve(owner(other.address), { ref: 'main' })).toEqual({ ok: true, value: sha })
    expect(await repositories.listFiles(owner(other.address), sha)).toEqual({ ok: true, value: ['other.txt'] })
  })

  it('removes the copies that were used least recently when all together are too large', async () => {
    await server.commit({ 'a.txt': 'a' })
    await repositories.resolve(owner(server.address, 1), { ref: 'main' })
    await openMirrors({ mostBytesTogether: 1 })
    await repositories.resolve(owner(server.address, 2), { ref: 'main' })
    expect(await mirrors.ids()).toEqual([2])
    await mirrors.remove(2)
    expect(await mirrors.ids()).toEqual([])
  })

  it('says that git is missing', async () => {
    await mirrors[Symbol.asyncDispose]()
    mirrors = await Mirrors.open(folder, { limits: LIMITS, environment: { PATH: folder } })
    const answer = await new GitRepositories(mirrors).resolve(owner(), { ref: 'main' })
    expect(reasonOf(answer)).toBe('Repositories are read by git, and git is not installed on this server.')
  })

  it('reads repositories on the disk', async () => {
    const sha = await server.commit({ 'a.txt': 'a' })
    expect(await repositories.resolve(owner(`file://${server.dir}`), { ref: 'main' })).toEqual({ ok: true, value: sha })
  })
})
