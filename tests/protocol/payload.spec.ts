import { expect, test } from '../support/fixtures.ts'
import { notNull } from '../support/not-null.ts'
import { type JobPayload, variable } from '../support/payload.ts'
import { refusalsOfPayload } from '../support/strict-payload.ts'

test.describe('a payload is all or nothing: a strict decoder takes every one (docs/protocol/client.md 11)', () => {
  const SHA = '3f7a2d1c9be04856a1f0c3d2e4b5968778695a4b'

  for (const [what, definition] of [
    ['the smallest job', {}],
    ['before and after scripts', { before_script: ['a'], script: ['b', 'c'], after_script: ['d'] }],
    ['an image and services in short form', { image: 'node:24', services: ['postgres:16'] }],
    [
      'an image and services in full',
      {
        image: {
          name: 'node:24',
          entrypoint: ['/bin/sh', '-c'],
          pull_policy: 'if-not-present',
          docker: { platform: 'linux/arm64', user: 1000 },
          kubernetes: { user: '1000' },
        },
        services: [
          { name: 'postgres:16', alias: 'db', command: ['postgres'], entrypoint: ['x'], variables: { A: 'b' } },
        ],
      },
    ],
    ['numbers and flags among the variables', { variables: { A: 1, B: 'x', C: { value: 'y', expand: false } } }],
    [
      'artifacts and reports',
      {
        artifacts: { paths: ['a/'], exclude: ['a/b'], expire_in: '7d', when: 'always', reports: { junit: ['j.xml'] } },
      },
    ],
    ['artifacts untracked', { artifacts: { untracked: true } }],
    ['caches', { cache: [{ key: 'k', paths: ['c'], policy: 'pull', fallback_keys: ['f'] }, { paths: ['d'] }] }],
    ['hooks', { hooks: { pre_get_sources_script: ['git --version'] } }],
    ['inputs of every type', { inputs: { s: 'x', n: 1.5, b: false, a: [1], o: { type: 'string', default: 'y' } } }],
    ['steps', { script: undefined, run: [{ name: 'one', script: 'echo' }] }],
    ['allowed exit codes', { allow_failure: { exit_codes: [1, 2] } }],
    ['a retry', { retry: { max: 2, when: ['runner_system_failure'] } }],
    ['text in every script', { script: ['echo "ünï 🚂"', "printf '\\0'", 'a\nb\n'] }],
  ] as const) {
    test(what, async ({ createJob, runner }) => {
      await createJob(definition)
      const reply = await runner.request()
      expect(reply.status).toBe(201)
      expect(refusalsOfPayload(reply.text)).toEqual([])
    })
  }

  test('with a secret whose server is set by variables of project and pipeline', async ({
    admin,
    createJob,
    register,
  }) => {
    const project = await admin.mutate('projects.create', {
      path: 'harbour/vault',
      variables: [{ key: 'VAULT_SERVER_URL', value: 'https://vault.example' }],
    })
    const runner = await register({ token: notNull(project.registrationToken) })
    await createJob(
      { secrets: { DB: { vault: 'production/db/password@ops', token: '$JWT' } } },
      { projectId: project.id, variables: [{ key: 'VAULT_AUTH_ROLE', value: 'reader' }] },
    )
    const reply = await runner.request({ info: { features: { vault_secrets: true } } })
    expect(refusalsOfPayload(reply.text)).toEqual([])
    const braced = (name: string) => `\${${name}}`
    expect(reply.json<JobPayload>().secrets).toMatchObject({
      DB: {
        vault: { server: { url: braced('VAULT_SERVER_URL'), auth: { data: { role: braced('VAULT_AUTH_ROLE') } } } },
      },
    })
    await admin.mutate('projects.remove', { id: project.id })
  })

  test('with dependencies', async ({ createJob, runner }) => {
    const first = await createJob({}, { name: 'build' })
    const build = await runner.take()
    await build.finish('success')
    await createJob({ dependencies: [first] }, { name: 'test' })
    const reply = await runner.request()
    expect(refusalsOfPayload(reply.text)).toEqual([])
    const payload = reply.json<JobPayload>()
    expect(payload.dependencies).toEqual([expect.objectContaining({ id: first, name: 'build', token: payload.token })])
  })

  test('with a repository', async ({ register, createJob, admin }) => {
    const project = await admin.mutate('projects.create', {
      path: `payload-repo-${process.pid}-${Date.now()}`,
      repoUrl: 'https://deploy:s3cret@git.example.org/harbour/lantern.git',
      instanceRunnersEnabled: false,
    })
    const runner = await register({ token: notNull(project.registrationToken) })
    await createJob({}, { projectId: project.id, ref: 'v1', tag: true, sha: SHA } as object)
    const reply = await runner.request()
    expect(refusalsOfPayload(reply.text)).toEqual([])
    const { git_info: git, token } = reply.json<JobPayload>()
    expect(git).toMatchObject({ ref: 'v1', ref_type: 'tag', sha: SHA, before_sha: '0'.repeat(40) })
    expect(git.repo_url).toBe('https://deploy:s3cret@git.example.org/harbour/lantern.git')
    expect(JSON.stringify(git)).not.toContain(token)
    expect(git.refspecs[0]).toMatch(new RegExp(`^\\+${SHA}:refs/pipelines/\\d+$`))
    expect(git.refspecs).toContain('+refs/tags/v*1:refs/tags/v*1')
    await admin.mutate('projects.remove', { id: project.id })
  })
})

test('an ordinary job carries the nulls and empty lists of docs/protocol/job-request.md 10, and no run', async ({
  takenJob,
}) => {
  const { payload } = takenJob
  expect(payload).toMatchObject({
    image: null,
    services: [],
    artifacts: null,
    cache: [],
    credentials: [],
    dependencies: [],
    inputs: [],
    hooks: [],
    features: { trace_sections: true },
  })
  expect(payload).not.toHaveProperty('run')
})

test('before_script comes before script, and after_script is a step of its own', async ({ createJob, runner }) => {
  await createJob({ before_script: ['one'], script: ['two', 'three'], after_script: ['four'] })
  const { payload } = await runner.take()
  expect(payload.steps).toEqual([
    { name: 'script', script: ['one', 'two', 'three'], timeout: 3600, when: 'on_success', allow_failure: false },
    { name: 'after_script', script: ['four'], timeout: 3600, when: 'always', allow_failure: true },
  ])
})

test.describe('variables (docs/protocol/job-request.md 11)', () => {
  test('predefined variables', async ({ createJob, runner, gateway, project }) => {
    const id = await createJob({}, { name: 'Unit Tests 1/3', stage: 'check' })
    const { payload, token } = await runner.take()
    const expected: Record<string, string> = {
      CI: 'true',
      GITLAB_CI: 'true',
      CI_JOB_ID: String(id),
      CI_JOB_TOKEN: token,
      CI_JOB_NAME: 'Unit Tests 1/3',
      CI_JOB_NAME_SLUG: 'unit-tests-1-3',
      CI_JOB_GROUP_NAME: 'Unit Tests',
      CI_JOB_STAGE: 'check',
      CI_PROJECT_ID: String(project.id),
      CI_PROJECT_PATH: project.path,
      CI_COMMIT_REF_NAME: 'main',
      CI_COMMIT_BRANCH: 'main',
      CI_COMMIT_REF_PROTECTED: 'true',
      CI_SERVER_URL: gateway.url,
      CI_API_V4_URL: `${gateway.url}/api/v4`,
      CI_RUNNER_ID: String(runner.id),
      CI_RUNNER_TAGS: '[]',
      GIT_STRATEGY: 'empty',
    }
    for (const [key, value] of Object.entries(expected)) expect([key, variable(payload, key)]).toEqual([key, value])
    expect(payload.variables.find(({ key }) => key === 'CI_JOB_TOKEN')).toMatchObject({ public: false, masked: true })
    expect(variable(payload, 'CI_SERVER_NAME')).not.toBe('GitLab')
    for (const key of ['CI_PROJECT_DIR', 'CI_JOB_STATUS', 'CI_COMMIT_TAG'])
      expect(variable(payload, key)).toBeUndefined()
  })

  test('the pipeline’s override the project’s, which override the job’s', async ({
    createJob,
    runner,
    admin,
    project,
  }) => {
    await admin.mutate('projects.update', {
      id: project.id,
      variables: [
        { key: 'A', value: 'project' },
        { key: 'B', value: 'project', masked: true },
      ],
    })
    await createJob({ variables: { A: 'job', B: 'job', C: 'job' } }, { variables: [{ key: 'A', value: 'pipeline' }] })
    const { payload } = await runner.take()
    expect(['A', 'B', 'C'].map((key) => variable(payload, key))).toEqual(['pipeline', 'project', 'job'])
    expect(payload.variables.findLast(({ key }) => key === 'B')?.masked).toBe(true)
  })

  test('protected ones go to jobs of protected refs only', async ({ createJob, runner, admin, project }) => {
    await admin.mutate('projects.update', {
      id: project.id,
      variables: [{ key: 'SECRET', value: 'x', protected: true }],
    })
    await createJob({}, { ref: 'feature' })
    expect(variable((await runner.take()).payload, 'SECRET')).toBeUndefined()
    await createJob({}, { ref: 'main' })
    expect(variable((await runner.take()).payload, 'SECRET')).toBe('x')
  })

  test('references are expanded, but raw, file and unknown ones are not', async ({ createJob, runner }) => {
    await createJob(
      {
        variables: { BASE: 'b', DIR: '$BASE/d', UNKNOWN: '$CI_PROJECT_DIR/x', RAW: { value: '$BASE', expand: false } },
      },
      {
        variables: [
          { key: 'KEY', value: 'content', file: true },
          { key: 'USES', value: '$KEY' },
        ],
      },
    )
    const { payload } = await runner.take()
    expect(variable(payload, 'DIR')).toBe('b/d')
    expect(variable(payload, 'UNKNOWN')).toBe('$CI_PROJECT_DIR/x')
    expect(payload.variables.findLast(({ key }) => key === 'RAW')).toMatchObject({ value: '$BASE', raw: true })
    expect(payload.variables.findLast(({ key }) => key === 'KEY')).toMatchObject({ value: 'content', file: true })
    expect(variable(payload, 'USES')).toBe('$KEY')
  })
})
