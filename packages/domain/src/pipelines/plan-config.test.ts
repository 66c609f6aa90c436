import { err } from '@yardmaster/common'
import { describe, expect, it } from 'vitest'
import { createProject } from '../projects/change-project.ts'
import { services, setUpScene } from '../testing/scene.ts'
import { type ConfigRequest, planConfig } from './plan-config.ts'

setUpScene()

/** Returns a configuration with one job for each condition, named after it. */
const conditions = (...list: string[]): string =>
  JSON.stringify(Object.fromEntries(list.map((condition) => [condition, { script: 'x', rules: [{ if: condition }] }])))

async function planned(content: string, request: Partial<ConfigRequest> = {}) {
  const made = await planConfig(services, { content, ...request })
  if (!made.ok) throw new Error(made.error.kind)
  return made.value
}

/** Returns the names of the jobs that the pipeline would have. */
const included = async (content: string, request?: Partial<ConfigRequest>): Promise<string[]> =>
  (await planned(content, request)).plan.verdicts.filter((job) => job.included).map(({ name }) => name)

describe('the jobs that a configuration makes', () => {
  it('depend on ref, source, changed paths and variables', async () => {
    const text = conditions(
      '$CI_COMMIT_BRANCH == "main"',
      '$CI_COMMIT_TAG',
      '$CI_PIPELINE_SOURCE == "push"',
      '$A == "1"',
    )
    expect(await included(text)).toEqual(['$CI_COMMIT_BRANCH == "main"'])
    expect(await included(text, { ref: 'v1', tag: true })).toEqual(['$CI_COMMIT_TAG'])
    expect(await included(text, { ref: 'x', source: 'push' })).toEqual(['$CI_PIPELINE_SOURCE == "push"'])
    expect(await included(text, { ref: 'x', variables: [{ key: 'A', value: '1' }] })).toEqual(['$A == "1"'])
    const changes = 'a: { script: x, rules: [{ changes: [src/*] }] }\nb: { script: x }'
    expect(await included(changes)).toEqual(['a', 'b'])
    expect(await included(changes, { changedPaths: ['README.md'] })).toEqual(['b'])
    expect(await included(changes, { changedPaths: ['src/a'] })).toEqual(['a', 'b'])
  })

  it('depend on the commit and the one before, where the caller names them', async () => {
    const text = conditions('$CI_COMMIT_SHA == "a"', '$CI_COMMIT_BEFORE_SHA == "b"')
    expect(await included(text)).toEqual([])
    expect(await included(text, { sha: 'a', beforeSha: 'b' })).toHaveLength(2)
  })

  it('know merge requests', async () => {
    const text = conditions(
      '$CI_PIPELINE_SOURCE == "merge_request_event"',
      '$CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "main"',
      '$CI_MERGE_REQUEST_LABELS =~ /urgent/',
      '$CI_COMMIT_REF_NAME == "feature"',
      '$CI_COMMIT_BRANCH',
    )
    const mergeRequest = { iid: 3, sourceBranch: 'feature', targetBranch: 'main', labels: ['a', 'urgent'] }
    expect(await included(text, { mergeRequest })).toHaveLength(4)
    expect(await included('a: { script: x, only: [merge_requests] }\nb: { script: x }', { mergeRequest })).toEqual([
      'a',
    ])
  })

  it('depend on protected variables of the project for protected refs only', async () => {
    const project = await createProject(services, {
      path: 'plan/guarded',
      variables: [
        { key: 'SECRET', value: 's', protected: true, masked: true },
        { key: 'OPEN', value: 'o' },
      ],
    })
    if (!project.ok) throw new Error(project.error.kind)
    const text = conditions('$SECRET == "s"', '$OPEN == "o"', '$CI_PROJECT_PATH == "plan/guarded"')
    const request = { projectId: project.value.id }
    const merge = { iid: 1, sourceBranch: 'main', targetBranch: 'main' }
    const fork = { ...merge, sourceProjectPath: 'other/guarded' }
    expect(await included(text, request)).toHaveLength(3)
    expect(await included(text, { ...request, mergeRequest: merge })).toContain('$SECRET == "s"')
    for (const other of [{ ref: 'feature' }, { mergeRequest: fork }]) {
      expect(await included(text, { ...request, ...other })).toEqual([
        '$OPEN == "o"',
        '$CI_PROJECT_PATH == "plan/guarded"',
      ])
    }
  })

  it('are those of neither a branch nor a tag when the source is a merge request', async () => {
    const text = conditions('$CI_COMMIT_BRANCH', '$CI_COMMIT_TAG', '$CI_COMMIT_REF_NAME')
    expect(await included(text, { source: 'merge_request_event' })).toEqual(['$CI_COMMIT_REF_NAME'])
  })
})

describe('the defaults of a configuration', () => {
  const mergeRequest = { iid: 3, sourceBranch: 'feature', targetBranch: 'main' }

  it('are the default branch of the project, and the API as source', async () => {
    const project = await createProject(services, { path: 'plan/trunk', defaultBranch: 'trunk' })
    if (!project.ok) throw new Error(project.error.kind)
    const projectId = project.value.id
    expect(await planned('', { projectId })).toMatchObject({ project: { id: projectId }, ref: 'trunk', source: 'api' })
    expect(await planned('', { projectId, ref: 'x', source: 'web' })).toMatchObject({ ref: 'x', source: 'web' })
  })

  it('are the source branch, and its own source, for a merge request', async () => {
    expect(await planned('', { mergeRequest })).toMatchObject({ ref: 'feature', source: 'merge_request_event' })
    expect(await planned('', { mergeRequest, ref: 'x', source: 'push' })).toMatchObject({ ref: 'x', source: 'push' })
  })

  it('protect a pipeline whose ref is protected, and a merge request when both of its branches are', async () => {
    const isProtected = async (request: Partial<ConfigRequest>) => (await planned('', request)).protected
    expect(await isProtected({})).toBe(true)
    expect(await isProtected({ ref: 'feature' })).toBe(false)
    const merge = (sourceBranch: string, targetBranch: string, more = {}) =>
      isProtected({ mergeRequest: { iid: 3, sourceBranch, targetBranch, ...more } })
    expect(await merge('main', 'main')).toBe(true)
    expect(await merge('feature', 'main')).toBe(false)
    expect(await merge('main', 'feature')).toBe(false)
    expect(await merge('main', 'main', { sourceProjectPath: 'fork/of-it' })).toBe(false)
    expect(await merge('main', 'main', { sourceProjectPath: 'default' })).toBe(true)
  })
})

describe('a configuration is refused', () => {
  it('when there is none, or no such project', async () => {
    expect(await planConfig(services, {})).toEqual({
      ok: false,
      error: { kind: 'config_missing', path: null, sha: null },
    })
    expect(await planConfig(services, { content: '', projectId: 999_999 })).toEqual({
      ok: false,
      error: { kind: 'project_not_found', id: 999_999 },
    })
  })

  it('when the compiler has too much to do', async () => {
    const busy = { ...services, configs: { plan: async () => err({ kind: 'compiler_busy' as const }) } }
    expect(await planConfig(busy, { content: '' })).toEqual({ ok: false, error: { kind: 'compiler_busy' } })
  })

  it('not for its faults, nor for more jobs than a pipeline may have: the plan lists them', async () => {
    expect((await planned('a: {')).plan).toMatchObject({ outcome: 'config_invalid', errors: [{ line: 1 }] })
    const small = { ...services, policy: { ...services.policy, maxJobsPerPipeline: 2 } }
    const three = await planConfig(small, { content: 'a: { script: [x], parallel: 3 }' })
    expect(three).toMatchObject({ value: { plan: { outcome: 'config_invalid' } } })
    expect(JSON.stringify(three)).toContain('the limit of 2')
  })
})
