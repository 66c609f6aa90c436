import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from './compile.ts'
import { filesSource } from './includes/files-source.ts'
import { type Instantiated, instantiate } from './instantiate.ts'
import type { CompiledJob } from './jobs/compiled-job.ts'
import type { PipelineFacts } from './rules/pipeline-facts.ts'

const FILES = ['Dockerfile', 'notes/x/y.md', 'pkg/go.mod', 'src/a.ts']
const FACTS: PipelineFacts = {
  source: 'push',
  ref: 'main',
  refKind: 'branch',
  projectPath: 'group/project',
  changedPaths: ['src/a.ts', 'notes/x/y.md'],
  files: FILES,
}
const VARIABLES = { CI_COMMIT_BRANCH: 'main', CI_DEFAULT_BRANCH: 'main', CI_PIPELINE_SOURCE: 'push' }

async function errorsOf(text: string, files: Record<string, string> = {}): Promise<string[]> {
  const compiled = await compile(text, { source: filesSource(files) })
  return compiled.valid ? [] : compiled.errors.map(({ message }) => message)
}

async function configurationOf(text: string, files: Record<string, string> = {}) {
  const compiled = await compile(text, { source: filesSource(files) })
  if (!compiled.valid) throw new Error(JSON.stringify(compiled.errors))
  return compiled.configuration
}

async function jobOf(text: string, name = 'j'): Promise<CompiledJob> {
  const { jobs } = await configurationOf(text)
  return jobs.find((job) => job.name === name) as CompiledJob
}

interface Situation {
  readonly facts?: Partial<PipelineFacts>
  readonly variables?: Record<string, string>
  readonly files?: Record<string, string>
}

async function pipelineOf(text: string, { facts, variables, files }: Situation = {}): Promise<Instantiated> {
  return instantiate(await configurationOf(text, files), {
    facts: { ...FACTS, ...facts },
    variables: new Map(Object.entries({ ...VARIABLES, ...variables })),
  })
}

/** Jobs in the order of their ids, as `name(stage)`. */
async function jobsOf(text: string, situation?: Situation): Promise<string> {
  const made = await pipelineOf(text, situation)
  if (made.kind !== 'planned') return `${made.kind}: ${made.errors[0]?.message}`
  return made.plan.jobs.map(({ job }) => `${job.name}(${job.stage})`).join(' ')
}

describe('structure', () => {
  it('a job is a key with a script', async () => {
    expect(await jobsOf('hello: { script: echo hi }')).toBe('hello(test)')
    expect((await jobOf('j: { script: echo hi }')).keywords['script']).toEqual(['echo hi'])
  })

  it('lists in a script are unfolded', async () => {
    const job = await jobOf('.s: &s [echo a, [echo b]]\nj: { script: [*s, echo c] }')
    expect(job.keywords['script']).toEqual(['echo a', 'echo b', 'echo c'])
  })

  it('a configuration needs a visible job, and any other key has to be one', async () => {
    expect(await errorsOf('.only-hidden: { script: ls }')).toEqual([
      'jobs config should contain at least one visible job',
    ])
    expect(await errorsOf('notes: just text\nj: { script: ls }')).toEqual([
      'jobs notes config should implement the script:, run:, or trigger: keyword',
    ])
    expect(await errorsOf(' \n')).toEqual(['Please provide content of .gitlab-ci.yml'])
  })

  it('references are followed, and must lead somewhere', async () => {
    const text = '.a: { script: [one, !reference [.b, script]] }\n.b: { script: [two] }\n'
    const job = await jobOf(`${text}j: { script: [!reference [.a, script], three] }`)
    expect(job.keywords['script']).toEqual(['one', 'two', 'three'])
    expect(await errorsOf('j: { script: !reference [.none, script] }')).toEqual([
      '!reference [".none", "script"] could not be found',
    ])
    expect(await errorsOf('j: { script: !reference [j, script] }')).toEqual([
      '!reference ["j", "script"] is part of a circular chain',
    ])
    expect(await errorsOf('j: { script: !reference text }')).toEqual(['!reference "text" is not valid'])
  })

  it('later bases win over earlier ones, and the job over all', async () => {
    const job = await jobOf(
      '.base: { image: alpine, variables: { A: "1", B: "1" }, script: [one, two] }\n' +
        '.more: { variables: { B: "2" }, tags: [t] }\n' +
        'j: { extends: [.base, .more], variables: { C: "3" }, script: [three] }',
    )
    expect(job).toMatchObject({ tags: ['t'], keywords: { image: { name: 'alpine' }, script: ['three'] } })
    expect(job.variables.map(({ key, value }) => `${key}=${value}`)).toEqual(['A=1', 'B=2', 'C=3'])
  })

  it('eleven levels of bases are taken, twelve and circles refused', async () => {
    const chain = (levels: number) =>
      `.l0: { script: ls }\n${Array.from({ length: levels }, (_, level) => `.l${level + 1}: { extends: .l${level} }\n`).join('')}`
    expect(await errorsOf(`${chain(10)}j: { extends: .l10 }`)).toEqual([])
    expect((await errorsOf(`${chain(12)}j: { extends: .l12 }`))[0]).toMatch(/nesting too deep in `extends`$/)
    const circle = await errorsOf('a: { extends: b, script: ls }\nb: { extends: a, script: ls }')
    expect(circle[0]).toMatch(/circular dependency detected in `extends`$/)
    expect(await errorsOf('j: { extends: .gone, script: ls }')).toEqual(['j: unknown keys in `extends` (.gone)'])
  })

  it('bases that share bases many times over take no longer', async () => {
    const levels = Array.from({ length: 10 }, (_, level) => {
      const base =
        level === 0 ? 'script: ls' : `extends: [${Array.from({ length: 20 }, () => `.l${level - 1}`).join(', ')}]`
      return `.l${level}: { ${base} }`
    })
    expect(await errorsOf(`${levels.join('\n')}\nj: { extends: .l9 }`)).toEqual([])
  })

  it('defaults go to jobs without the keyword, as a whole, unless they are not inherited', async () => {
    const text =
      'default: { image: node, retry: 2, tags: [big], before_script: [npm ci] }\n' +
      'one: { script: ls, image: alpine, before_script: [] }\n' +
      'two: { script: ls, inherit: { default: [retry] } }\n'
    expect(await jobOf(text, 'one')).toMatchObject({
      tags: ['big'],
      keywords: { image: { name: 'alpine' }, retry: { max: 2 }, before_script: [] },
    })
    const two = await jobOf(text, 'two')
    expect(two).toMatchObject({ tags: null, keywords: { retry: { max: 2 } } })
    expect(two.keywords['image']).toBeUndefined()
    expect(await errorsOf('image: a\ndefault: { image: b }\nj: { script: ls }')).toEqual([
      'image is defined in top-level and `default:` entry',
    ])
  })
})

describe('stages', () => {
  it('order the jobs, with .pre first and .post last', async () => {
    const text = 'z: { stage: .post, script: ls }\ny: { stage: deploy, script: ls }\nx: { stage: build, script: ls }\n'
    expect(await jobsOf(`${text}w: { stage: .pre, script: ls }`)).toBe('w(.pre) x(build) y(deploy) z(.post)')
    const listed = 'stages: [.post, two, one, .pre, two]\na: { stage: one, script: ls }\nb: { stage: two, script: ls }'
    expect(await jobsOf(listed)).toBe('b(two) a(one)')
  })

  it('have to be listed', async () => {
    expect(await errorsOf('stages: [build]\nj: { script: ls }')).toEqual([
      'j job: chosen stage test does not exist; available stages are .pre, build, .post',
    ])
  })

  it('at both ends make no pipeline alone', async () => {
    expect(await jobsOf('tidy: { stage: .post, script: ls }')).toMatch(/^pipeline_empty: The resulting pipeline/)
  })

  it('keep the order of appearance, parallel jobs by number', async () => {
    const text = 'stages: [s]\nb: { stage: s, script: ls, parallel: 2 }\na: { stage: s, script: ls }'
    expect(await jobsOf(text)).toBe('b 1/2(s) b 2/2(s) a(s)')
  })
})

describe('variables', () => {
  it('of the configuration are inherited by name, and rules win over the job', async () => {
    const made = await pipelineOf(
      'variables: { X: g, Y: g, Z: g }\nj:\n  variables: { Y: j }\n  inherit: { variables: [X] }\n' +
        `  rules: [{ if: '$X == "g"', variables: { W: r, Y: r } }]\n  script: ls\n`,
    )
    const [job] = made.kind === 'planned' ? made.plan.jobs : []
    expect(job?.variables.map(({ key, value }) => `${key}=${value}`)).toEqual(['X=g', 'Y=r', 'W=r'])
  })

  it('are texts, whatever was written', async () => {
    const { variables } = await configurationOf(
      'variables: { A: 0755, B: 1.10, C: yes, D: ~, E: { value: $A, expand: false } }\nj: { script: ls }',
    )
    expect(variables).toEqual([
      { key: 'A', value: '493' },
      { key: 'B', value: '1.1' },
      { key: 'C', value: 'true' },
      { key: 'D', value: '' },
      { key: 'E', value: '$A', raw: true },
    ])
  })

  it('with options have one of them', async () => {
    const text = 'variables: { T: { value: x, options: [a, b], description: d } }\nj: { script: ls }'
    expect(await errorsOf(text)).toEqual(['variables:t config value must be present in options'])
  })

  it('that refer to each other in a circle refuse the pipeline', async () => {
    expect(await jobsOf('variables: { A: $B, B: $A }\nj: { script: ls }')).toMatch(
      /^config_invalid: j: circular variable reference detected: \["(?:A", "B|B", "A)"\]$/,
    )
  })

  it('of a matrix stand in tags', async () => {
    const made = await pipelineOf(
      'j:\n  parallel: { matrix: [{ ARCH: [amd64, arm64], OS: linux }] }\n  tags: ["$ARCH", "$' +
        '{OS}", "$NONE"]\n  script: ls\n',
    )
    const jobs = made.kind === 'planned' ? made.plan.jobs : []
    expect(jobs.map(({ job, tags }) => [job.name, tags])).toEqual([
      ['j: [amd64, linux]', ['amd64', 'linux', '$NONE']],
      ['j: [arm64, linux]', ['arm64', 'linux', '$NONE']],
    ])
  })
})

describe('rules', () => {
  it('let jobs in by conditions', async () => {
    const text =
      'a: { script: ls, rules: [{ if: $CI_COMMIT_TAG }] }\n' +
      'b: { script: ls, rules: [{ if: $CI_COMMIT_BRANCH, when: never }, { when: always }] }\n' +
      "c: { script: ls, rules: [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }] }\n"
    expect(await jobsOf(text)).toBe('c(test)')
  })

  it('let jobs in by changed paths, all of them where those are not known', async () => {
    const text =
      'a: { script: ls, rules: [{ changes: [src/*.ts] }] }\nb: { script: ls, rules: [{ changes: [notes/**] }] }\n' +
      'c: { script: ls, rules: [{ changes: ["notes/**/*.{md,txt}"] }] }\n'
    expect(await jobsOf(text)).toBe('a(test) c(test)')
    expect(await jobsOf(text, { facts: { changedPaths: null } })).toBe('a(test) b(test) c(test)')
    expect(await jobsOf(text, { facts: { changedPaths: [] } })).toMatch(/^pipeline_empty/)
  })

  it('let jobs in by files, and need to know them', async () => {
    const text =
      'a: { script: ls, rules: [{ exists: [Dockerfile] }] }\nb: { script: ls, rules: [{ exists: [notes/] }] }\n' +
      'c: { script: ls, rules: [{ exists: ["**/go.mod"] }] }\nd: { script: ls, rules: [{ exists: ["*.mod", nope/] }] }\n'
    expect(await jobsOf(text)).toBe('a(test) b(test) c(test)')
    expect(await jobsOf(text, { facts: { files: null } })).toMatch(/^config_invalid: Failed to parse rule for a/)
  })

  it('make a manual job that blocks, where the keyword makes one that does not', async () => {
    const text = 'gate: { script: ls, rules: [{ when: manual }] }\nfree: { script: ls, when: manual }'
    const made = await pipelineOf(text)
    const jobs = made.kind === 'planned' ? made.plan.jobs : []
    expect(jobs.map(({ job, when, allowFailure }) => [job.name, when, allowFailure])).toEqual([
      ['gate', 'manual', false],
      ['free', 'manual', true],
    ])
  })

  it('replace needs', async () => {
    const made = await pipelineOf(
      `dev: { stage: build, script: ls, rules: [{ if: '$CI_COMMIT_BRANCH != "main"' }] }\n` +
        `prod: { stage: build, script: ls, rules: [{ if: '$CI_COMMIT_BRANCH == "main"' }] }\n` +
        `t:\n  script: ls\n  rules: [{ if: '$CI_COMMIT_BRANCH == "main"', needs: [prod] }, { needs: [dev], when: always }]\n`,
    )
    const jobs = made.kind === 'planned' ? made.plan.jobs : []
    expect(jobs.map(({ job, needs }) => [job.name, needs?.map(({ name }) => name) ?? null])).toEqual([
      ['prod', null],
      ['t', ['prod']],
    ])
  })

  it('of the workflow refuse pipelines, and set variables for all jobs', async () => {
    const refused = await jobsOf('workflow: { rules: [{ if: $CI_COMMIT_TAG }] }\nj: { script: ls }')
    expect(refused).toMatch(/^pipeline_filtered: The pipeline did not run/)
    const made = await pipelineOf(
      'variables: { KIND: plain }\nworkflow:\n  name: "$KIND of $CI_COMMIT_BRANCH $NOPE"\n' +
        `  rules: [{ if: '$CI_COMMIT_BRANCH == "main"', variables: { KIND: main build } }]\n` +
        `j: { script: ls, rules: [{ if: '$KIND == "main build"' }] }\n`,
    )
    expect(made).toMatchObject({
      kind: 'planned',
      plan: { name: 'main build of main', jobs: [{ job: { name: 'j' } }] },
    })
  })

  it('are refused beside only, with a condition that is not valid, and empty', async () => {
    expect(await errorsOf('j: { script: ls, only: [main], rules: [{ when: always }] }')).toEqual([
      'jobs:j config key may not be used with `rules`: only',
    ])
    expect(await errorsOf(`c: { script: ls, rules: [{ if: '$A = "x"' }] }`)).toEqual([
      'jobs:c:rules:rule if invalid expression syntax',
    ])
    expect(await errorsOf('c: { script: ls, rules: [] }')).toEqual(["jobs:c:rules config can't be blank"])
  })

  it('of the old kind choose by refs, sources, variables and changes', async () => {
    const text =
      'a: { script: ls, only: [main] }\nb: { script: ls, only: [tags] }\nc: { script: ls, except: [/^ma/] }\n' +
      `d: { script: ls, only: { refs: [pushes], variables: ['$GO == "1"'] } }\ne: { script: ls }\n`
    expect(await jobsOf(text)).toBe('a(test) e(test)')
    expect(await jobsOf(text, { variables: { GO: '1' } })).toBe('a(test) d(test) e(test)')
    expect(await jobsOf(text, { facts: { ref: 'v1', refKind: 'tag' } })).toBe('b(test) c(test) e(test)')
  })
})

describe('needs', () => {
  it('name jobs that are in the pipeline, unless they are optional', async () => {
    const gone = 'gone: { stage: build, script: ls, rules: [{ if: $CI_COMMIT_TAG }] }\n'
    const optional = await pipelineOf(`${gone}t: { needs: [{ job: gone, optional: true }], script: ls }`)
    expect(optional).toMatchObject({ plan: { jobs: [{ job: { name: 't' }, needs: [], schedulingType: 'dag' }] } })
    expect(await jobsOf(`${gone}t: { needs: [gone], script: ls }`)).toMatch(
      /^config_invalid: 't' job needs 'gone' job, but 'gone' does not exist in the pipeline\./,
    )
  })

  it('lead to earlier or the same stages, to each job once, and in no circle', async () => {
    expect(await errorsOf('a: { stage: deploy, script: ls }\nb: { stage: test, needs: [a], script: ls }')).toEqual([
      'b job: need a is not defined in current or prior stages',
    ])
    expect(await errorsOf('a: { script: ls }\nb: { needs: [a, a], script: ls }')).toEqual([
      'b has the following needs duplicated: a.',
    ])
    expect(await errorsOf('b: { needs: [nobody], script: ls }')).toEqual(['b job: undefined need: nobody'])
    expect(
      (
        await errorsOf('a: { needs: [c], script: ls }\nb: { needs: [a], script: ls }\nc: { needs: [b], script: ls }')
      )[0],
    ).toMatch(/^The pipeline has circular dependencies: topological sort failed: \["a", "c", "b"\]$/)
    expect(await errorsOf('a: { needs: [a], script: ls }')).toEqual([
      'The pipeline has circular dependencies: self-dependency: a',
    ])
  })

  it('on parallel jobs mean all of them, or those that a matrix names', async () => {
    const build = 'build: { stage: build, script: ls, parallel: { matrix: [{ OS: [a, b] }] } }\n'
    const one = '{ needs: [{ job: build, parallel: { matrix: [{ OS: b }] } }], script: ls }\n'
    const { jobs } = await configurationOf(`${build}all: { needs: [build], script: ls }\none: ${one}`)
    expect(jobs.map(({ name, needs }) => [name, needs?.map((need) => need.name) ?? null])).toEqual([
      ['build: [a]', null],
      ['build: [b]', null],
      ['all', ['build: [a]', 'build: [b]']],
      ['one', ['build: [b]']],
    ])
    expect(await errorsOf(`${build}one: ${one.replace('OS: b', 'OS: c')}`)).toEqual([
      'one job: undefined need: build: [c]',
    ])
  })

  it('take values of the matrix of the job that needs', async () => {
    const text =
      '.m: { parallel: { matrix: [{ OS: [a, b], V: [1, 2] }] } }\nbuild: { extends: .m, stage: build, script: ls }\n' +
      't:\n  extends: .m\n  script: ls\n  needs:\n' +
      '    [{ job: build, parallel: { matrix: [{ OS: ["$[[ matrix.OS ]]"], V: ["$[[ matrix.V ]]"] }] } }]\n'
    const { jobs } = await configurationOf(text)
    expect(jobs.find(({ name }) => name === 't: [b, 1]')?.needs?.map(({ name }) => name)).toEqual(['build: [b, 1]'])
    expect(await errorsOf(text.replace('matrix.V', 'matrix.W'))).toEqual([
      "t job: 'W' does not exist in matrix configuration",
    ])
  })

  it('contain what is fetched', async () => {
    const text = 'a: { stage: build, script: ls }\nb: { stage: build, script: ls }\n'
    expect(await errorsOf(`${text}t: { needs: [a], dependencies: [b], script: ls }`)).toEqual([
      'jobs:t dependencies the b should be part of needs',
    ])
  })
})

describe('includes and inputs', () => {
  const files = {
    'ci/x.yml':
      'spec: { inputs: { area: {}, n: { type: number, default: 2 } } }\n---\n"check-$[[ inputs.area ]]":\n' +
      '  parallel: $[[ inputs.n ]]\n  script: ["run $[[ inputs.area ]] $[[ inputs.n ]]"]\n',
  }

  it('fill an included file, and merge it under the own text', async () => {
    const text = 'include: [{ local: ci/x.yml, inputs: { area: web } }]\ncheck-web: { tags: [big] }\n'
    const { jobs } = await configurationOf(text, files)
    expect(jobs.map(({ name, tags, keywords }) => [name, tags, keywords['script']])).toEqual([
      ['check-web 1/2', ['big'], ['run web 2']],
      ['check-web 2/2', ['big'], ['run web 2']],
    ])
  })

  it('have to be given, and known', async () => {
    expect(await errorsOf('include: [{ local: ci/x.yml }]', files)).toEqual([
      '`ci/x.yml`: `area` input: required value has not been provided',
    ])
    expect(await errorsOf('include: [{ local: ci/x.yml, inputs: { area: web, zone: 1 } }]', files)).toEqual([
      '`ci/x.yml`: unknown input arguments: zone',
    ])
  })

  it('an error in an included file names its file and line', async () => {
    const compiled = await compile('include: [ci/y.yml]\nj: { script: ls }\n', {
      source: filesSource({ 'ci/y.yml': 'other:\n  script: ls\n  retry: 5\n' }),
    })
    expect(compiled).toMatchObject({
      valid: false,
      errors: [
        {
          message: 'retry config must be less than or equal to 2',
          path: ['other', 'retry'],
          file: 'ci/y.yml',
          line: 3,
          column: 3,
        },
      ],
    })
  })
})

describe('what this server does not have', () => {
  it.each([
    ['j: { trigger: group/other }', "j: trigger:project reaches into another project's pipelines"],
    ['j: { script: ls, release: { tag_name: v1, description: d } }', 'j: release creates a GitLab release'],
    [
      'include: [{ template: Some.gitlab-ci.yml }]\nj: { script: ls }',
      'include:template names a file that only a GitLab',
    ],
  ])('%s is refused in words of its own', async (text, message) => {
    expect((await errorsOf(text))[0]).toContain(message)
  })

  it('is warned of where the rest still works', async () => {
    const compiled = await compile('pages: { script: ls }')
    expect(compiled.valid).toBe(true)
    expect(compiled.warnings.map(({ message }) => message)).toEqual([
      'pages: there is no Pages site here; the directory "public" is kept as an artifact.',
    ])
  })
})

it('any configuration compiles or is refused with errors, whatever stands where', async () => {
  const key = fc.constantFrom(
    ...[
      'script',
      'stage',
      'needs',
      'rules',
      'variables',
      'extends',
      'parallel',
      'matrix',
      'include',
      'default',
      'image',
    ],
    ...[
      'only',
      'cache',
      'artifacts',
      'retry',
      'if',
      'when',
      'job',
      'trigger',
      'inherit',
      'environment',
      'workflow',
      'x',
    ],
  )
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, 0, 1.5, '', 'x', '$X', '/x/', 'manual', '1 day', 'build', '!reference [x, y]'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.oneof(key, fc.constant('.h')), value, { maxKeys: 5 }), async (configuration) => {
      const compiled = await compile(JSON.stringify(configuration).replaceAll(/"(!reference [^"]*)"/g, '$1'))
      if (!compiled.valid) expect(compiled.errors.length).toBeGreaterThan(0)
    }),
    { numRuns: 300 },
  )
})
