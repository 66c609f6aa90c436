import { describe, expect, it } from 'vitest'
import { playJob } from '../processing/play-job.ts'
import { createProject } from '../projects/change-project.ts'
import type { ProjectChanges } from '../projects/project.ts'
import { createFrom, idOf, pipelineOf, runAll, takeNext, tryToCreate } from '../testing/pipeline-scene.ts'
import { find, say, services, setUpScene, statusOf } from '../testing/scene.ts'
import { createFromConfig } from './create-from-config.ts'

setUpScene()

const newest = async () => (await services.pipelines.list({ limit: 1 }))[0]?.id

async function project(given: ProjectChanges & { path: string }): Promise<number> {
  const made = await createProject(services, given)
  if (!made.ok) throw new Error(made.error.kind)
  return made.value.id
}

describe('a pipeline from a configuration', () => {
  it('has the jobs of the configuration, by stage, and runs them in order', async () => {
    const made = await createFrom(`
      stages: [build, test, deploy]
      workflow: { name: 'Pipeline of $CI_COMMIT_BRANCH' }
      build: { stage: build, script: [make], artifacts: { paths: [out] } }
      lint: { stage: test, needs: [], script: [make lint] }
      test: { stage: test, script: [make test], parallel: 2 }
      deploy: { stage: deploy, script: [./deploy], when: manual, allow_failure: false, environment: review/$CI_COMMIT_REF_SLUG }
      never: { script: [x], rules: [{ when: never }] }
    `)
    expect(made.jobs.map(({ name, stage, status }) => [name, stage, status])).toEqual([
      ['build', 'build', 'pending'],
      ['lint', 'test', 'pending'],
      ['test 1/2', 'test', 'created'],
      ['test 2/2', 'test', 'created'],
      ['deploy', 'deploy', 'created'],
    ])
    expect(await pipelineOf(made.id)).toMatchObject({
      status: 'pending',
      name: 'Pipeline of main',
      ref: 'main',
      source: 'api',
      createdBy: 'tests',
      startedAt: null,
      stages: [
        { name: 'build', status: 'pending', jobIds: [idOf(made, 'build')] },
        { name: 'test', status: 'pending' },
        { name: 'deploy', status: 'created' },
      ],
    })
    expect(await runAll()).toEqual(['build', 'lint', 'test 1/2', 'test 2/2'])
    expect(await pipelineOf(made.id)).toMatchObject({ status: 'manual', finishedAt: null })
    await playJob(services, idOf(made, 'deploy'))
    const deploy = await takeNext()
    expect(deploy?.variable('CI_ENVIRONMENT_NAME')).toBe('review/main')
    expect(deploy?.variable('CI_ENVIRONMENT_SLUG')).toMatch(/^review-main-[a-z0-9]{6}$/)
    expect(deploy?.variable('CI_PIPELINE_NAME')).toBe('Pipeline of main')
    expect(await pipelineOf(made.id)).toMatchObject({ status: 'running' })
    if (deploy) await say(deploy, 'success')
    expect(await pipelineOf(made.id)).toMatchObject({
      status: 'success',
      duration: expect.any(Number),
      finishedAt: expect.any(Date),
    })
    expect(await services.pipelines.configuration(made.id)).toContain('review/$CI_COMMIT_REF_SLUG')
  })

  it('stores jobs with what the configuration says of them', async () => {
    const made = await createFrom(`
      a: { script: [x], parallel: { matrix: [{ OS: [mac, win] }] }, interruptible: true }
      b: { stage: deploy, script: [x], needs: ["a: [mac]"], when: on_failure, environment: production }
    `)
    expect(await find(idOf(made, 'a: [win]'))).toMatchObject({
      ...{ stageIndex: 0, byStage: true, needs: null, when: 'on_success', interruptible: true, environment: null },
      ...{ parallelIndex: 2, parallelTotal: 2 },
    })
    expect(await find(idOf(made, 'b'))).toMatchObject({
      ...{ stageIndex: 1, byStage: false, needs: ['a: [mac]'], when: 'on_failure', environment: 'production' },
      ...{ parallelIndex: null, parallelTotal: null, interruptible: false },
    })
  })

  it('fetches what jobs before it keep, as far as needs and dependencies say so', async () => {
    const made = await createFrom(`
      stages: [one, two]
      a: { stage: one, script: [x] }
      b: { stage: one, script: [x] }
      all: { stage: two, script: [x] }
      chosen: { stage: two, script: [x], dependencies: [b] }
      needed: { stage: two, script: [x], needs: [a, { job: b, artifacts: false }] }
      nothing: { stage: two, script: [x], dependencies: [] }
    `)
    const dependencies = async (name: string) => (await find(idOf(made, name))).dependencies
    const [a, b] = [idOf(made, 'a'), idOf(made, 'b')]
    expect(await dependencies('all')).toEqual([a, b])
    expect(await dependencies('chosen')).toEqual([b])
    expect(await dependencies('needed')).toEqual([a])
    expect(await dependencies('nothing')).toEqual([])
  })

  it('gives jobs the variables of the configuration, the merge request and the commit before', async () => {
    await createFrom(
      'job: { script: [x], only: [merge_requests], variables: { COLOUR: red, SHADE: "light $COLOUR" } }',
      {
        beforeSha: 'b'.repeat(40),
        variables: [{ key: 'COLOUR', value: 'green' }],
        mergeRequest: { iid: 7, sourceBranch: 'topic', targetBranch: 'main' },
      },
    )
    const job = await takeNext()
    expect(job?.variable('SHADE')).toBe('light green')
    expect(job?.variable('CI_COMMIT_BEFORE_SHA')).toBe('b'.repeat(40))
    expect(job?.variable('CI_MERGE_REQUEST_IID')).toBe('7')
    expect(job?.variable('CI_PIPELINE_SOURCE')).toBe('merge_request_event')
    expect(job?.variable('CI_COMMIT_BRANCH')).toBeUndefined()
  })

  it('lets a variable of the configuration stand above one that the server sets', async () => {
    await createFrom('job: { script: [x], variables: { CI_COMMIT_BEFORE_SHA: mine } }', { beforeSha: 'b'.repeat(40) })
    expect((await takeNext())?.variable('CI_COMMIT_BEFORE_SHA')).toBe('mine')
  })

  it('of a merge request is of a branch even when the caller says that its ref is a tag', async () => {
    const { id } = await createFrom('job: { script: [x], rules: [{ when: always }] }', {
      tag: true,
      mergeRequest: { iid: 7, sourceBranch: 'topic', targetBranch: 'main' },
    })
    expect(await pipelineOf(id)).toMatchObject({ ref: 'topic', tag: false, source: 'merge_request_event' })
    const { id: tagged } = await createFrom('job: { script: [x] }', { tag: true, ref: 'v1' })
    expect(await pipelineOf(tagged)).toMatchObject({ ref: 'v1', tag: true })
  })

  it('expands the tags and the resource group of its jobs once, when it is created', async () => {
    const made = await createFrom('job: { script: [x], tags: [$SIZE], resource_group: $CI_COMMIT_BRANCH }', {
      ref: 'expanded',
      variables: [{ key: 'SIZE', value: 'large' }],
    })
    expect(await find(idOf(made, 'job'))).toMatchObject({ tags: ['large'], resourceGroup: 'expanded' })
  })

  it('reads included files and looks for others', async () => {
    const made = await createFrom('include: [ci/more.yml]\na: { script: [x], rules: [{ exists: [go.mod] }] }', {
      files: { 'ci/more.yml': 'b: { script: [y] }', 'go.mod': '' },
    })
    expect(made.jobs.map(({ name }) => name).sort()).toEqual(['a', 'b'])
  })

  it('tells the statuses that its jobs have once those that wait for nothing have started', async () => {
    const made = await createFrom(`
      now: { script: [x] }
      gate: { script: [x], when: manual }
      later: { script: [x], when: delayed, start_in: 1 day }
      rescue: { script: [x], when: on_failure }
    `)
    expect(made.jobs.map(({ status }) => status)).toEqual(['pending', 'manual', 'scheduled', 'skipped'])
    expect(await Promise.all(made.jobs.map(({ id }) => statusOf(id)))).toEqual(made.jobs.map(({ status }) => status))
  })

  it('keeps the warnings of its configuration', async () => {
    const made = await tryToCreate('a: { script: [x] }\na: { script: [y] }')
    expect(made).toMatchObject({ ok: true, value: { warnings: [expect.stringContaining('a')] } })
    if (made.ok) expect((await pipelineOf(made.value.id ?? 0)).warnings).toEqual(made.value.warnings)
  })
})

describe('nothing is stored', () => {
  it('after a dry run, a fault, or when no job is wanted', async () => {
    const before = await newest()
    expect(await tryToCreate('a: { script: [x] }', { dryRun: true })).toMatchObject({
      value: { id: null, jobs: [{ id: null, name: 'a', status: 'pending' }] },
    })
    expect(await tryToCreate('a: { script: 5 }\nb: { stage: nowhere, script: [x] }')).toMatchObject({
      error: {
        kind: 'config_invalid',
        errors: [{ message: expect.stringContaining('a:script config'), line: 1, file: null }],
      },
    })
    expect(await tryToCreate('workflow: { rules: [{ when: never }] }\na: { script: [x] }')).toEqual({
      ok: false,
      error: { kind: 'pipeline_filtered' },
    })
    expect(await tryToCreate('a: { script: [x], rules: [{ when: never }] }')).toEqual({
      ok: false,
      error: { kind: 'pipeline_empty' },
    })
    expect(await newest()).toBe(before)
  })

  it('when a job needs a commit that the caller does not name', async () => {
    const projectId = await project({ path: 'with/repository', repoUrl: 'https://git.example/a.git' })
    const before = await newest()
    expect(
      await tryToCreate('free: { script: [x], variables: { GIT_STRATEGY: none } }\nbound: { script: [x] }', {
        projectId,
      }),
    ).toMatchObject({
      error: {
        kind: 'config_invalid',
        errors: [{ path: ['bound', 'sha'], message: expect.stringMatching(/^bound: sha missing/) }],
      },
    })
    expect(await newest()).toBe(before)
    expect(await tryToCreate('bound: { script: [x] }', { projectId, sha: 'a'.repeat(40) })).toMatchObject({ ok: true })
  })

  it('when a tag would show a masked variable, whose value the refusal does not show either', async () => {
    const variables = [{ key: 'SECRET', value: 'hunter2', masked: true }]
    const before = await newest()
    const refused = await tryToCreate('a: { script: [x], resource_group: $SECRET }', { variables })
    expect(refused).toMatchObject({
      error: { kind: 'config_invalid', errors: [{ path: ['a', 'resource_group'] }] },
    })
    expect(JSON.stringify(refused)).not.toContain('hunter2')
    expect(await newest()).toBe(before)
  })

  it('for a project that is not there, or is removed in the same moment', async () => {
    expect(await tryToCreate('a: { script: [x] }', { projectId: 999_999 })).toEqual({
      ok: false,
      error: { kind: 'project_not_found', id: 999_999 },
    })
    const projectId = await project({ path: 'about/to-go' })
    const plan: typeof services.configs.plan = async (...args) => {
      await services.projects.remove(projectId)
      return await services.configs.plan(...args)
    }
    const before = await newest()
    const request = { createdBy: null, content: 'a: { script: [x] }', projectId }
    expect(await createFromConfig({ ...services, configs: { plan } }, request)).toEqual({
      ok: false,
      error: { kind: 'project_not_found', id: projectId },
    })
    expect(await newest()).toBe(before)
  })
})
