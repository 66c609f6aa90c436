import { HOOKS_TOPIC } from '@yardmaster/domain/hooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { followHooks } from '../testing/follow-hooks.ts'
import { type GitClient, openGitClient } from '../testing/git-client.ts'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

interface Pipeline {
  readonly id: number
  readonly ref: string
  readonly tag: boolean
  readonly sha: string
  readonly source: string
  readonly createdBy: string | null
  readonly variables: readonly { readonly key: string; readonly value: string }[]
}

const CONFIG = 'test: { script: [make] }\n'

let gateway: TestGateway
let client: GitClient
let project: { id: number; path: string }
let count = 0
let hooks: AsyncDisposable

beforeAll(async () => {
  gateway = await startTestGateway()
  hooks = followHooks(gateway.services)
})
afterAll(async () => {
  await hooks[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})
beforeEach(async () => {
  count += 1
  project = await gateway.admin('mutation', 'projects.create', { path: `yard/pushed-${count}` })
  client = await openGitClient()
  await client.git('.', 'init', '--quiet', 'work')
  const { token } = await gateway.admin<{ token: string }>('mutation', 'projectTokens.create', {
    ...{ projectId: project.id, name: 'Laptop', access: 'write' },
  })
  await client.git('work', 'remote', 'add', 'origin', addressWith(token))
})
afterEach(() => client[Symbol.asyncDispose]())

const addressWith = (password: string): string =>
  `${gateway.url.replace('://', `://git:${password}@`)}/${project.path}.git`

async function pipelines(): Promise<readonly Pipeline[]> {
  const { items } = await gateway.admin<{ items: { id: number }[] }>('query', 'pipelines.list', {
    projectId: project.id,
  })
  return await Promise.all(items.map(({ id }) => gateway.admin<Pipeline>('query', 'pipelines.get', { id })))
}

/** Pushes, and returns what git shows. */
async function push(...args: readonly string[]): Promise<string> {
  const { code, said } = await client.try('work', 'push', 'origin', ...args)
  expect(said).not.toContain('fatal')
  expect(code).toBe(0)
  return said
}

describe('a push to a repository that is kept here', () => {
  it('starts a pipeline, and says where it is', async () => {
    const first = await client.commit('work', { '.gitlab-ci.yml': CONFIG })
    const said = await push('main')
    const [pipeline] = await pipelines()
    expect(pipeline).toMatchObject({ ref: 'main', tag: false, sha: first, source: 'push', createdBy: 'git:Laptop' })
    expect(said).toMatch(new RegExp(`^remote: Pipeline #${pipeline?.id}: \\S+/pipelines/${pipeline?.id} *$`, 'm'))

    const second = await client.commit('work', { 'a.txt': 'two\n' })
    await client.git('work', 'push', '--quiet', addressWith(ADMIN_TOKEN), 'main', 'HEAD:topic/one')
    await expect.poll(pipelines).toHaveLength(3)
    const [newest, before] = await pipelines()
    expect([newest?.ref, before?.ref].sort()).toEqual(['main', 'topic/one'])
    expect(newest).toMatchObject({ sha: second, createdBy: 'git:admin_token' })
  })

  it('starts one for the commit of an annotated tag, and none for other objects', async () => {
    const sha = await client.commit('work', { '.gitlab-ci.yml': CONFIG })
    await client.git('work', 'tag', '-a', '-m', 'First', 'v1')
    await client.git('work', 'tag', 'readme', 'HEAD:.gitlab-ci.yml')
    await push('v1', 'readme')
    expect(await pipelines()).toMatchObject([{ ref: 'v1', tag: true, sha }])
  })

  it('has options: none, and variables', async () => {
    await client.commit('work', { '.gitlab-ci.yml': CONFIG })
    expect(await push('-o', 'ci.skip', 'main')).toContain(
      'remote: No pipeline: The push option ci.skip wants no pipeline.',
    )
    await client.commit('work', { 'a.txt': 'two\n' })
    await push('-o', 'ci.variable=DEPTH=12=3', '-o', 'merge_request.create', 'main')
    expect((await pipelines()).map(({ variables }) => variables)).toMatchObject([[{ key: 'DEPTH', value: '12=3' }]])
  })

  it('with a message that wants no pipeline starts none', async () => {
    await client.commit('work', { '.gitlab-ci.yml': CONFIG }, 'Only words [ci skip]')
    expect(await push('main')).toContain('remote: No pipeline: The message of the commit wants no pipeline.')
    expect(await pipelines()).toEqual([])
  })

  it('shows what is wrong with the configuration, and that there is none', async () => {
    await client.commit('work', { 'a.txt': 'one\n' })
    expect(await push('main')).toContain('remote: No pipeline: The project has no configuration at this commit.')
    await client.commit('work', { '.gitlab-ci.yml': 'test:\n  script: [make]\n  stage: nowhere\u001b[31m\n' })
    const said = await push('main')
    expect(said).toContain('remote: No pipeline, because of an error: .gitlab-ci.yml')
    expect(said).not.toContain('\u001b')
  })

  it('starts none when refs are deleted, and for runs', async () => {
    await client.commit('work', { '.gitlab-ci.yml': CONFIG })
    await push('-o', 'ci.skip', 'main', 'main:topic')
    expect(await push(':topic', 'HEAD:refs/runs/7')).not.toContain('remote:')
    const { items } = await gateway.admin<{ items: object[] }>('query', 'hooks.list', { projectId: project.id })
    expect(items).toMatchObject([{ kind: 'git', event: 'push', outcome: 'skipped' }])
    expect(items).toHaveLength(1)
  })

  it('that changes nothing tells of nothing', async () => {
    await client.commit('work', { '.gitlab-ci.yml': CONFIG })
    await push('main')
    await client.git('work', 'commit', '--quiet', '--amend', '-m', 'Another')
    const refused = await client.try('work', 'push', '--atomic', '--force', 'origin', 'main', 'HEAD:topic')
    expect(refused.code).toBe(1)
    expect(await pipelines()).toHaveLength(1)
  })

  it('is answered although nothing can be told of its pipeline, which starts', async () => {
    const { hooks: store, events, background } = gateway.services
    const failed: string[] = []
    const report = vi.spyOn(background, 'report').mockImplementation((name) => void failed.push(name))
    const run = vi.spyOn(background, 'run').mockImplementation((name, task) => {
      task().catch(() => failed.push(name))
    })
    const find = vi.spyOn(store, 'find').mockRejectedValue(new Error('The database is away.'))
    const tell = events.publish.bind(events)
    const publish = vi.spyOn(events, 'publish').mockImplementation(async (topic, hint) => {
      if (topic === HOOKS_TOPIC) throw new Error('Redis is away.')
      await tell(topic, hint)
    })
    await client.commit('work', { '.gitlab-ci.yml': CONFIG })
    expect(await push('main')).not.toContain('remote:')
    expect(failed).toEqual(['announce a push', 'tell what came of a push'])
    for (const mock of [publish, find, run, report]) mock.mockRestore()
    await events.publish(HOOKS_TOPIC)
    await expect.poll(pipelines).toHaveLength(1)
  })

  it('starts the pipelines of one branch in the order of its commits', async () => {
    await client.commit('work', { '.gitlab-ci.yml': CONFIG })
    const shas: string[] = []
    for (let n = 0; n < 8; n++) {
      shas.unshift(await client.commit('work', { 'a.txt': `${n}\n` }))
      await client.git('work', 'push', '--quiet', 'origin', 'main')
    }
    await expect.poll(pipelines).toHaveLength(shas.length)
    expect((await pipelines()).map(({ sha }) => sha)).toEqual(shas)
  })
})
