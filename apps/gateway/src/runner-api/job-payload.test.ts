import { type JobDefinition, KEYWORDS, type Keyword, parseDefinition } from '@yardmaster/ci-config'
import { ok } from '@yardmaster/common'
import { jobVariables } from '@yardmaster/domain/jobs'
import type { TakenJob } from '@yardmaster/domain/ports'
import { sampleTakenJob, type TakenJobParts } from '@yardmaster/domain/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { definitions } from '../testing/arbitrary-definition.ts'
import { jobPayload, type PayloadInput } from './job-payload.ts'
import { JobPayloadShape } from './job-payload-shape.ts'

// ---------------------------------------------------------------------------------- a taken job

const SHA = '3f7a2d1c9be04856a1f0c3d2e4b5968778695a4b'

interface Given extends TakenJobParts {
  readonly definition?: object
  readonly input?: Partial<PayloadInput>
}

function definitionOf(keywords: object): JobDefinition {
  const parsed = parseDefinition(keywords)
  if (!parsed.ok) throw new Error(`${parsed.error.field}: ${parsed.error.reason}`)
  return parsed.value
}

const takenJob = ({ definition = {}, ...parts }: Given, parsed?: JobDefinition): TakenJob =>
  sampleTakenJob(parsed ?? definitionOf({ script: 'make', ...definition }), parts)

const EXTERNAL_URL = 'https://ci.example.org'

function inputFor(taken: TakenJob, input: Partial<PayloadInput> = {}): PayloadInput {
  const jobToken = 'glcbt-64_token'
  const variables = jobVariables({
    taken,
    runner: { id: 9, description: null, tagList: [] },
    jobToken,
    policy: { externalUrl: EXTERNAL_URL, version: '1.2.3' },
    settings: { supplyGitlabCi: true },
  })
  return { taken, runner: { runnerType: 'instance_type' }, jobToken, variables, dependencies: [], ...input }
}

const spelled = (input: PayloadInput): unknown => JSON.parse(JSON.stringify(jobPayload(input, EXTERNAL_URL)))

/** Returns what the runner receives. */
function payload(given: Given = {}): z.infer<typeof JobPayloadShape> {
  return JobPayloadShape.parse(spelled(inputFor(takenJob(given), given.input)))
}

// ---------------------------------------------------------------------------------- the payload

const PASSED_ON = Object.entries<Keyword<unknown>>(KEYWORDS).flatMap(([field, { payload, ...keyword }]) =>
  payload ? [{ ...keyword, field: field as keyof typeof KEYWORDS, payload }] : [],
)
/** What the payload has for them in a job without them. */
const NOT_GIVEN = Object.fromEntries(PASSED_ON.map(({ payload, stored }) => [payload, stored.absent]))

describe('the payload of a job', () => {
  it.each(PASSED_ON.flatMap((one) => one.examples.map((example) => ({ ...one, example }))))(
    'carries $keyword as it is stored: $example',
    ({ keyword, field, payload, example }) => {
      const definition = definitionOf({ script: 'make', [keyword]: example })
      const carried = spelled(inputFor(takenJob({}, definition)))
      expect(JobPayloadShape.parse(carried)).toHaveProperty(payload, definition[field])
    },
  )

  it('is complete for a job with only a script', () => {
    const { variables, features, ...rest } = payload()
    expect(rest).toEqual({
      id: 1047,
      token: 'glcbt-64_token',
      allow_git_fetch: true,
      job_info: {
        id: 1047,
        name: 'unit tests',
        stage: 'test',
        pipeline_id: 311,
        project_id: 17,
        project_name: 'lantern',
        project_full_path: 'harbour/lantern',
        namespace_id: 5,
        time_in_queue_seconds: 4,
        project_jobs_running_on_instance_runners_count: '2',
        queue_size: 3,
        queue_depth: 1,
      },
      git_info: {
        repo_url: 'https://gitlab-ci-token:glcbt-64_token@ci.example.org/harbour/lantern.git',
        ref: 'main',
        sha: SHA,
        before_sha: '0'.repeat(40),
        ref_type: 'branch',
        refspecs: [],
        depth: 20,
        repo_object_format: 'sha1',
        protected: true,
      },
      runner_info: { timeout: 3600, runner_session_url: null },
      inputs: [],
      steps: [{ name: 'script', script: ['make'], timeout: 3600, when: 'on_success', allow_failure: false }],
      ...NOT_GIVEN,
      image: null,
      services: [],
      artifacts: null,
      cache: [],
      credentials: [],
      dependencies: [],
      secrets: {},
    })
    expect(variables.find(({ key }) => key === 'CI_REPOSITORY_URL')?.value).toBe(rest.git_info.repo_url)
    expect(features.trace_sections).toBe(true)
    for (const reason of ['unknown_failure', 'script_failure', 'job_execution_timeout', 'image_pull_failure']) {
      expect(features.failure_reasons).toContain(reason)
    }
  })

  it('has the key run only for steps, and then no script', () => {
    expect(payload()).not.toHaveProperty('run')
    const run = [{ name: 'one', script: 'make' }]
    const parsed = definitionOf({ run })
    const sent = spelled(inputFor(takenJob({}, parsed)))
    expect(JobPayloadShape.parse(sent)).toMatchObject({ run: JSON.stringify(run), steps: null })
  })

  it('runs before_script and script as one, then the release, then after_script', () => {
    const definition = {
      before_script: ['a'],
      script: ['b', ['c']],
      after_script: 'd',
      release: { tag_name: 'v1', description: 'e' },
    }
    const step = { timeout: 3600, when: 'on_success', allow_failure: false }
    expect(payload({ definition }).steps).toEqual([
      { name: 'script', script: ['a', 'b', 'c'], ...step },
      { name: 'release', script: ['release-cli create --description "e" --tag-name "v1"'], ...step },
      { name: 'after_script', script: ['d'], timeout: 3600, when: 'always', allow_failure: true },
    ])
  })

  it('contains image and services', () => {
    const definition = {
      image: { name: 'node:24', entrypoint: [''], docker: { user: 1000 }, pull_policy: 'never' },
      services: [
        'redis',
        { name: 'postgres', alias: 'db', command: ['x'], variables: { A: { value: 'b', expand: false } } },
      ],
    }
    expect(payload({ definition })).toMatchObject({
      image: {
        name: 'node:24',
        entrypoint: [''],
        services: [],
        executor_opts: { docker: { user: '1000' } },
        pull_policy: ['never'],
      },
      services: [
        {
          name: 'redis',
          entrypoint: null,
          services: [],
          executor_opts: {},
          pull_policy: null,
          alias: null,
          command: null,
          variables: null,
        },
        {
          name: 'postgres',
          alias: 'db',
          command: ['x'],
          variables: [{ key: 'A', value: 'b', public: true, masked: false, raw: true }],
        },
      ],
    })
  })

  it('lists the archive first, then the reports under their fixed names', () => {
    const definition = {
      artifacts: {
        name: 'all',
        paths: ['a/'],
        exclude: ['b'],
        when: 'on_failure',
        expire_in: '1 week',
        reports: { junit: ['a.xml'], sast: 's.json' },
      },
    }
    const report = { when: 'always', expire_in: '1 week' }
    expect(payload({ definition }).artifacts).toEqual([
      {
        name: 'all',
        untracked: false,
        paths: ['a/'],
        exclude: ['b'],
        when: 'on_failure',
        expire_in: '1 week',
        artifact_type: 'archive',
        artifact_format: 'zip',
      },
      { name: 'junit.xml.gz', paths: ['a.xml'], artifact_type: 'junit', artifact_format: 'gzip', ...report },
      { name: 'gl-sast-report.json', paths: ['s.json'], artifact_type: 'sast', artifact_format: 'raw', ...report },
    ])
  })

  it('lists no archive when it would be empty', () => {
    const artifacts = { reports: { junit: 'a.xml' } }
    expect(payload({ definition: { artifacts } }).artifacts?.map((one) => one.artifact_type)).toEqual(['junit'])
    expect(payload({ definition: { artifacts: { untracked: true } } }).artifacts).toMatchObject([
      { artifact_type: 'archive', untracked: true, paths: [] },
    ])
  })

  it.each([
    [true, false, 'protected'],
    [false, false, 'non_protected'],
    [true, true, 'non_protected'],
    [false, true, 'non_protected'],
  ])('names caches of a ref that is protected: %j, unprotect: %j, with -%s', (isProtected, unprotect, suffix) => {
    const definition = { cache: { key: 'npm', unprotect, fallback_keys: ['other'] } }
    expect(payload({ definition, job: { protected: isProtected } }).cache).toMatchObject([
      { key: `npm-${suffix}`, fallback_keys: [`other-${suffix}`] },
    ])
  })

  it('contains inputs', () => {
    const inputs = { count: { type: 'number', default: 3 } }
    expect(payload({ definition: { inputs } }).inputs).toEqual([
      { key: 'count', value: { type: 'number', content: 3, sensitive: false } },
    ])
  })

  it('gives dependencies the job’s own token, and a file if they have an archive', () => {
    const dependencies = [
      { id: 1, name: 'build', archive: { filename: 'artifacts.zip', size: 107 }, dotenv: [] },
      { id: 2, name: 'lint', archive: null, dotenv: [] },
    ]
    expect(payload({ input: { dependencies } }).dependencies).toEqual([
      { id: 1, name: 'build', token: 'glcbt-64_token', artifacts_file: { filename: 'artifacts.zip', size: 107 } },
      { id: 2, name: 'lint', token: 'glcbt-64_token' },
    ])
  })

  it('reports no shared limit to other runners', () => {
    const runner = { runnerType: 'project_type' as const }
    const { job_info } = payload({ input: { runner } })
    expect(job_info.project_jobs_running_on_instance_runners_count).toBe('+Inf')
  })
})

describe('where a job gets its files', () => {
  const repoUrl = 'https://user:secret@git.example.org/a/b.git'

  it('has a commit of zeros without a commit', () => {
    expect(payload({ job: { sha: null } }).git_info).toMatchObject({ sha: '0'.repeat(40), repo_object_format: 'sha1' })
  })

  it('is the project’s repository as stored, and the job token is not sent there', () => {
    const sent = payload({ project: { repoUrl } })
    expect(sent.git_info).toMatchObject({
      repo_url: repoUrl,
      refspecs: [`+${sent.git_info.sha}:refs/pipelines/311`, '+refs/heads/ma*in:refs/remotes/origin/ma*in'],
    })
    expect(sent.variables.filter(({ masked }) => masked).map(({ value }) => value)).toContain('secret')
    expect(sent.git_info.repo_url).not.toContain('glcbt')
  })

  it('has a refspec for a tag', () => {
    const { git_info } = payload({ project: { repoUrl }, job: { ref: 'v1', tag: true } })
    expect(git_info.ref_type).toBe('tag')
    expect(git_info.refspecs).toContain('+refs/tags/v*1:refs/tags/v*1')
  })

  it.each([
    ['5', 5],
    ['0', 0],
    ['all', 20],
    ['-1', 20],
    ['9999999999', 20],
  ])('has the depth of GIT_DEPTH=%s', (depth, expected) => {
    const { git_info } = payload({ project: { repoUrl }, definition: { variables: { GIT_DEPTH: depth } } })
    expect(git_info.depth).toBe(expected)
    if (expected === 0) {
      const everything = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']
      expect(git_info.refspecs).toEqual([`+${git_info.sha}:refs/pipelines/311`, ...everything])
    }
  })

  it('has an object format that follows from the length of the commit hash', () => {
    expect(payload({ job: { sha: 'a'.repeat(64) } }).git_info.repo_object_format).toBe('sha256')
  })
})

describe('every definition that is accepted', () => {
  it('makes a payload that a runner decodes', () => {
    let accepted = 0
    fc.assert(
      fc.property(definitions, fc.boolean(), (definition, isProtected) => {
        const parsed = parseDefinition(definition, { variableKeys: ['VAULT_SERVER_URL'] })
        if (!parsed.ok) {
          expect(parsed.error.field).toMatch(/^definition/)
          return
        }
        accepted += 1
        // The store keeps definitions as JSON, so a round trip must not change them.
        expect(ok(JSON.parse(JSON.stringify(parsed.value)))).toEqual(parsed)
        const sent = spelled(inputFor(takenJob({ job: { protected: isProtected } }, parsed.value)))
        const decoded = JobPayloadShape.safeParse(sent)
        expect(decoded.error?.issues ?? []).toEqual([])
      }),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })
})
