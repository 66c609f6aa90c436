import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followHooks } from '../testing/follow-hooks.ts'
import { type GitClient, openGitClient } from '../testing/git-client.ts'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

const CONFIG = `
stages: [build, test, deploy]
build: { stage: build, script: [make], artifacts: { paths: [out] } }
unit: { stage: test, script: [make check] }
docs: { stage: test, script: [make docs], needs: [], rules: [{ changes: [notes.md] }] }
deploy: { stage: deploy, script: [make install], rules: [{ if: '$CI_COMMIT_BRANCH == "main"' }] }
children: { stage: deploy, trigger: { include: child.yml } }
`

interface Made {
  readonly id: number
  readonly jobs: readonly { readonly id: number; readonly name: string }[]
}

let gateway: TestGateway
let client: GitClient
let project: { id: number; path: string }
let hooks: AsyncDisposable
let head: string
let tree: string

const create = (input: object) =>
  gateway.admin<Made>('mutation', 'pipelines.create', { projectId: project.id, ...input })
const namesOf = ({ jobs }: Made) => jobs.map(({ name }) => name).sort()
const get = (id: number) => gateway.admin<Record<string, unknown>>('query', 'pipelines.get', { id })

beforeAll(async () => {
  gateway = await startTestGateway()
  hooks = followHooks(gateway.services)
  project = await gateway.admin('mutation', 'projects.create', {
    path: 'yard/trees',
    protectedRefs: ['main'],
  })
  client = await openGitClient()
  await client.git('.', 'init', '--quiet', 'work')
  await client.git(
    'work',
    ...['remote', 'add', 'origin', `${gateway.url.replace('://', `://git:${ADMIN_TOKEN}@`)}/${project.path}.git`],
  )
  head = await client.commit('work', { '.gitlab-ci.yml': CONFIG, 'child.yml': 'child: { script: [x] }' })
  await client.git('work', 'push', '--quiet', '-o', 'ci.skip', 'origin', 'main')
  tree = await client.commit('work', { 'notes.md': 'changed' }, 'Working tree')
  await client.git('work', 'push', '--quiet', 'origin', 'HEAD:refs/runs/one')
})
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await hooks[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

describe('the pipeline of a pushed working tree', () => {
  it('is as if the tree had been pushed to its ref, without the rights of that', async () => {
    const made = await create({ run: 'one', ref: 'main', source: 'push', beforeSha: head })
    expect(namesOf(made)).toEqual(['build', 'children', 'deploy', 'docs', 'unit'])
    expect(await get(made.id)).toMatchObject({
      ...{ run: 'one', ref: 'main', tag: false, sha: tree, beforeSha: head, protected: false, source: 'push' },
      commitTitle: 'Working tree',
    })
    const [job] = await gateway.services.jobs.list({ pipelineId: made.id, limit: 1 })
    expect(job).toMatchObject({ ref: 'main', sha: tree, protected: false })
  })

  it('has the given configuration, and the files of the tree', async () => {
    const content =
      'a: { script: [x], rules: [{ exists: [notes.md] }] }\nb: { script: [x], rules: [{ exists: [none] }] }'
    expect(namesOf(await create({ run: 'one', content }))).toEqual(['a'])
  })

  it('has the jobs that are named, with what they need', async () => {
    expect(namesOf(await create({ run: 'one', jobs: ['unit'] }))).toEqual(['build', 'unit'])
    await expect(create({ run: 'one', jobs: ['nothing'] })).rejects.toThrow('the pipeline has no job')
  })

  it('is refused when there is no such tree, or two commits are named', async () => {
    await expect(create({ run: 'two' })).rejects.toThrow('refs/runs/two')
    await expect(create({ run: 'one', sha: head })).rejects.toThrow('allowed: one of the two')
    await expect(create({ run: '../heads/main' })).rejects.toThrow('run')
  })

  it('neither cancels the pipelines of its ref nor is canceled by them, and is in no badge of it', async () => {
    const ofMain = await create({ ref: 'main', sha: head })
    const ofTree = await create({ run: 'one', ref: 'main' })
    await create({ ref: 'main', sha: tree })
    await gateway.services.background.settle()
    expect(await get(ofTree.id)).toMatchObject({ status: 'pending' })
    expect(await get(ofMain.id)).toMatchObject({ status: 'canceled' })
    const { pipelines } = gateway.services
    const before = await pipelines.newestOf({ projectId: project.id, ref: 'main' }, 1)
    await gateway.admin('mutation', 'pipelines.cancel', { id: ofTree.id })
    await create({ run: 'one', ref: 'main' })
    expect(await pipelines.newestOf({ projectId: project.id, ref: 'main' }, 1)).toEqual(before)
  })

  it('passes on to its children what it is', async () => {
    const { id, jobs } = await create({ run: 'one', ref: 'main', jobs: ['children'] })
    expect(jobs.map(({ name }) => name)).toEqual(['build', 'children'])
    const [origin] = await gateway.database.db.query<{ run: string }>('select run from pipelines where id = $1', [id])
    expect(origin).toEqual({ run: 'one' })
  })

  it('says nothing about the commit to a forge', async () => {
    const { db } = gateway.database
    const other = await gateway.admin<{ id: number }>('mutation', 'pipelines.create', { content: 'a: { script: [x] }' })
    const { id } = await create({ run: 'one', jobs: ['docs'], beforeSha: head })
    const note = (pipelineId: number) =>
      db.query(
        `insert into commit_status_changes (project_id, sha, context, pipeline_id)
         select $1, $2, 'ci', id from pipelines where id = $3 returning id`,
        [project.id, tree, pipelineId],
      )
    expect(await note(id)).toEqual([])
    expect(await note(other.id)).toHaveLength(1)
  })

  it('lets its tree go when it is over and old', async () => {
    const { ownRepositories } = gateway.services
    await client.git('work', 'push', '--quiet', 'origin', 'HEAD:refs/runs/old', 'HEAD:refs/runs/busy')
    const { id } = await create({ run: 'busy', jobs: ['unit'] })
    const runs = async () =>
      (await ownRepositories.find(project.id))?.refs.flatMap(({ name }) => /^refs\/runs\/(.*)/.exec(name)?.[1] ?? [])
    expect(await ownRepositories.removeRuns({ before: new Date(0), limit: 10 })).toBe(0)
    const later = new Date(Date.now() + 60_000)
    await ownRepositories.removeRuns({ before: later, limit: 10 })
    expect(await runs()).toContain('busy')
    expect(await runs()).not.toContain('old')
    await gateway.admin('mutation', 'pipelines.cancel', { id })
    await gateway.services.background.settle()
    await ownRepositories.removeRuns({ before: later, limit: 10 })
    expect(await runs()).not.toContain('busy')
    expect(await ownRepositories.withUnreachable({ before: later, limit: 1_000 })).toContain(project.id)
  })
})
