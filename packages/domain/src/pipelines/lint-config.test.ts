import { describe, expect, it } from 'vitest'
import { services, setUpScene } from '../testing/scene.ts'
import { type Lint, lintConfig } from './lint-config.ts'
import type { ConfigRequest } from './plan-config.ts'

setUpScene()

async function lint(content: string, request: Partial<ConfigRequest> = {}): Promise<Lint> {
  const made = await lintConfig(services, { content, ...request })
  if (!made.ok) throw new Error(made.error.kind)
  return made.value
}

/** Returns the names of the jobs that the pipeline would have. */
const included = async (content: string, request?: Partial<ConfigRequest>): Promise<string[]> =>
  (await lint(content, request)).jobs.filter((job) => job.included).map(({ name }) => name)

describe('linting a configuration', () => {
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
      stages: ['build', 'test', 'deploy'],
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
    const { jobs, merged } = await lint(text)
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
    expect(filtered.workflowRules).toMatchObject([{ number: 1, matched: true }])
    const empty = await lint('a: { script: x, rules: [{ when: never }] }')
    expect(empty).toMatchObject({ valid: false, jobs: [{ name: 'a', included: false }] })
  })

  it('puts in inputs, and looks for files', async () => {
    const text =
      'spec: { inputs: { name: {} } }\n---\n"$[[ inputs.name ]]": { script: x, rules: [{ exists: [Dockerfile] }] }'
    const files = { Dockerfile: 'FROM scratch' }
    expect(await included(text, { inputs: { name: 'made' }, files })).toEqual(['made'])
    expect((await lint(text, { files })).errors).toMatchObject([{ file: null }])
  })

  it('stores no pipeline', async () => {
    const newest = async () => await services.pipelines.list({ limit: 1 })
    const before = await newest()
    expect(await lint('a: { script: x }')).toMatchObject({ valid: true })
    expect(await newest()).toEqual(before)
  })

  it('is refused when there is no configuration', async () => {
    expect(await lintConfig(services, {})).toEqual({
      ok: false,
      error: { kind: 'config_missing', path: null, sha: null },
    })
  })
})
