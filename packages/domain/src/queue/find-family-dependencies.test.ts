import { describe, expect, it } from 'vitest'
import { startChildren } from '../children/start-children.ts'
import { removePipeline } from '../pipelines/remove-pipeline.ts'
import { retryJob } from '../processing/retry-job.ts'
import { type Created, createFrom, idOf, takeNext } from '../testing/pipeline-scene.ts'
import { database, find, say, services, setUpScene } from '../testing/scene.ts'
import { explainJob } from './explain-job.ts'

setUpScene()

/** Creates the children that are due. */
async function startAll(): Promise<void> {
  await services.background.settle()
  await startChildren(services)
  await services.background.settle()
}

type TakenNext = NonNullable<Awaited<ReturnType<typeof takeNext>>>

/** Takes the next job, which must have this name. */
async function takeNamed(name: string): Promise<TakenNext> {
  const taken = await takeNext()
  if (taken?.name !== name) throw new Error(`took ${taken?.name}, not ${name}`)
  return taken
}

interface Family {
  readonly parent: Created
  readonly childId: number
  /** The job `build` of the parent, which its runner has. */
  readonly build: TakenNext
  /** Returns the newest attempt of a job of the child. */
  jobId(name: string): Promise<number>
}

/** Creates a pipeline whose job `build` runs, and its child. */
async function makeFamily(child: string, variables: Readonly<Record<string, string>> = {}): Promise<Family> {
  const parent = await createFrom(
    `build: { script: make }
child:
  needs: []
  variables: { PARENT: $CI_PIPELINE_ID, OTHER: $GIVEN, BUILD: build, LONG: ${'$CI_PIPELINE_CREATED_AT'.repeat(500)} }
  trigger: { include: child.yml }`,
    {
      files: { 'child.yml': child },
      variables: Object.entries(variables).map(([key, value]) => ({ key, value })),
    },
  )
  const build = await takeNamed('build')
  await startAll()
  const childId = (await find(idOf(parent, 'child'))).downstreamPipelineId ?? 0
  const jobId = async (name: string) =>
    (await services.pipelines.jobs(childId)).find((job) => job.name === name)?.id ?? 0
  return { parent, childId, build, jobId }
}

const FETCH = 'fetch: { script: x, needs: [{ pipeline: $PARENT, job: $BUILD }] }'

/** Stores what a job would have uploaded as its dotenv report. */
async function report(id: number, key: string, value: string): Promise<void> {
  const place = { column: 'job_reports.dotenv', row: `${id}` } as const
  const dotenv = database.secrets.encrypt(JSON.stringify({ version: 1, list: [{ key, value }] }), place)
  await database.db.query('insert into job_reports (job_id, dotenv) values ($1, $2)', [id, dotenv])
}

describe('a job that needs one of its parent pipeline', () => {
  it('fetches its artifacts, and gets the variables that it reports, beside those of its own pipeline', async () => {
    const { build, jobId } = await makeFamily(`
      first: { stage: build, script: x }
      both: { script: x, needs: [first, { pipeline: $PARENT, job: $BUILD }, { pipeline: "\${PARENT} ", job: build }] }
      neither: { stage: deploy, script: x, needs: [both, { pipeline: nonsense, job: build, artifacts: false }] }`)
    await report(build.id, 'VERSION', '1.2')
    await say(build, 'success')
    await say(await takeNamed('first'), 'success')
    await services.background.settle()
    const both = await takeNamed('both')
    expect(both.handed.dependencies).toMatchObject([
      { id: await jobId('first'), name: 'first' },
      { id: build.id, name: 'build' },
    ])
    expect(both.variable('VERSION')).toBe('1.2')
    await say(both, 'success')
    await services.background.settle()
    const neither = await takeNamed('neither')
    expect(neither.handed.dependencies.map(({ name }) => name)).toEqual(['both'])
    expect(neither.variable('VERSION')).toBeUndefined()
  })

  it('does not wait for it, and fails while it is not successful; the newest attempt counts', async () => {
    const { parent, build, jobId } = await makeFamily(FETCH)
    const expectFailure = async (detail: string) => {
      expect(await takeNext()).toBeNull()
      const id = await jobId('fetch')
      const failureDetail = `Job ${detail}`
      expect(await find(id)).toMatchObject({
        ...{ status: 'failed', failureReason: 'missing_dependency_failure', failureDetail },
      })
      expect(await explainJob(services, id)).toMatchObject({ ok: true, value: { failureDetail } })
    }
    const retry = async (id: number) => expect((await retryJob(services, id)).ok).toBe(true)
    const about = (id: number) => `${id}, "$BUILD" of pipeline ${parent.id}, is`
    await expectFailure(`${about(build.id)} running: its artifacts count once it is success.`)
    await say(build, 'success')
    await retry(build.id)
    const again = await takeNamed('build')
    await retry(await jobId('fetch'))
    await expectFailure(`${about(again.id)} running: its artifacts count once it is success.`)
    await say(again, 'success')
    await retry(await jobId('fetch'))
    expect((await takeNamed('fetch')).handed.dependencies).toMatchObject([{ id: again.id }])
  })

  it.each([
    ['was erased', 'erased_at'],
    ['had artifacts that have expired', 'artifacts_expire_at'],
  ])('fails when that job %s', async (_, column) => {
    const { parent, build, jobId } = await makeFamily(FETCH)
    await say(build, 'success')
    await services.background.settle()
    await database.db.query(`update jobs set ${column} = created_at where id = $1`, [build.id])
    expect(await takeNext()).toBeNull()
    expect(await find(await jobId('fetch'))).toMatchObject({
      failureReason: 'missing_dependency_failure',
      failureDetail: `Job ${build.id}, "$BUILD" of pipeline ${parent.id}, was erased, or its artifacts have expired.`,
    })
  })

  it('fails with any other text, and the runner gets the next job', async () => {
    const other = await createFrom('build: { script: make }')
    await say(await takeNamed('build'), 'success')
    const noId = (text: string) => [text, 'build', `needs:pipeline "${text}" is not the id of a pipeline.`]
    const cases = [
      ...['abc', '-1', '0', '1.5', '1e30', '0x10', '99999999999999999999', '2147483648', '1 2', '१'].map(noId),
      ...['$NOTHING', '$PARENT$NOTHING.', '$LONG'].map(noId),
      ['$OTHER', 'build', 'needs:pipeline "$OTHER" names no pipeline of the family of this one.'],
      ['2147483647', 'build', 'needs:pipeline "2147483647" names no pipeline of the family of this one.'],
      ['$CI_PIPELINE_ID', 'fine', 'needs:pipeline "$CI_PIPELINE_ID" is the pipeline of this job itself.'],
      ['$PARENT', 'Build', 'Pipeline PARENT has no job "Build".'],
      ['$PARENT', 'child', 'Pipeline PARENT has no job "child".'],
      ['$PARENT', '$LONG', 'Pipeline PARENT has no job "$LONG".'],
      ['$PARENT', 'bu\0ild', 'Pipeline PARENT has no job "bu\uFFFDild".'],
    ]
    const jobs = cases.map(([pipeline, job], index) => [`case ${index}`, { script: 'x', needs: [{ pipeline, job }] }])
    const { parent, build, jobId } = await makeFamily(
      JSON.stringify({ ...Object.fromEntries(jobs), fine: { script: 'x', needs: [] } }),
      { GIVEN: String(other.id) },
    )
    await say(build, 'success')
    expect((await takeNext())?.name).toBe('fine')
    for (const [index, [, , detail = '']] of cases.entries()) {
      const failureDetail = detail.replace('Pipeline PARENT', `Pipeline ${parent.id}`)
      expect(await find(await jobId(`case ${index}`)), detail).toMatchObject({
        ...{ status: 'failed', failureReason: 'missing_dependency_failure', failureDetail },
      })
    }
  })
})

it('finds jobs in all pipelines of a family that are not removed, besides the one that asks', async () => {
  const parent = await createFrom(
    `a: { trigger: { include: child.yml } }
b: { trigger: { include: child.yml } }`,
    { files: { 'child.yml': 'below: { trigger: { include: leaf.yml } }', 'leaf.yml': 'work: { script: x }' } },
  )
  for (let depth = 0; depth < 2; depth++) await startAll()
  const below = async (id: number) => (await find(id)).downstreamPipelineId ?? 0
  const leafOf = async (name: string) => {
    const child = await below(idOf(parent, name))
    const [job] = await services.pipelines.jobs(child)
    return await below(job?.id ?? 0)
  }
  const [left, right] = [await leafOf('a'), await leafOf('b')]
  const [work] = await services.pipelines.jobs(right)
  const look = () =>
    services.pipelines.familyJobs(
      left,
      [right, left, parent.id].map((pipelineId) => ({ pipelineId, name: 'work' })),
    )
  expect(await look()).toEqual([
    { job: { id: work?.id, status: 'pending' }, isGone: false },
    null,
    { job: null, isGone: false },
  ])
  await say(await takeNamed('work'), 'success')
  await say(await takeNamed('work'), 'success')
  await services.background.settle()
  expect((await removePipeline(services, right)).ok).toBe(true)
  expect((await look())[0]).toBeNull()
})
