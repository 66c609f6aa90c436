import { parseDefinition } from '@yardmaster/ci-config'
import { describe, expect, it } from 'vitest'
import { sampleTakenJob, type TakenJobParts } from '../testing.ts'
import { groupName, slug } from './slug.ts'
import { type JobVariable, type JobVariablesInput, jobVariables } from './variables.ts'

interface Given extends TakenJobParts {
  readonly definition?: object
  readonly rest?: Partial<JobVariablesInput>
}

function variables(given: Given = {}): JobVariable[] {
  const definition = parseDefinition({ script: 'make', ...given.definition })
  if (!definition.ok) throw new Error(definition.error.reason)
  const path = 'harbour/lights/lantern'
  const taken = sampleTakenJob(definition.value, {
    job: { name: 'unit tests 1/3', projectPath: path, ref: 'feature/Łamp', protected: false, ...given.job },
    project: { path, name: 'The Lantern', groupPath: 'harbour/lights', ...given.project },
    pipeline: given.pipeline,
  })
  return jobVariables({
    taken,
    runner: { id: 9, description: 'a "runner"', tagList: ['docker', 'arm64'] },
    jobToken: 'glcbt-64_token',
    policy: { externalUrl: 'https://ci.example.org:8443/sub', version: '1.2.3' },
    settings: { supplyGitlabCi: true },
    ...given.rest,
  })
}

/** Returns the values that the job sees: the last of each key. */
const values = (given?: Given): Record<string, string> =>
  Object.fromEntries(variables(given).map(({ key, value }) => [key, value]))

const one = (key: string, given?: Given): JobVariable | undefined =>
  variables(given).findLast((variable) => variable.key === key)

describe('the predefined variables of a job', () => {
  it('have these names and values', () => {
    expect(values()).toEqual({
      CI: 'true',
      GITLAB_CI: 'true',
      CI_API_V4_URL: 'https://ci.example.org:8443/sub/api/v4',
      CI_COMMIT_BEFORE_SHA: '0'.repeat(40),
      CI_COMMIT_BRANCH: 'feature/Łamp',
      CI_COMMIT_REF_NAME: 'feature/Łamp',
      CI_COMMIT_REF_PROTECTED: 'false',
      CI_COMMIT_REF_SLUG: 'feature--amp',
      CI_COMMIT_SHA: '3f7a2d1c9be04856a1f0c3d2e4b5968778695a4b',
      CI_COMMIT_SHORT_SHA: '3f7a2d1c',
      CI_DEFAULT_BRANCH: 'main',
      CI_JOB_GROUP_NAME: 'unit tests',
      CI_JOB_ID: '1047',
      CI_JOB_NAME: 'unit tests 1/3',
      CI_JOB_NAME_SLUG: 'unit-tests-1-3',
      CI_JOB_STAGE: 'test',
      CI_JOB_STARTED_AT: '2026-01-10T12:34:56Z',
      CI_JOB_TOKEN: 'glcbt-64_token',
      CI_JOB_URL: 'https://ci.example.org:8443/sub/jobs/1047',
      CI_NODE_TOTAL: '1',
      CI_PIPELINE_CREATED_AT: '2026-01-10T12:34:56Z',
      CI_PIPELINE_ID: '311',
      CI_PIPELINE_IID: '4',
      CI_PIPELINE_SOURCE: 'api',
      CI_PIPELINE_URL: 'https://ci.example.org:8443/sub/pipelines/311',
      CI_PROJECT_ID: '17',
      CI_PROJECT_NAME: 'lantern',
      CI_PROJECT_NAMESPACE: 'harbour/lights',
      CI_PROJECT_NAMESPACE_ID: '5',
      CI_PROJECT_PATH: 'harbour/lights/lantern',
      CI_PROJECT_PATH_SLUG: 'harbour-lights-lantern',
      CI_PROJECT_ROOT_NAMESPACE: 'harbour',
      CI_PROJECT_TITLE: 'The Lantern',
      CI_REPOSITORY_URL: 'https://gitlab-ci-token:glcbt-64_token@ci.example.org:8443/sub/harbour/lights/lantern.git',
      CI_RUNNER_DESCRIPTION: 'a "runner"',
      CI_RUNNER_ID: '9',
      CI_RUNNER_TAGS: '["docker", "arm64"]',
      CI_SERVER_FQDN: 'ci.example.org:8443',
      CI_SERVER_HOST: 'ci.example.org',
      CI_SERVER_NAME: 'Yardmaster',
      CI_SERVER_PORT: '8443',
      CI_SERVER_PROTOCOL: 'https',
      CI_SERVER_URL: 'https://ci.example.org:8443/sub',
      CI_SERVER_VERSION: '1.2.3',
      GIT_STRATEGY: 'none',
    })
  })

  it('are public and not masked, except for the token and the URL that contains it', () => {
    const odd = variables().filter((variable) => !variable.public || variable.masked || variable.file || variable.raw)
    expect(odd).toEqual([
      { key: 'CI_JOB_TOKEN', value: 'glcbt-64_token', public: false, masked: true },
      { key: 'CI_REPOSITORY_URL', value: expect.any(String), public: false, masked: false },
    ])
  })

  it('are left out when they are unknown', () => {
    const given: Given = {
      job: { sha: null, startedAt: null },
      project: { path: 'default', groupPath: null, groupId: null },
      rest: { settings: { supplyGitlabCi: false } },
    }
    const keys = Object.keys(values(given))
    for (const key of ['CI_COMMIT_SHA', 'CI_COMMIT_SHORT_SHA', 'CI_JOB_STARTED_AT', 'GITLAB_CI']) {
      expect(keys).not.toContain(key)
    }
    expect(keys.filter((key) => key.includes('NAMESPACE'))).toEqual([])
  })

  it('differ for tags and branches, and for protected and other refs', () => {
    const tag = values({ job: { tag: true, ref: 'v1', protected: true } })
    expect(tag).toMatchObject({ CI_COMMIT_TAG: 'v1', CI_COMMIT_REF_PROTECTED: 'true' })
    expect(tag).not.toHaveProperty('CI_COMMIT_BRANCH')
  })

  it('never replace what looks like a variable in the name of a branch', () => {
    const given: Given = { job: { ref: 'topic/$CI_JOB_TOKEN' } }
    expect(values(given)).toMatchObject({
      CI_COMMIT_BRANCH: 'topic/$CI_JOB_TOKEN',
      CI_COMMIT_REF_NAME: 'topic/$CI_JOB_TOKEN',
    })
    expect(
      variables(given)
        .filter(({ raw }) => raw)
        .map(({ key }) => key),
    ).toEqual(['CI_COMMIT_REF_NAME', 'CI_COMMIT_BRANCH'])
  })

  it('mark a job that a person starts, or may start before its time', () => {
    expect(values({ definition: { when: 'manual' } }).CI_JOB_MANUAL).toBe('true')
    expect(values({ definition: { when: 'delayed', start_in: '1 hour' } }).CI_JOB_MANUAL).toBe('true')
    expect(values()).not.toHaveProperty('CI_JOB_MANUAL')
  })

  it.each([
    ['http://localhost', { CI_SERVER_PORT: '80', CI_SERVER_FQDN: 'localhost', CI_SERVER_PROTOCOL: 'http' }],
    ['https://ci.example', { CI_SERVER_PORT: '443', CI_SERVER_FQDN: 'ci.example', CI_SERVER_PROTOCOL: 'https' }],
  ])('include the port of %s', (externalUrl, expected) => {
    expect(values({ rest: { policy: { externalUrl, version: '1' } } })).toMatchObject(expected)
  })
})

describe('a job’s variables', () => {
  it('rise in precedence from the job’s own over those of reports and the project to the pipeline’s', () => {
    const given: Given = {
      definition: { variables: { A: 'job', B: 'job', C: 'job', D: 'job' } },
      rest: {
        dotenv: [
          { key: 'B', value: 'dotenv' },
          { key: 'C', value: 'dotenv' },
        ],
      },
      project: { variables: ['C', 'D'].map((key) => ({ key, value: 'project' })) },
      pipeline: { variables: [{ key: 'D', value: 'pipeline' }] },
    }
    expect(values(given)).toMatchObject({ A: 'job', B: 'dotenv', C: 'project', D: 'pipeline' })
  })

  it('carry the flags they were given', () => {
    const given: Given = {
      definition: { variables: { A: { value: '$X', expand: false }, B: 'b' } },
      project: { variables: [{ key: 'C', value: 'c', masked: true, file: true, raw: true }] },
      pipeline: {
        variables: [
          { key: 'D', value: 'd' },
          { key: 'E', value: 'e', public: true, masked: true },
        ],
      },
    }
    expect(variables(given).slice(-5)).toEqual([
      { key: 'A', value: '$X', public: true, masked: false, raw: true },
      { key: 'B', value: 'b', public: true, masked: false },
      { key: 'C', value: 'c', public: false, masked: true, file: true, raw: true },
      { key: 'D', value: 'd', public: false, masked: false },
      { key: 'E', value: 'e', public: true, masked: true },
    ])
  })

  it('hold protected secrets on protected refs only', () => {
    const project = { variables: [{ key: 'DEPLOY', value: 's', protected: true }] }
    expect(one('DEPLOY', { project })).toBeUndefined()
    expect(one('DEPLOY', { project, job: { protected: true } })).toEqual({
      key: 'DEPLOY',
      value: 's',
      public: false,
      masked: false,
    })
  })

  it('are expanded with the predefined ones', () => {
    expect(values({ definition: { variables: { A: '$CI_JOB_ID-$CI_PROJECT_DIR' } } }).A).toBe('1047-$CI_PROJECT_DIR')
  })

  it('never include STEPS together with step syntax', () => {
    const pipeline = { variables: [{ key: 'STEPS', value: 'a' }] }
    expect(one('STEPS', { pipeline })?.value).toBe('a')
    const definition = { script: undefined, run: [{ name: 'a', script: 'b' }] }
    expect(one('STEPS', { pipeline, definition })).toBeUndefined()
  })
})

describe('the repository of a job', () => {
  it('is not fetched when there is none, unless the job says so', () => {
    expect(values().GIT_STRATEGY).toBe('none')
    expect(values({ rest: { runnerVersion: '17.2.1' } }).GIT_STRATEGY).toBe('none')
    expect(values({ definition: { variables: { GIT_STRATEGY: 'fetch' } } }).GIT_STRATEGY).toBe('fetch')
  })

  it('is an empty directory when there is none, for runners that support this', () => {
    const rest = { runnerVersion: '17.3.0' }
    expect(values({ rest }).GIT_STRATEGY).toBe('empty')
    expect(values({ rest, definition: { variables: { GIT_STRATEGY: 'none' } } }).GIT_STRATEGY).toBe('none')
    expect(one('GIT_STRATEGY', { rest, project: { repoUrl: 'https://git.example.org/a/b.git' } })).toBeUndefined()
  })

  it('has its own directory when an older project uses the one that runners would choose', () => {
    const repoUrl = 'https://git.example.org/a/b.git'
    const shared = { repoUrl, sharesCheckout: true }
    expect(one('GIT_CLONE_PATH', { project: { repoUrl } })).toBeUndefined()
    expect(values({ project: shared }).GIT_CLONE_PATH).toBe(
      '$CI_BUILDS_DIR/$CI_RUNNER_SHORT_TOKEN/project-17/$CI_CONCURRENT_PROJECT_ID',
    )
    const definition = { variables: { GIT_CLONE_PATH: '$CI_BUILDS_DIR/x' } }
    expect(values({ project: shared, definition }).GIT_CLONE_PATH).toBe('$CI_BUILDS_DIR/x')
  })

  it('comes with variables that keep the job token from its host', () => {
    const repoUrl = 'https://git.example.org/a/b.git'
    expect(values({ project: { repoUrl } })).toMatchObject({
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'url.https://git.example.org/.insteadOf',
      GIT_CONFIG_VALUE_0: 'https://git.example.org/',
    })
    expect(one('GIT_CONFIG_COUNT')).toBeUndefined()
  })

  it('is sent as it is stored, without the job token', () => {
    const repoUrl = 'https://git.example.org/a/b.git'
    const given: Given = { project: { repoUrl } }
    expect(one('CI_REPOSITORY_URL', given)).toEqual({
      key: 'CI_REPOSITORY_URL',
      value: repoUrl,
      public: false,
      masked: false,
    })
    expect(one('GIT_STRATEGY', given)).toBeUndefined()
    expect(one('CI_REPOSITORY_PASSWORD', given)).toBeUndefined()
  })

  it.each([
    ['https://user:p%40ss@git.example/a.git', ['p%40ss', 'p@ss']],
    ['https://user:a:b@c@git.example/a.git', ['a:b@c']],
    ['https://token@git.example/a.git', ['token']],
    ['https://token:@git.example/a.git', ['token']],
    ['https://git.example/a@b.git', []],
    ['https://user:%zz@git.example/a.git', ['%zz']],
    ['git@git.example:a/b.git', []],
  ])('has the secrets of %s masked, in every spelling', (repoUrl, secrets) => {
    const masked = variables({ project: { repoUrl } }).filter(({ key }) => key.startsWith('CI_REPOSITORY_PASSWORD'))
    expect(masked.map(({ value }) => value)).toEqual(secrets)
    for (const variable of masked) expect(variable).toMatchObject({ public: false, masked: true, raw: true })
  })

  it('stays masked whatever variables the job has', () => {
    const given: Given = {
      project: { repoUrl: 'https://u:secret@git.example/a.git' },
      pipeline: { variables: [{ key: 'CI_REPOSITORY_PASSWORD', value: 'x', public: true }] },
    }
    expect(one('CI_REPOSITORY_PASSWORD', given)).toMatchObject({ value: 'secret', masked: true })
  })

  it('keeps a password that looks like a reference', () => {
    const repoUrl = 'https://u:$CI_JOB_ID%CI%@git.example/a.git'
    expect(one('CI_REPOSITORY_URL', { project: { repoUrl } })).toMatchObject({ value: repoUrl, raw: true })
  })
})

describe('slug', () => {
  it.each([
    ['Feature/ÄB-1', 'feature--b-1'],
    ['--a--', 'a'],
    ['🛹', ''],
    [`${'a'.repeat(62)}/b`, 'a'.repeat(62)],
    ['x'.repeat(70), 'x'.repeat(63)],
  ])('of %j is %j', (text, expected) => {
    expect(slug(text)).toBe(expected)
  })
})

describe('groupName', () => {
  it.each([
    ['unit tests', 'unit tests'],
    ['unit tests 1/3', 'unit tests'],
    ['unit tests: [x, y]', 'unit tests'],
    ['unit [x, y]', 'unit'],
    ['1/3', '1/3'],
    ['deploy 2', 'deploy 2'],
    [' 1/3', ' 1/3'],
    [`${'a '.repeat(300)}1/3`, 'a '.repeat(300).trimEnd()],
  ])('of %j is %j', (name, expected) => {
    expect(groupName(name)).toBe(expected)
  })
})
