import { describe, expect, it } from 'vitest'
import { authorizeDownload } from '../artifacts/open-artifact.ts'
import { startChildren } from '../children/start-children.ts'
import { authorizeGit } from '../git/authorize-git.ts'
import { describeJob } from '../jobs/describe-job.ts'
import { createProject } from '../projects/change-project.ts'
import type { Project } from '../projects/project.ts'
import { seenFromFork } from '../projects/seen-from-fork.ts'
import { createFrom, idOf, pipelineOf, takeNext } from '../testing/pipeline-scene.ts'
import { say, services, setUpScene } from '../testing/scene.ts'
import { cancelRedundant } from './cancel-automatically.ts'
import { readBadge } from './read-badge.ts'
import { retryPipeline } from './retry-pipeline.ts'

setUpScene()

const SHA = 'b2'.repeat(20)
const FROM_FORK = {
  ...({ sha: SHA, source: 'merge_request_event', fromFork: true } as const),
  // Both branches are called like the protected one, and the fork like the project: names at a forge prove nothing.
  mergeRequest: { iid: 3, sourceBranch: 'main', targetBranch: 'main', sourceProjectPath: 'unknown/fork' },
}
const SECRETS = ['MASKED', 'PROTECTED', 'BOTH']

async function project(path: string): Promise<Project> {
  const made = await createProject(services, {
    path: `${path}-${Date.now()}`,
    repoUrl: 'https://ada:hunter22@forge.example/lantern.git',
    variables: [
      { key: 'PLAIN', value: 'plain-value' },
      { key: 'MASKED', value: 'masked-value', masked: true },
      { key: 'PROTECTED', value: 'protected-value', protected: true },
      { key: 'BOTH', value: 'both-value', masked: true, protected: true },
      { key: 'REFERS', value: 'x-$MASKED' },
    ],
  })
  if (!made.ok) throw new Error(made.error.kind)
  return made.value
}

const everySecret = /masked-value|protected-value|both-value|hunter22/

async function taken() {
  const job = await takeNext()
  if (!job) throw new Error('no job is due')
  return job
}

describe('a pipeline of a fork', () => {
  it('shows no secret to its rules, includes, jobs, children or retries', async () => {
    const { id: projectId } = await project('fork/flow')
    const seen = SECRETS.map((name) => `{ if: '$${name}', variables: { LEAKED: $${name} } }`).join(', ')
    const created = await createFrom(
      `
include: [{ local: 'file-$MASKED-$PROTECTED.yml', rules: [{ if: '$MASKED || $PROTECTED' }] }]
first: { script: ['echo $MASKED'], variables: { OWN: 'o-$MASKED-$PLAIN' }, rules: [${seen}, { when: on_success }] }
child:
  needs: [first]
  variables: { PASSED: 'p-$BOTH' }
  trigger: { include: [{ local: child.yml }], forward: { pipeline_variables: true } }
  rules: [{ when: on_success }]
`,
      {
        ...{ projectId, ...FROM_FORK },
        files: {
          'child.yml': `below: { script: [x], rules: [{ if: '$MASKED == null && $PROTECTED == null && $BOTH == null' }] }`,
        },
      },
    )
    expect(await pipelineOf(created.id)).toMatchObject({ fromFork: true, protected: false })
    const first = await taken()
    expect(JSON.stringify(first.handed)).not.toMatch(everySecret)
    for (const name of [...SECRETS, 'LEAKED']) expect(first.variable(name)).toBeUndefined()
    expect(first.variable('PLAIN')).toBe('plain-value')
    expect(first.variable('OWN')).toBe('o-$MASKED-plain-value')
    expect(first.variable('CI_REPOSITORY_URL')).toBe('https://forge.example/lantern.git')
    expect(first.variable('CI_COMMIT_REF_PROTECTED')).toBe('false')
    const described = await describeJob(services, first.id)
    expect(JSON.stringify(described)).not.toMatch(everySecret)
    await say(first, 'failed')
    await services.background.settle()

    expect(await retryPipeline(services, created.id)).toMatchObject({ ok: true })
    const again = await taken()
    expect(again.name).toBe('first')
    expect(JSON.stringify(again.handed)).not.toMatch(everySecret)
    await say(again, 'success')
    await services.background.settle()

    await startChildren(services)
    const below = await taken()
    expect(below.name).toBe('below')
    expect(JSON.stringify(below.handed)).not.toMatch(everySecret)
    expect(await pipelineOf(below.handed.taken.job.pipelineId)).toMatchObject({ fromFork: true, parentId: created.id })
    expect(below.variable('PASSED')).toBe('p-$BOTH')
  })

  it('gets no id tokens and no secrets of other services, and says so', async () => {
    const { id: projectId } = await project('fork/tokens')
    const content = `
deploy:
  script: [x]
  id_tokens: { TOKEN: { aud: https://vault.example } }
  secrets: { KEY: { vault: a/b/c@d, token: $TOKEN } }
  variables: { VAULT_SERVER_URL: 'https://vault.example' }
  rules: [{ when: on_success }]
`
    const created = await createFrom(content, { projectId, ...FROM_FORK })
    expect((await pipelineOf(created.id)).warnings).toEqual([expect.stringContaining('gets no secrets')])
    const { handed, variable } = await taken()
    expect(variable('TOKEN')).toBeUndefined()
    expect(handed.taken.definition).toMatchObject({ secrets: {}, idTokens: [] })
    // A pipeline of the project itself has them.
    await createFrom(content.replace(/^ {2}secrets: .*$/m, ''), { projectId, ref: 'main', sha: SHA })
    const own = await taken()
    expect(own.variable('TOKEN')).toBeTypeOf('string')
    expect(own.variable('BOTH')).toBe('both-value')
  })

  it('downloads artifacts of its own family only', async () => {
    const { id: projectId } = await project('fork/artifacts')
    const content = 'a: { script: [x], rules: [{ when: on_success }] }'
    const own = await createFrom(content, { projectId, ref: 'main', sha: SHA })
    await say(await taken(), 'success')
    const forked = await createFrom(content, { projectId, ...FROM_FORK })
    const { token } = await taken()
    const download = (id: number) => authorizeDownload(services, { id, token })
    expect(await download(idOf(own, 'a'))).toEqual({ ok: false, error: { kind: 'download_refused' } })
    expect(await download(idOf(forked, 'a'))).toEqual({ ok: false, error: { kind: 'artifact_not_found' } })
  })

  it('reads the repository of its project over HTTP, and of no project that trusts it', async () => {
    const own = await project('fork/git')
    const trusting = await createProject(services, { path: `fork/trusting-${Date.now()}`, jobTokenAllowlist: [own.id] })
    if (!trusting.ok) throw new Error(trusting.error.kind)
    const content = 'a: { script: [x], rules: [{ when: on_success }] }'
    const read = (path: string, password: string) =>
      authorizeGit(services, { path, password, wants: 'read' }, () => false)
    await createFrom(content, { projectId: own.id, ...FROM_FORK })
    const forked = await taken()
    expect(await read(own.path, forked.token)).toMatchObject({ ok: true })
    expect(await read(trusting.value.path, forked.token)).toEqual({ ok: false, error: { kind: 'git_hidden' } })
    await createFrom(content, { projectId: own.id, ref: 'main', sha: SHA })
    expect(await read(trusting.value.path, (await taken()).token)).toMatchObject({ ok: true })
  })

  it('cancels no pipeline of a branch that is called the same, and is not on its badge', async () => {
    const { id: projectId } = await project('fork/names')
    const content = 'a: { script: [x], interruptible: true, rules: [{ when: on_success }] }'
    const own = await createFrom(content, { projectId, ref: 'main', sha: 'a1'.repeat(20) })
    const forked = await createFrom(content, { projectId, ...FROM_FORK })
    await services.background.settle()
    await cancelRedundant(services, forked.id)
    expect(await pipelineOf(own.id)).toMatchObject({ status: 'pending' })
    await say(await taken(), 'success')
    await say(await taken(), 'failed')
    expect((await pipelineOf(forked.id)).status).toBe('failed')
    expect(await readBadge(services, { projectId, ref: 'main' })).toMatchObject({ status: 'success' })
  })
})

it('a project is shown to forks without anything secret', async () => {
  const given = await project('fork/seen')
  const seen = seenFromFork(given)
  expect(seen).toMatchObject({ id: given.id, path: given.path, registrationToken: null })
  expect(seen.variables.map(({ key }) => key)).toEqual(['PLAIN', 'REFERS'])
  expect(JSON.stringify(seen)).not.toMatch(everySecret)
  expect(seenFromFork({ ...given, repoUrl: 'HTTPS://token@forge.example/x' }).repoUrl).toBe('HTTPS://forge.example/x')
  expect(seenFromFork({ ...given, repoUrl: 'https://forge.example/a@b' }).repoUrl).toBe('https://forge.example/a@b')
})
