import { describe, expect, it } from 'vitest'
import { projectFiles } from './includes/files-source.ts'
import { type JobSurroundings, type PlannedJob, planJobs } from './plan-jobs.ts'
import { pipelineOf } from './testing.ts'

const SURROUNDINGS: JobSurroundings = { files: projectFiles('', {}), variables: [] }

async function planOf(text: string, surroundings: Partial<JobSurroundings> = {}) {
  const made = await pipelineOf(text)
  if (made.kind !== 'planned') throw new Error(JSON.stringify(made.errors))
  return await planJobs(made.plan.jobs, { ...SURROUNDINGS, ...surroundings })
}

/** Returns the jobs of a configuration that has no faults. */
async function jobsOf(text: string, surroundings?: Partial<JobSurroundings>): Promise<readonly PlannedJob[]> {
  const { jobs, faults } = await planOf(text, surroundings)
  if (faults.length > 0) throw new Error(JSON.stringify(faults))
  return jobs
}

async function jobOf(keywords: string, surroundings?: Partial<JobSurroundings>): Promise<PlannedJob> {
  const [job] = await jobsOf(`j: { script: [x], ${keywords} }`, surroundings)
  if (!job) throw new Error('no job')
  return job
}

const variable = ({ definition }: PlannedJob, key: string) =>
  definition.variables.findLast((one) => one.key === key)?.value

describe('a planned job', () => {
  it('has the decisions of its rules in its definition', async () => {
    expect((await jobOf('when: manual')).definition).toMatchObject({ when: 'manual', allowFailure: true })
    expect((await jobOf('rules: [{ when: delayed, start_in: 1 hour, allow_failure: true }]')).definition).toMatchObject(
      {
        ...{ when: 'delayed', startIn: 3600, allowFailure: true },
      },
    )
    expect((await jobOf('interruptible: true, allow_failure: { exit_codes: [3] }')).definition).toMatchObject({
      ...{ interruptible: true, allowFailure: false, allowFailureExitCodes: [3] },
    })
  })

  it('keeps the keywords of the configuration', async () => {
    const { definition } = await jobOf(
      'before_script: [b], after_script: [a], tags: [docker], timeout: 2h, retry: 2, resource_group: live, ' +
        'image: { name: ruby, entrypoint: [""], docker: { user: me } }, services: [{ name: redis, alias: r }]',
    )
    expect(definition).toMatchObject({
      ...{ beforeScript: ['b'], script: ['x'], afterScript: ['a'], tags: ['docker'], timeout: 7200 },
      ...{ resourceGroup: 'live', retry: { max: 2 } },
      image: { name: 'ruby', entrypoint: [''], executorOpts: { docker: { user: 'me' } } },
      services: [{ name: 'redis', alias: 'r' }],
    })
  })

  it('has the jobs of other pipelines whose artifacts it fetches, as they are written, and waits for none', async () => {
    const job = await jobOf(
      'needs: [{ pipeline: $PARENT, job: $JOB }, { pipeline: "1", job: "b 1/2" }, { pipeline: "2", job: c, artifacts: false }]',
    )
    expect(job).toMatchObject({ needs: [], dependencies: null })
    expect(job.definition.familyDependencies).toEqual([
      { pipeline: '$PARENT', job: '$JOB' },
      { pipeline: '1', job: 'b 1/2' },
    ])
  })

  it('has the variables of the configuration, raw ones unexpanded', async () => {
    const { definition } = await jobOf('variables: { A: $B, C: { value: $D, expand: false } }')
    expect(definition.variables).toEqual([
      expect.objectContaining({ key: 'A', value: '$B' }),
      expect.objectContaining({ key: 'C', value: '$D', raw: true }),
    ])
    expect(definition.variables[0]).not.toHaveProperty('raw', true)
  })

  it('is told its place among parallel jobs', async () => {
    const jobs = await jobsOf('j: { script: [x], parallel: 2 }\nalone: { script: [x] }')
    expect(
      jobs.map((job) => [job.name, job.parallel, variable(job, 'CI_NODE_INDEX'), variable(job, 'CI_NODE_TOTAL')]),
    ).toEqual([
      ['j 1/2', { index: 1, total: 2 }, '1', '2'],
      ['j 2/2', { index: 2, total: 2 }, '2', '2'],
      ['alone', null, undefined, undefined],
    ])
  })

  it('is told its environment, in whose name are variables of the pipeline and its own', async () => {
    const variables = [{ key: 'REGION', value: 'north' }]
    const job = await jobOf('variables: { STAGE: live }, environment: { name: $STAGE/$REGION }', { variables })
    expect(job.environment).toEqual({
      ...{ name: 'live/north', slug: variable(job, 'CI_ENVIRONMENT_SLUG'), tier: 'production', action: 'start' },
      ...{ url: null, onStop: null, autoStopIn: null },
    })
    expect(variable(job, 'CI_ENVIRONMENT_NAME')).toBe('live/north')
    expect((await jobOf('variables: { NOTHING: "" }, environment: $NOTHING')).environment).toBeNull()
    expect((await jobOf('when: always')).environment).toBeNull()
  })

  it('names what it needs and what it fetches', async () => {
    const jobs = await jobsOf(`
      a: { stage: build, script: [x] }
      b: { stage: build, script: [x] }
      stage: { script: [x] }
      dag: { script: [x], needs: [a, { job: b, artifacts: false }] }
      some: { script: [x], dependencies: [a] }
    `)
    expect(jobs.map(({ name, needs, dependencies }) => [name, needs, dependencies])).toEqual([
      ['a', null, null],
      ['b', null, null],
      ['stage', null, null],
      [
        'dag',
        [
          { name: 'a', artifacts: true },
          { name: 'b', artifacts: false },
        ],
        null,
      ],
      ['some', null, ['a']],
    ])
  })
})

describe('the artifacts of a planned job', () => {
  it('lack the link of a merge request, and reports that name no file', async () => {
    const { definition } = await jobOf('artifacts: { paths: [out], expose_as: shown, reports: { junit: [] } }')
    expect(definition.artifacts).toMatchObject({ paths: ['out'], reports: [] })
    expect(definition.artifacts).not.toHaveProperty('expose_as')
    const reported = await jobOf('artifacts: { reports: { junit: [r.xml] } }')
    expect(reported.definition.artifacts?.reports).toEqual([
      expect.objectContaining({ type: 'junit', paths: ['r.xml'] }),
    ])
  })
})

describe('the cache of a planned job', () => {
  const keyOf = async (cache: string, files: Readonly<Record<string, string>>) =>
    (await jobOf(`cache: { paths: [x], ${cache} }`, { files: projectFiles('', files) })).definition.cache[0]?.key

  it('has a key that changes with the contents of the files that it names, and with no others', async () => {
    const files = { 'Gemfile.lock': 'a', 'README.md': 'b' }
    const key = await keyOf('key: { files: [Gemfile.lock] }', files)
    expect(key).toMatch(/^[0-9a-f]{40}$/)
    expect(await keyOf('key: { files: [Gemfile.lock] }', { ...files, 'README.md': 'c' })).toBe(key)
    expect(await keyOf('key: { files: [Gemfile.lock] }', { ...files, 'Gemfile.lock': 'c' })).not.toBe(key)
    expect(await keyOf('key: { files: ["*.lock"], prefix: ruby }', files)).toBe(`ruby-${key}`)
  })

  it('tells files whose names and contents run into each other apart', async () => {
    const key = (files: Record<string, string>) => keyOf('key: { files: ["*"] }', files)
    expect(await key({ a: 'b', c: 'd' })).not.toBe(await key({ a: 'bc', d: '' }))
  })

  it('has the key default when none of the files is there', async () => {
    expect(await keyOf('key: { files: [Gemfile.lock] }', {})).toBe('default')
    expect(await keyOf('key: { files: [Gemfile.lock], prefix: ruby }', {})).toBe('ruby-default')
  })

  it('has its policy expanded with all that is known', async () => {
    const job = await jobOf('variables: { POLICY: pull }, cache: { paths: [x], policy: $POLICY }')
    expect(job.definition.cache).toMatchObject([{ policy: 'pull' }])
  })
})

describe('a job that this server cannot run', () => {
  it.each([['script: [x], cache: { paths: [x], policy: $NOPE }', 'cache', /^j: cache/]])(
    'with %s is a fault that names the keyword and the place',
    async (keywords, keyword, message) => {
      const { jobs, faults } = await planOf(`first: { script: [x] }\nj: { ${keywords} }`)
      expect(jobs.map(({ name }) => name)).toEqual(['first'])
      expect(faults).toMatchObject([{ path: ['j', keyword], message: expect.stringMatching(message), line: 2 }])
    },
  )
})
