import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

interface Lint {
  readonly valid: boolean
  readonly errors: readonly Fault[]
  readonly warnings: readonly Fault[]
  readonly jobs: readonly {
    readonly name: string
    readonly stage: string
    readonly included: boolean
    readonly when: string | null
    readonly allowFailure: boolean | null
    readonly needs: readonly string[] | null
  }[]
}
interface Fault {
  readonly message: string
  readonly path: readonly string[]
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
}

const lint = (content: string, input: Record<string, unknown> = {}) =>
  gateway.admin<Lint>('query', 'pipelines.lint', { content, ...input })

/** Returns the names of the jobs that the pipeline would have. */
async function included(content: string, input?: Record<string, unknown>): Promise<string[]> {
  const { jobs } = await lint(content, input)
  return jobs.filter((job) => job.included).map(({ name }) => name)
}

/** Returns a configuration with one job for each condition, named after it. */
const conditions = (...list: string[]): string =>
  JSON.stringify(Object.fromEntries(list.map((condition) => [condition, { script: 'x', rules: [{ if: condition }] }])))

const REST = '/api/admin/v1/pipelines/lint'
const authorization = `Bearer ${ADMIN_TOKEN}`

describe('pipelines.lint', () => {
  it('shows the jobs of a pipeline', async () => {
    const text = `
build: { stage: build, script: make }
test: { script: make test, needs: [build], allow_failure: true }
tagged: { script: make release, only: [tags] }
deploy: { stage: deploy, script: make deploy, rules: [{ when: manual }] }
`
    expect(await lint(text)).toMatchObject({
      valid: true,
      errors: [],
      jobs: [
        { name: 'build', stage: 'build', included: true, when: 'on_success', allowFailure: false, needs: null },
        { name: 'test', stage: 'test', included: true, when: 'on_success', allowFailure: true, needs: ['build'] },
        { name: 'tagged', stage: 'test', included: false, when: null, allowFailure: null, needs: null },
        { name: 'deploy', stage: 'deploy', included: true, when: 'manual', allowFailure: false, needs: null },
      ],
    })
  })

  it('says of each job and rule why the pipeline has it, and shows the merged configuration', async () => {
    const text =
      'j:\n  script: x\n  rules:\n    - if: $CI_COMMIT_TAG\n    - if: $CI_COMMIT_BRANCH == "main"\n      when: manual\n'
    const { jobs, merged } = await gateway.admin<Record<string, unknown>>('query', 'pipelines.lint', { content: text })
    expect(merged).toBe(text)
    expect(jobs).toMatchObject([
      {
        reason:
          'Rule 2 (line 5) matches. The condition $CI_COMMIT_BRANCH == "main" is true ($CI_COMMIT_BRANCH is "main").',
        rules: [
          { number: 1, line: 4, file: null, matched: false },
          { number: 2, line: 5, file: null, matched: true },
        ],
      },
    ])
  })

  it('answers faults as data, each with its place', async () => {
    const { valid, errors } = await lint('build:\n  script: make\ntest:\n  scrpt: make test\n')
    expect(valid).toBe(false)
    expect(errors).toMatchObject([{ path: ['test'], file: null, line: 3, column: 1 }])
    const broken = await lint('a: [')
    expect(broken).toMatchObject({ valid: false, errors: [{ file: null, line: 1 }], jobs: [] })
  })

  it('reads included files, and names them in errors', async () => {
    const text = 'include: ci/a.yml\n'
    expect(await included(text, { files: { 'ci/a.yml': 'a: { script: x }' } })).toEqual(['a'])
    const { errors } = await lint(text, { files: { 'ci/a.yml': '\na: { script: x, scrpt: x }' } })
    expect(errors).toMatchObject([{ file: 'ci/a.yml', line: 2 }])
    expect((await lint(text)).errors[0]?.message).toContain('ci/a.yml')
  })

  it('is not valid when there would be no pipeline', async () => {
    const filtered = await lint('workflow: { rules: [{ when: never }] }\na: { script: x }')
    expect(filtered).toMatchObject({ valid: false, errors: [{ path: ['workflow', 'rules'] }] })
    const empty = await lint('a: { script: x, rules: [{ when: never }] }')
    expect(empty).toMatchObject({ valid: false, jobs: [{ name: 'a', included: false }] })
  })

  it('decides by ref, source, changed paths and variables', async () => {
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

  it('puts in inputs, and looks for files', async () => {
    const text =
      'spec: { inputs: { name: {} } }\n---\n"$[[ inputs.name ]]": { script: x, rules: [{ exists: [Dockerfile] }] }'
    const files = { Dockerfile: 'FROM scratch' }
    expect(await included(text, { inputs: { name: 'made' }, files })).toEqual(['made'])
    expect((await lint(text, { files })).errors).toMatchObject([{ file: null }])
  })

  it('shows protected variables of the project to protected refs only', async () => {
    const { id } = await gateway.admin<{ id: number }>('mutation', 'projects.create', {
      path: 'yard/guarded',
      variables: [
        { key: 'SECRET', value: 's', protected: true, masked: true },
        { key: 'OPEN', value: 'o' },
      ],
    })
    const text = conditions('$SECRET == "s"', '$OPEN == "o"', '$CI_PROJECT_PATH == "yard/guarded"')
    const input = { projectId: id }
    expect(await included(text, input)).toHaveLength(3)
    expect(await included(text, { ...input, ref: 'feature' })).not.toContain('$SECRET == "s"')
    const merge = { iid: 1, sourceBranch: 'main', targetBranch: 'main' }
    expect(await included(text, { ...input, mergeRequest: merge })).toContain('$SECRET == "s"')
    const fork = { ...merge, sourceProjectPath: 'other/guarded' }
    expect(await included(text, { ...input, mergeRequest: fork })).toEqual([
      '$OPEN == "o"',
      '$CI_PROJECT_PATH == "yard/guarded"',
    ])
  })

  it('knows merge requests', async () => {
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

  it('takes a text that is too long for an address, in the body of a POST', async () => {
    const text = `${'# a comment\n'.repeat(100_000)}a: { script: x }`
    expect(await included(text)).toEqual(['a'])
    const { status, body } = await gateway.call('POST', REST, { json: { content: text }, headers: { authorization } })
    expect({ status, body }).toMatchObject({ status: 200, body: { valid: true, jobs: [{ name: 'a' }] } })
  })

  it('is no mutation: it leaves no audit event, and needs no page of the dashboard', async () => {
    const before = await gateway.admin<{ items: unknown[] }>('query', 'audit.list', {})
    await lint(`${' '.repeat(3_000)}a: { script: x }`)
    expect((await gateway.admin<{ items: unknown[] }>('query', 'audit.list', {})).items).toEqual(before.items)
  })

  it.each([
    ['content', {}],
    ['files', { content: '', files: { '../etc/passwd': '' } }],
    ['files', { content: '', files: { '/a': '' } }],
    ['files', { content: '', files: { 'a//b': '' } }],
    ['files', { content: '', files: { 'a\0': '' } }],
    ['files', { content: '', files: { ['a'.repeat(1_025)]: '' } }],
    ['files', { content: '', files: Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`f${n}`, ''])) }],
    ['changedPaths', { content: '', changedPaths: ['../a'] }],
    ['changedPaths', { content: '', changedPaths: Array.from({ length: 10_001 }, (_, n) => `f${n}`) }],
    ['source', { content: '', source: 'cron' }],
    ['inputs', { content: '', inputs: { a: [{ b: '\ud800' }] } }],
    ['inputs', { content: '', inputs: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`i${n}`, n])) }],
    ['beforeSha', { content: '', beforeSha: 'abc' }],
    ['mergeRequest', { content: '', mergeRequest: { iid: 1, sourceBranch: 'a' } }],
  ])('refuses a bad %s by name', async (field, json) => {
    const { status, body } = await gateway.call('POST', REST, { json, headers: { authorization } })
    expect(status).toBe(400)
    expect((body as { fields: { path: string }[] }).fields[0]?.path).toMatch(new RegExp(`^${field}`))
  })

  it('needs a sign-in', async () => {
    expect((await gateway.call('POST', REST, { json: { content: '' } })).status).toBe(401)
    expect((await gateway.call('POST', '/trpc/pipelines.lint', { json: { content: '' } })).status).toBe(401)
  })
})
