import { describe, expect, it } from 'vitest'
import { sampleProject } from '../testing/sample-project.ts'
import { TEST_POLICY } from '../testing/test-policy.ts'
import { variablesBeforeJobs } from './variables-before-jobs.ts'

type Given = Parameters<typeof variablesBeforeJobs>[0]

const pipeline: Given['pipeline'] = {
  source: 'push',
  ref: 'main',
  refKind: 'branch',
  sha: null,
  beforeSha: null,
  scheduleDescription: null,
  commit: [],
  configPath: '.gitlab-ci.yml',
  protected: false,
}

/** Returns the values by key: of several with one key the last one. */
function values(given: Partial<Given> = {}): Record<string, string> {
  const variables = variablesBeforeJobs({
    policy: TEST_POLICY,
    settings: { supplyGitlabCi: true },
    project: sampleProject(),
    pipeline,
    mergeRequest: null,
    variables: [],
    ...given,
  })
  return Object.fromEntries(variables.map(({ key, value }) => [key, value]))
}

describe('the variables that a configuration sees before it has jobs', () => {
  it('are those of the pipeline, the server and the project, and none of a job', () => {
    const seen = values()
    expect(seen).toMatchObject({
      CI: 'true',
      CI_PIPELINE_SOURCE: 'push',
      CI_COMMIT_BRANCH: 'main',
      CI_DEFAULT_BRANCH: 'main',
      CI_PROJECT_PATH: 'group/project',
      CI_SERVER_URL: TEST_POLICY.externalUrl,
    })
    expect(Object.keys(seen).filter((key) => /^CI_(JOB|RUNNER|MERGE_REQUEST|PIPELINE_I?ID)/.test(key))).toEqual([])
  })

  it('show protected variables of the project to protected refs only', () => {
    const project = sampleProject({
      variables: [
        { key: 'SECRET', value: 's', protected: true, masked: true },
        { key: 'OPEN', value: 'o' },
      ],
    })
    expect(values({ project })).toMatchObject({ OPEN: 'o' })
    expect(values({ project })).not.toHaveProperty('SECRET')
    expect(values({ project, pipeline: { ...pipeline, protected: true } })).toMatchObject({ SECRET: 's', OPEN: 'o' })
  })

  it('have the value of highest precedence: of the pipeline, the project, the server', () => {
    const project = sampleProject({ variables: [{ key: 'CI', value: 'project' }] })
    expect(values().CI).toBe('true')
    expect(values({ project }).CI).toBe('project')
    expect(values({ project, variables: [{ key: 'CI', value: 'pipeline' }] }).CI).toBe('pipeline')
  })

  it('include those of the merge request, which the project and the pipeline may replace', () => {
    const mergeRequest = { iid: 7, sourceBranch: 'topic', targetBranch: 'main', title: 'A title' }
    const merge: Given['pipeline'] = { ...pipeline, source: 'merge_request_event', ref: 'topic', refKind: 'other' }
    expect(values({ mergeRequest, pipeline: merge })).toMatchObject({
      CI_MERGE_REQUEST_IID: '7',
      CI_COMMIT_REF_NAME: 'topic',
    })
    expect(values({ mergeRequest, pipeline: merge })).not.toHaveProperty('CI_COMMIT_BRANCH')
    const variables = [{ key: 'CI_MERGE_REQUEST_TITLE', value: 'another' }]
    expect(values({ mergeRequest, variables }).CI_MERGE_REQUEST_TITLE).toBe('another')
  })

  it('keep whether they are masked, so that explanations do not show them', () => {
    const listed = variablesBeforeJobs({
      policy: TEST_POLICY,
      settings: { supplyGitlabCi: false },
      project: sampleProject(),
      pipeline,
      mergeRequest: null,
      variables: [{ key: 'SECRET', value: 's', masked: true }],
    })
    expect(listed.at(-1)).toEqual({ key: 'SECRET', value: 's', masked: true })
    expect(listed.map(({ key }) => key)).not.toContain('GITLAB_CI')
  })
})
