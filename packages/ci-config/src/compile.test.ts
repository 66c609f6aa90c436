import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from './compile.ts'
import { filesSource } from './includes/files-source.ts'
import { configurationOf, errorsOf, jobOf, jobsOf } from './testing.ts'

describe('structure', () => {
  it('a job is a key with a script', async () => {
    expect(await jobsOf('hello: { script: echo hi }')).toBe('hello(test)')
    expect((await jobOf('j: { script: echo hi }')).keywords.script).toEqual(['echo hi'])
  })

  it('lists in a script are unfolded', async () => {
    const job = await jobOf('.s: &s [echo a, [echo b]]\nj: { script: [*s, echo c] }')
    expect(job.keywords.script).toEqual(['echo a', 'echo b', 'echo c'])
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
    expect(jobs.map(({ name, tags, keywords }) => [name, tags, keywords.script])).toEqual([
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
