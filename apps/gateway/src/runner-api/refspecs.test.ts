import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refspecs } from './refspecs.ts'

const run = promisify(execFile)
const PIPELINE = 7
const DEPTH = 3

describe('what a runner fetches', () => {
  let home: string
  let origin: string

  const git = async (dir: string, ...args: string[]): Promise<string> => {
    const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'init.defaultBranch=main']
    // Isolates the test from Git's settings on this machine.
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
    return (await run('git', [...identity, ...args], { cwd: dir, env })).stdout.trim()
  }

  /** Adds `count` commits to `branch` and returns the last one. */
  async function commit(branch: string, count = 1): Promise<string> {
    await git(origin, 'checkout', '-q', '-B', branch)
    for (let made = 0; made < count; made++)
      await git(origin, 'commit', '-q', '--allow-empty', '-m', `${branch} ${made}`)
    return git(origin, 'rev-parse', 'HEAD')
  }

  /** Fetches and checks out into a fresh repository, as a runner does. Returns the refs it then has. */
  async function fetch(of: { ref: string; tag?: boolean; sha: string; depth?: number }): Promise<string[]> {
    const checkout = await mkdtemp(join(home, 'checkout-'))
    await git(checkout, 'init', '-q')
    await git(checkout, 'remote', 'add', 'origin', `file://${origin}`)
    const { ref, tag = false, sha, depth = DEPTH } = of
    const named = refspecs({ ref, tag, sha, pipelineId: PIPELINE, isServedHere: false, depth })
    await git(checkout, 'fetch', 'origin', ...named, ...(depth > 0 ? ['--depth', String(depth)] : []))
    await git(checkout, 'checkout', '-f', '-q', sha)
    expect(await git(checkout, 'rev-parse', 'HEAD')).toBe(sha)
    return (await git(checkout, 'for-each-ref', '--format=%(refname)')).split('\n')
  }

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'yardmaster-refspecs-'))
    origin = join(home, 'origin')
    await git(home, 'init', '-q', origin)
    await commit('main')
  })
  afterAll(() => rm(home, { recursive: true, force: true }))

  it('is the commit and its branch', async () => {
    const sha = await commit('feature/one')
    expect(await fetch({ ref: 'feature/one', sha })).toEqual([
      `refs/pipelines/${PIPELINE}`,
      'refs/remotes/origin/feature/one',
    ])
  })

  it('is the commit even when its branch has moved on by more than the depth', async () => {
    const sha = await commit('moved')
    await commit('moved', DEPTH + 2)
    expect(await fetch({ ref: 'moved', sha })).toContain('refs/remotes/origin/moved')
  })

  it('is the commit even when its branch is gone', async () => {
    const sha = await commit('short-lived')
    await commit('main')
    await git(origin, 'branch', '-D', 'short-lived')
    expect(await fetch({ ref: 'short-lived', sha })).toEqual([`refs/pipelines/${PIPELINE}`])
  })

  it.each(['v1.2.3', 'v', 'größe-🚂'])('is the commit and its tag %s, even when the tag is gone', async (name) => {
    const sha = await commit('main')
    await git(origin, 'tag', '-a', name, '-m', 'a release')
    await commit('main', DEPTH + 2)
    expect(await fetch({ ref: name, tag: true, sha })).toContain(`refs/tags/${name}`)
    await git(origin, 'tag', '-d', name)
    expect(await fetch({ ref: name, tag: true, sha })).toEqual([`refs/pipelines/${PIPELINE}`])
  })

  it('is everything with a depth of zero, and the commit even when its branch is gone', async () => {
    const sha = await commit('whole')
    await commit('main')
    await git(origin, 'branch', '-D', 'whole')
    const refs = await fetch({ ref: 'whole', sha, depth: 0 })
    expect(refs).toContain('refs/remotes/origin/main')
    expect(refs).toContain(`refs/pipelines/${PIPELINE}`)
  })

  it('is the ref of its pipeline where the commit is served here', () => {
    const job = { ref: 'main', tag: false, sha: 'a'.repeat(40), pipelineId: PIPELINE, isServedHere: true }
    expect(refspecs({ ...job, depth: DEPTH })).toEqual([
      '+refs/pipelines/7:refs/pipelines/7',
      '+refs/heads/ma*in:refs/remotes/origin/ma*in',
    ])
    expect(refspecs({ ...job, depth: 0 })).toEqual([
      '+refs/pipelines/7:refs/pipelines/7',
      '+refs/heads/*:refs/remotes/origin/*',
      '+refs/tags/*:refs/tags/*',
    ])
  })

  it('is the ref alone for a job without a commit', () => {
    const job = { ref: 'main', tag: false, sha: null, pipelineId: PIPELINE, isServedHere: false, depth: DEPTH }
    expect(refspecs(job)).toEqual(['+refs/heads/main:refs/remotes/origin/main'])
    expect(refspecs({ ...job, tag: true })).toEqual(['+refs/tags/main:refs/tags/main'])
  })
})
