import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JobVerdict, type Plan, type PlanRequest, planPipeline } from './plan.ts'

const FACTS: PlanRequest['facts'] = {
  source: 'push',
  ref: 'main',
  refKind: 'branch',
  projectPath: 'yard/lantern',
  changedPaths: ['src/a.ts', 'README.md'],
}

interface Situation {
  readonly facts?: Partial<PlanRequest['facts']>
  readonly files?: Record<string, string> | null
  readonly variables?: PlanRequest['variables']
}

const planOf = (text: string, { facts, files = {}, variables = [] }: Situation = {}): Promise<Plan> =>
  planPipeline({ text, files, inputs: {}, variables, facts: { ...FACTS, ...facts }, maxJobs: 500 })

async function verdictOf(job: string, situation?: Situation): Promise<JobVerdict> {
  const { verdicts, errors } = await planOf(`j: { script: x, ${job} }\nother: { script: x }`, situation)
  const [verdict] = verdicts
  if (!verdict) throw new Error(JSON.stringify(errors))
  return verdict
}

const reasonOf = async (job: string, situation?: Situation): Promise<string> => {
  const { included, reason } = await verdictOf(job, situation)
  return `${included ? 'in' : 'out'}: ${reason}`
}

describe('a planned job', () => {
  it('has the expression of its coverage', async () => {
    const { pipeline, errors } = await planOf(String.raw`j: { script: x, coverage: '/total: (\d+)%/' }`)
    expect(errors).toEqual([])
    expect(pipeline?.jobs[0]?.definition.coverage).toBe('total: (\\d+)%')
  })
})

describe('why a pipeline has a job, or does not', () => {
  it.each([
    ['when: on_success', 'in: It has no rules, so all pipelines of branches and tags have it.'],
    ['only: [main]', 'in: Its only matches.'],
    ['only: [tags]', 'out: Its only:refs does not match: the pipeline is for the branch main, and its source is push.'],
    ['except: [main]', 'out: Its except:refs matches: the pipeline is for the branch main, and its source is push.'],
    ['except: [tags]', 'in: Its except does not match.'],
    ['only: [main], except: [tags]', 'in: Its only matches, and its except does not.'],
    ['only: { variables: [$A] }', 'out: Its only:variables does not match: none of its conditions is true.'],
    ['only: { changes: [x] }', 'out: Its only:changes does not match: no changed path matches.'],
    ['except: { changes: [README.md] }', 'out: Its except:changes matches: a changed path matches.'],
    ['only: { kubernetes: active }', 'out: Its only:kubernetes does not match: there is no cluster here.'],
    ['rules: [{ when: always }]', 'in: Rule 1 (line 1) matches. It has no condition, so it always matches.'],
    [
      'rules: [{ if: $A, when: never }, { when: manual }]',
      'in: Rule 2 (line 1) matches. It has no condition, so it always matches.',
    ],
    [
      `rules: [{ if: '$B == "b"', when: never }]`,
      'out: Rule 1 (line 1) matches, and says never. The condition $B == "b" is true ($B is "b").',
    ],
    [`rules: [{ if: $A }]`, 'out: Its only rule does not match. The condition $A is false ($A is not set).'],
    ['rules: [{ if: $A }, { exists: [Dockerfile] }]', 'out: None of its 2 rules matches.'],
    ['rules: [{ changes: [src/*] }]', 'in: Rule 1 (line 1) matches. A changed path matches src/*.'],
    [
      'rules: [{ if: $B, exists: [Dockerfile, a, b, c] }]',
      'out: Its only rule does not match. No file matches Dockerfile, a, b or 1 more.',
    ],
  ])('%s', async (job, reason) => {
    expect(await reasonOf(job, { variables: [{ key: 'B', value: 'b' }] })).toBe(reason)
  })

  it('says that unknown changes count as changes', async () => {
    const facts = { changedPaths: null }
    const unknown = 'Which paths changed is not known, which counts as a change.'
    expect(await reasonOf('rules: [{ changes: [src/*] }]', { facts })).toBe(`in: Rule 1 (line 1) matches. ${unknown}`)
    expect(await reasonOf('except: { changes: [x] }', { facts })).toContain('which counts as a change')
  })

  it('says that merge requests are neither branches nor tags', async () => {
    const facts = { refKind: 'other', source: 'merge_request_event', ref: 'feature' } as const
    expect(await reasonOf('when: on_success', { facts })).toContain('this one is of neither')
    expect(await reasonOf('only: [tags]', { facts })).toContain('a merge request from feature')
  })

  it('hides the values of masked variables, and cuts long ones', async () => {
    const variables = [
      { key: 'S', value: 'secret', masked: true },
      { key: 'L', value: 'long'.repeat(100) },
    ]
    const reason = await reasonOf('rules: [{ if: $S && $L && $N == null }]', { variables })
    expect(reason).not.toContain('secret')
    expect(reason).toMatch(/\(\$S is set, \$L is "(?:long)+…", \$N is not set\)\.$/)
  })

  it('names the condition that cannot be decided', async () => {
    expect(await reasonOf('rules: [{ exists: [a] }]', { files: null })).toMatch(/^out: Failed to parse rule for j: /)
  })

  it('explains each rule, with the place where it was written', async () => {
    const files = { 'ci/rules.yml': '.rules:\n  rules:\n    - if: $A\n    - if: $B\n' }
    const text = `include: ci/rules.yml
j:
  script: x
  rules:
    - !reference [.rules, rules]
    - when: manual
`
    const { verdicts } = await planOf(text, { files, variables: [{ key: 'B', value: 'b' }] })
    expect(verdicts[0]).toMatchObject({
      reason: 'Rule 2 (ci/rules.yml, line 4) matches. The condition $B is true ($B is "b").',
      rules: [
        {
          number: 1,
          file: 'ci/rules.yml',
          line: 3,
          matched: false,
          reason: 'The condition $A is false ($A is not set).',
        },
        { number: 2, file: 'ci/rules.yml', line: 4, matched: true, reason: 'The condition $B is true ($B is "b").' },
        { number: 3, file: null, line: 6, matched: null, reason: 'Not looked at: rule 2 decides.' },
      ],
    })
  })

  it('explains the rules of the workflow, also when they refuse the pipeline', async () => {
    const text = 'workflow: { rules: [{ if: $A }, { if: $B, when: never }] }\nj: { script: x }'
    const { outcome, workflowRules, verdicts } = await planOf(text, { variables: [{ key: 'B', value: 'b' }] })
    expect({ outcome, verdicts }).toEqual({ outcome: 'pipeline_filtered', verdicts: [] })
    expect(workflowRules.map(({ matched }) => matched)).toEqual([false, true])
  })

  it('bounds how much it explains', async () => {
    const many = Array.from(
      { length: 1_200 },
      (_, index) => `j${index}: { script: x, rules: [{ if: $A }, { if: $B }] }`,
    )
    const { verdicts, warnings } = await planOf(many.join('\n'))
    expect(verdicts).toHaveLength(1_000)
    expect(warnings.map(({ message }) => message)).toContain(
      'Of the 1200 jobs of this configuration, only the first 1000 are explained.',
    )
    const rules = await planOf(`j:\n  script: x\n  rules:\n${'    - if: $A\n'.repeat(15_000)}`)
    expect(rules.verdicts[0]?.rules).toHaveLength(10_000)
  })
})

describe('the merged configuration', () => {
  it('has everything in it that is included, extended or referred to', async () => {
    const files = { 'a.yml': '.base: { image: ruby, variables: { A: 1.10, B: "0755" } }' }
    const { merged } = await planOf(
      'include: a.yml\nj: { extends: .base, script: [!reference [.s, script]] }\n.s: { script: [x] }',
      {
        files,
      },
    )
    expect(merged).toBe(`.base:
  image: ruby
  variables:
    A: 1.1
    B: "0755"
j:
  image: ruby
  variables:
    A: 1.1
    B: "0755"
  script:
    - - x
.s:
  script:
    - x
`)
  })

  it('makes the same pipeline again', async () => {
    const name = fc.constantFrom('a', 'b', 'build app', '0', 'yes', 'null', '1.5', 'x: y')
    const word = fc.constantFrom(
      'x',
      'yes',
      '',
      '0755',
      '1:30',
      '$A',
      'two\nlines\n',
      ' # no comment',
      '{a}',
      '2024-01-01',
    )
    const job = fc.record(
      {
        script: fc.array(
          word.filter((line) => line !== ''),
          { minLength: 1, maxLength: 3 },
        ),
        variables: fc.dictionary(fc.constantFrom('A', 'B'), fc.oneof(word, fc.integer(), fc.boolean())),
        rules: fc.array(
          fc.record(
            { if: fc.constantFrom('$A', '$B == "x"'), when: fc.constantFrom('manual', 'never') },
            { requiredKeys: [] },
          ),
          { minLength: 1, maxLength: 3 },
        ),
        extends: fc.constant('.base'),
        allow_failure: fc.boolean(),
        parallel: fc.integer({ min: 2, max: 4 }),
        tags: fc.array(fc.constantFrom('docker', '1e3'), { maxLength: 2 }),
      },
      { requiredKeys: ['script'] },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, job, { minKeys: 1, maxKeys: 4 }),
        fc.dictionary(name, word),
        async (jobs, variables) => {
          const base = { variables: { C: 'base' }, before_script: ['first\nsecond'] }
          const plan = await planOf(JSON.stringify({ variables, '.base': base, ...jobs }))
          if (plan.merged === null) return
          const again = await planOf(plan.merged)
          expect(again.pipeline).toEqual(plan.pipeline)
          expect(again.merged).toBe(plan.merged)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is refused when a text stands at so many places that it becomes too big', async () => {
    const text = `.x: &x "${'x'.repeat(1_000_000)}"\n.y: [${'*x, '.repeat(100)}]\nj: { script: x }`
    const { outcome, errors, merged } = await planOf(text)
    expect({ outcome, merged }).toEqual({ outcome: 'config_invalid', merged: null })
    expect(errors[0]?.message).toBe('Total size of combined CI/CD configuration is too big')
  })
})

describe('a trigger job', () => {
  const jobsOf = async (text: string, situation?: Situation) => {
    const { pipeline, errors } = await planOf(text, situation)
    if (!pipeline) throw new Error(JSON.stringify(errors))
    return pipeline.jobs
  }
  const messagesOf = async (text: string) => (await planOf(text)).errors.map(({ message }) => message)

  it('is planned with what it starts, and without anything for a runner', async () => {
    const [job] = await jobsOf(`
      default: { image: node, tags: [big], before_script: [npm ci], interruptible: true }
      variables: { GLOBAL: g }
      j:
        variables: { OWN: $GLOBAL }
        resource_group: one
        environment: review
        trigger:
          include: [{ local: a.yml, inputs: { n: 1 } }, b.yml]
          strategy: mirror
          forward: { pipeline_variables: true, yaml_variables: false }`)
    expect(job?.definition).toMatchObject({
      ...{ script: [], beforeScript: [], image: null, tags: [], interruptible: true, resourceGroup: 'one' },
      variables: [
        { key: 'GLOBAL', value: 'g' },
        { key: 'OWN', value: '$GLOBAL' },
      ],
      trigger: {
        ...{ include: [{ local: 'a.yml', inputs: { n: 1 } }, 'b.yml'], strategy: 'mirror' },
        ...{ forwardsYamlVariables: false, forwardsPipelineVariables: true },
      },
    })
    expect(job?.environment).toMatchObject({ name: 'review', action: 'start' })
  })

  it('forwards its own variables only, unless it says otherwise, and does not wait for its child', async () => {
    const [job] = await jobsOf('j: { trigger: { include: a.yml } }')
    expect(job?.definition.trigger).toEqual({
      ...{ include: ['a.yml'], strategy: null },
      ...{ forwardsYamlVariables: true, forwardsPipelineVariables: false },
    })
  })

  it.each(['trigger: group/project', 'trigger: { project: group/project }'])('%s is refused', async (trigger) => {
    expect(await messagesOf(`j: { ${trigger} }`)).toEqual([
      "j: trigger:project reaches into another project's pipelines; this server runs each project for itself.",
    ])
  })

  it('is explained like any other job, as what it is', async () => {
    const { verdicts } = await planOf('j: { trigger: { include: a.yml }, rules: [{ if: $X }] }\nb: { script: x }')
    expect(verdicts.map(({ kind, included }) => [kind, included])).toEqual([
      ['trigger', false],
      ['build', true],
    ])
  })
})

describe('files of a parent pipeline', () => {
  const text = 'include: [{ artifact: out/ci.yml, job: $JOB }]'
  const plan = (parentFiles?: PlanRequest['parentFiles']) =>
    planPipeline({
      ...{ text, files: null, inputs: {}, facts: FACTS, maxJobs: 500, parentFiles },
      variables: [{ key: 'JOB', value: 'build' }],
    })
  const wanted = { job: 'build', path: 'out/ci.yml' }

  it('are asked for, and included once they are there', async () => {
    expect((await plan([])).unread).toEqual([wanted])
    const { unread, pipeline } = await plan([{ ...wanted, answer: { text: 'j: { script: x }' } }])
    expect([unread, pipeline?.jobs.map(({ name }) => name)]).toEqual([[], ['j']])
    const { errors } = await plan([{ ...wanted, answer: { missing: 'job' } }])
    expect(errors[0]?.message).toBe('Job `build` not found in parent pipeline or does not have artifacts!')
  })

  it('cannot be included by other pipelines', async () => {
    const { errors, unread } = await plan()
    expect(unread).toEqual([])
    expect(errors[0]?.message).toBe('Including configs from artifacts is only allowed when triggering child pipelines')
  })
})
