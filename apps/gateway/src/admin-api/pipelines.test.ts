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
  it('answers what a configuration would make, job by job', async () => {
    const text = 'j:\n  script: x\n  rules:\n    - if: $CI_COMMIT_BRANCH == "main"\n      when: manual\n'
    expect(await lint(text)).toEqual({
      ...{ valid: true, errors: [], warnings: [], merged: text, stages: ['test'], workflowRules: [] },
      jobs: [
        {
          ...{
            name: 'j',
            stage: 'test',
            kind: 'build',
            included: true,
            when: 'manual',
            allowFailure: false,
            needs: null,
          },
          reason:
            'Rule 1 (line 4) matches. The condition $CI_COMMIT_BRANCH == "main" is true ($CI_COMMIT_BRANCH is "main").',
          rules: [{ number: 1, file: null, line: 4, matched: true, reason: expect.any(String) }],
        },
      ],
    })
  })

  it('answers faults as data, each with its place', async () => {
    const { valid, errors } = await lint('build:\n  script: make\ntest:\n  scrpt: make test\n')
    expect(valid).toBe(false)
    expect(errors).toMatchObject([{ path: ['test'], file: null, line: 3, column: 1 }])
    const broken = await lint('a: [')
    expect(broken).toMatchObject({ valid: false, errors: [{ file: null, line: 1 }], jobs: [] })
  })

  it('decides by all of its input', async () => {
    const files = { 'ci/more.yml': 'included: { script: x }', Dockerfile: '' }
    const variables = [{ key: 'A', value: '1' }]
    const merge = { iid: 3, sourceBranch: 'feature', targetBranch: 'main', labels: ['urgent'] }
    const { id: projectId } = await gateway.admin<{ id: number }>('mutation', 'projects.create', {
      path: 'yard/linted',
    })
    for (const [text, input] of [
      ['include: ci/more.yml', { files }],
      ['a: { script: x, rules: [{ exists: [Dockerfile] }] }', { files }],
      ['a: { script: x, rules: [{ changes: [src/*] }] }', { changedPaths: ['src/a'] }],
      ['spec: { inputs: { name: {} } }\n---\n"$[[ inputs.name ]]": { script: x }', { inputs: { name: 'made' } }],
      [conditions('$CI_PROJECT_PATH == "yard/linted"'), { projectId }],
      [conditions('$CI_COMMIT_TAG == "v1"'), { ref: 'v1', tag: true }],
      [conditions(`$CI_COMMIT_SHA == "${'a'.repeat(40)}"`), { sha: 'a'.repeat(40) }],
      [conditions(`$CI_COMMIT_BEFORE_SHA == "${'b'.repeat(40)}"`), { beforeSha: 'b'.repeat(40) }],
      [conditions('$CI_PIPELINE_SOURCE == "push"'), { source: 'push' }],
      [conditions('$A == "1"'), { variables }],
      [conditions('$CI_MERGE_REQUEST_LABELS =~ /urgent/'), { mergeRequest: merge }],
    ] as const) {
      expect(await included(text, input), text).toHaveLength(1)
      expect(await included(text).catch(() => []), text).toHaveLength(text.includes('changes') ? 1 : 0)
    }
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
