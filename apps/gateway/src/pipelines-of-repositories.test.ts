import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GitServer, startGitServer } from './testing/git-server.ts'
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts'

const MESSAGE = 'Light the $LANTERN\n\nWith a longer explanation.\n'
const CONFIG = `
include: ci/included.yml
workflow: { name: $NAME }
here: { script: [x], rules: [{ exists: [src/main.ts] }] }
there: { script: [x], rules: [{ exists: [src/none.ts] }] }
changed: { script: [x], rules: [{ changes: [src/*.ts] }] }
titled: { script: [x], rules: [{ if: '$CI_COMMIT_TITLE =~ /^Light the/' }] }
`

let gateway: TestGateway
let server: GitServer
let projectId: number
let first: string
let second: string

interface Made {
  readonly id: number
  readonly jobs: readonly { readonly id: number; readonly name: string }[]
}

const create = (input: object = {}) => gateway.admin<Made>('mutation', 'pipelines.create', { projectId, ...input })
const namesOf = ({ jobs }: Made) => jobs.map(({ name }) => name).sort()
const refused = (input: object = {}) =>
  create(input).then(
    () => null,
    (error: Error) => {
      const { data } = JSON.parse(error.message.slice(error.message.indexOf('{'))).error
      return data.refusal
    },
  )
const newProject = async (settings: object) =>
  (await gateway.admin<{ id: number }>('mutation', 'projects.create', settings)).id

beforeAll(async () => {
  server = await startGitServer()
  gateway = await startTestGateway()
  const files = { '.gitlab-ci.yml': CONFIG, 'ci/included.yml': 'included: { script: [x] }', 'src/main.ts': '1' }
  first = await server.commit(files)
  second = await server.commit({ 'README.md': 'x' }, { message: MESSAGE })
  projectId = await newProject({ path: 'yard/lantern', repository: { address: server.address } })
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

describe('a pipeline without content', () => {
  it('has the configuration of the commit that its ref points to', async () => {
    const made = await create()
    expect(namesOf(made)).toEqual(['changed', 'here', 'included', 'titled'])
    const pipeline = await gateway.admin('query', 'pipelines.get', { id: made.id })
    expect(pipeline).toMatchObject({ sha: second, ref: 'main', commitTitle: 'Light the $LANTERN' })
    const { items } = await gateway.admin<{ items: object[] }>('query', 'pipelines.list', { projectId })
    expect(items[0]).toMatchObject({ id: made.id, commitTitle: 'Light the $LANTERN' })
  })

  it('tells its jobs of the commit', async () => {
    const made = await create()
    const [job] = made.jobs
    const definition = await gateway.services.jobs.definition(job?.id ?? 0)
    const variables = new Map(
      definition && typeof definition === 'object' ? definition.variables.map((v) => [v.key, v]) : [],
    )
    expect(variables.get('CI_COMMIT_MESSAGE')).toEqual({ key: 'CI_COMMIT_MESSAGE', value: MESSAGE, raw: true })
    expect(variables.get('CI_COMMIT_TITLE')?.value).toBe('Light the $LANTERN')
    expect(variables.get('CI_COMMIT_DESCRIPTION')?.value).toBe('\nWith a longer explanation.')
    expect(variables.get('CI_COMMIT_AUTHOR')?.value).toBe('Ada Byron <ada@example.com>')
    expect(variables.get('CI_COMMIT_TIMESTAMP')?.value).toBe('2026-03-01T12:00:00+01:00')
    expect(variables.get('CI_CONFIG_PATH')?.value).toBe('.gitlab-ci.yml')
  })

  it('has the configuration of the given commit, and what changed since the one before', async () => {
    expect(namesOf(await create({ sha: first }))).toEqual(['changed', 'here', 'included'])
    const pushed = { sha: second, beforeSha: first, source: 'push' }
    expect(namesOf(await create(pushed))).toEqual(['here', 'included', 'titled'])
    const isNew = { ...pushed, beforeSha: '0'.repeat(40) }
    expect(namesOf(await create(isNew))).toEqual(['changed', 'here', 'included', 'titled'])
    const forcedAway = { ...pushed, beforeSha: 'd'.repeat(40) }
    expect(namesOf(await create(forcedAway))).toEqual(['changed', 'here', 'included', 'titled'])
    const given = { ...pushed, changedPaths: ['src/main.ts'] }
    expect(namesOf(await create(given))).toEqual(['changed', 'here', 'included', 'titled'])
  })

  it('compares a merge request with where it left its target', async () => {
    const sha = await server.commit({ 'guide/a.md': 'x' }, { branch: 'side', parent: first })
    const mergeRequest = { iid: 1, sourceBranch: 'side', targetBranch: 'main' }
    // Jobs without rules are not for merge requests.
    expect(namesOf(await create({ mergeRequest }))).toEqual(['here'])
    expect(await gateway.admin('query', 'pipelines.list', { ref: 'side' })).toMatchObject({ items: [{ sha }] })
  })

  it('is linted in the same way', async () => {
    const lint = await gateway.admin<{ valid: boolean; jobs: object[] }>('query', 'pipelines.lint', { projectId })
    expect(lint).toMatchObject({ valid: true })
    expect(lint.jobs).toHaveLength(5)
  })

  it('has given files and content instead of those of the repository', async () => {
    const content = 'include: ci/included.yml'
    expect(namesOf(await create({ content, sha: second }))).toEqual(['included'])
    const files = { 'ci/included.yml': 'given: { script: [x] }' }
    expect(namesOf(await create({ content, files, sha: second }))).toEqual(['given'])
    expect(namesOf(await create({ files: { '.gitlab-ci.yml': 'given: { script: [x] }' } }))).toEqual(['given'])
  })

  it('is refused with the file and the line of its errors', async () => {
    await server.commit({ '.gitlab-ci.yml': 'a:\n  script: [x]\n  stage: none\n' }, { branch: 'broken', parent: null })
    expect(await refused({ ref: 'broken' })).toMatchObject({
      kind: 'config_invalid',
      errors: [{ message: expect.stringContaining('none'), file: '.gitlab-ci.yml', line: 1 }],
    })
    await server.commit({ '.gitlab-ci.yml': 'include: none.yml' }, { branch: 'broken', parent: null })
    expect(await refused({ ref: 'broken' })).toMatchObject({
      kind: 'config_invalid',
      errors: [{ message: 'Local file `none.yml` does not exist!', hint: expect.stringContaining('The commit ') }],
    })
    const big = `a: { script: [x] } # ${'x'.repeat(3 * 1_048_576)}`
    await server.commit({ '.gitlab-ci.yml': big }, { branch: 'broken', parent: null })
    expect(await refused({ ref: 'broken' })).toMatchObject({
      errors: [{ message: expect.stringContaining('too big') }],
    })
  })

  it('is refused when the commit has no configuration, the ref no commit, or the project no repository', async () => {
    const sha = await server.commit({ a: 'a' }, { branch: 'empty', parent: null })
    const missing = { kind: 'config_missing', details: { path: '.gitlab-ci.yml', sha } }
    expect(await refused({ ref: 'empty' })).toMatchObject(missing)
    expect(await refused({ ref: 'none' })).toMatchObject({ kind: 'ref_not_found', fields: [{ path: 'ref' }] })
    expect(await refused({ sha: 'e'.repeat(40) })).toMatchObject({ kind: 'commit_not_found' })
    expect(await refused({ projectId: 1 })).toMatchObject({ kind: 'config_missing', fields: [{ path: 'content' }] })
  })

  it('is refused with a sentence when the repository is away', async () => {
    const away = await newProject({ path: 'yard/away', repository: { address: 'http://127.0.0.1:1/away.git' } })
    const refusal = { kind: 'repository_unavailable', details: { projectId: away } }
    expect(await refused({ projectId: away })).toMatchObject(refusal)
    const content = 'include: a.yml'
    expect(await refused({ projectId: away, content, sha: first })).toMatchObject(refusal)
    const alone = { projectId: away, content: 'a: { script: [x] }', sha: first }
    expect(namesOf(await create(alone))).toEqual(['a'])
    const state = await gateway.admin('query', 'repositories.get', { projectId: away })
    expect(state).toMatchObject({ state: 'failed', message: 'The server of the repository can’t be reached.' })
  })
})

describe('other projects', () => {
  it('give their files, and the configuration itself', async () => {
    await using shared = await startGitServer()
    await shared.commit({ 'ci/build.yml': 'build: { script: [x] }', 'ci/all.yml': 'include: ci/build.yml' })
    const templates = '--- \nspec: {}\n---\ncomponent: { script: [x] }'
    await shared.commit({ 'templates/job.yml': templates })
    await shared.git(['tag', 'v1', 'main'])
    await newProject({ path: 'yard/shared', repository: { address: shared.address } })
    const include = 'include: [{ project: Yard/Shared, file: [ci/build.yml, ci/all.yml], ref: v1 }]'
    expect(namesOf(await create({ content: include, sha: second }))).toEqual(['build'])
    const host = new URL(gateway.url).host
    const component = `include: [{ component: '${host}/yard/shared/job@main' }]`
    expect(namesOf(await create({ content: component, sha: second }))).toEqual(['component'])
    const elsewhere = await newProject({
      path: 'yard/elsewhere',
      repository: { address: server.address },
      configPath: 'ci/all.yml@yard/shared:v1',
    })
    expect(namesOf(await create({ projectId: elsewhere }))).toEqual(['build'])
    const unknown = 'include: [{ project: yard/shared, file: ci/build.yml, ref: none }]'
    expect(await refused({ content: unknown, sha: second })).toMatchObject({
      errors: [{ message: 'Project `yard/shared` reference `none` does not exist!' }],
    })
  })
})

describe('the repository of a project', () => {
  const ofProject = (input: object) => gateway.admin('mutation', 'projects.update', { id: projectId, ...input })

  it('is handed to runners only when it was given as the address for them', async () => {
    expect(await gateway.admin('query', 'projects.get', { id: projectId })).toMatchObject({
      repoUrl: server.address,
      repository: { address: server.address, username: null, hasPassword: false, hasDeployKey: false },
      clone: 'gateway',
      configPath: '.gitlab-ci.yml',
    })
    const id = await newProject({ path: 'yard/direct', repoUrl: 'https://ada:hunter22@git.example/a.git' })
    expect(await gateway.admin('query', 'projects.get', { id })).toMatchObject({
      repoUrl: 'https://ada:***@git.example/a.git',
      repository: { address: 'https://git.example/a.git', username: 'ada', hasPassword: true },
      clone: 'direct',
    })
  })

  it('keeps its secrets for the same server, and shows none of them', async () => {
    const id = await newProject({
      path: 'yard/secret',
      repository: { address: 'https://git.example/a', token: 'hunter22' },
    })
    const read = async () => (await gateway.services.projects.find(id))?.repository
    expect(await read()).toMatchObject({ username: 'oauth2', password: 'hunter22' })
    const update = (repository: object | null) => gateway.admin('mutation', 'projects.update', { id, repository })
    expect(JSON.stringify(await update({ address: 'https://git.example/b' }))).not.toContain('hunter22')
    expect(await read()).toMatchObject({ address: 'https://git.example/b', password: 'hunter22' })
    await update({ address: 'https://elsewhere.example/b' })
    expect(await read()).toMatchObject({ password: null, username: null })
    const deployKey = '-----BEGIN OPENSSH PRIVATE KEY-----\nhunter33\n-----END OPENSSH PRIVATE KEY-----\n'
    const changed = await update({ address: 'git@git.example:a/b.git', deployKey })
    expect(JSON.stringify(changed)).not.toContain('hunter33')
    expect(changed).toMatchObject({
      repository: { hasDeployKey: true },
      clone: 'gateway',
      repoUrl: 'git@git.example:a/b.git',
    })
    expect(await read()).toEqual({ address: 'git@git.example:a/b.git', username: null, password: null, deployKey })
    await update(null)
    expect(await read()).toBeNull()
  })

  it('has an address that git takes for nothing else', async () => {
    const addresses = [
      ...['-oProxyCommand=x', '--upload-pack=x', 'ext::sh -c x', 'ssh://-oProxyCommand=x/a', 'git://git.example/a'],
      ...['/srv/a.git', 'file://host/a.git', 'http://git.example', 'https://a:b@git.example/a', 'a@-b:c', 'a@b:-c'],
      ...['ftp://git.example/a', 'https://git.example/a?b', 'c:\\a'],
    ]
    for (const address of addresses) {
      await expect(ofProject({ repository: { address } }), address).rejects.toThrow(/project_invalid/)
    }
    const deployKey = 'x'
    await expect(ofProject({ repository: { address: server.address, deployKey } })).rejects.toThrow(/project_invalid/)
    await expect(ofProject({ repository: { address: 'file:///a.git' }, clone: 'direct' })).rejects.toThrow(/clone/)
    for (const configPath of ['../a.yml', '/a.yml', 'a//b', 'a.yml@', 'a.yml@b:', '@b']) {
      await expect(ofProject({ configPath }), configPath).rejects.toThrow(/project_invalid/)
    }
  })

  it('is described and refreshed', async () => {
    const before = await gateway.admin<{ fetchedAt: string }>('query', 'repositories.get', { projectId })
    expect(before).toMatchObject({ address: server.address, state: 'ready', message: null })
    const after = await gateway.admin<{ fetchedAt: string }>('mutation', 'repositories.refresh', { projectId })
    expect(after.fetchedAt >= before.fetchedAt).toBe(true)
    await expect(gateway.admin('mutation', 'repositories.refresh', { projectId: 1 })).rejects.toThrow(
      /repository_missing/,
    )
  })
})
