import { describe, expect, it } from 'vitest'
import { createProject } from '../projects/change-project.ts'
import { takeNext } from '../testing/pipeline-scene.ts'
import { database, find, services, setUpScene, statusOf } from '../testing/scene.ts'
import { DAMAGED_BYTES } from '../testing/stored-definition.ts'
import { createPipeline, type PipelineRequest } from './create-pipeline.ts'

setUpScene()

interface Given {
  readonly stage?: string
  readonly [keyword: string]: unknown
}

const request = (jobs: Readonly<Record<string, Given>>): PipelineRequest => ({
  jobs: Object.entries(jobs).map(([name, { stage, ...keywords }]) => ({
    ...{ name, stage },
    definition: { script: ['true'], ...keywords },
  })),
})

/** Creates a pipeline that must be accepted. Returns the ids of its jobs by name. */
async function created<Name extends string>(
  jobs: Readonly<Record<Name, Given>>,
  more: Partial<PipelineRequest> = {},
): Promise<Record<Name, number>> {
  const made = await createPipeline(services, { ...request(jobs), ...more })
  if (!made.ok) throw new Error(JSON.stringify(made.error))
  const names = Object.keys(jobs) as Name[]
  return Object.fromEntries(names.map((name, index) => [name, made.value[index]])) as Record<Name, number>
}

const newest = async () => (await services.pipelines.list({ limit: 1 }))[0]?.id

describe('jobs that are created together', () => {
  it('have their stages in the order in which the list first names them', async () => {
    const ids = await created({ compile: { stage: 'build' }, unit: {}, lint: { stage: 'build' }, ship: { stage: 'z' } })
    const { pipelineId } = await find(ids.compile)
    expect(await services.pipelines.find(pipelineId)).toMatchObject({
      stages: [
        { name: 'build', jobIds: [ids.compile, ids.lint] },
        { name: 'test', jobIds: [ids.unit] },
        { name: 'z', jobIds: [ids.ship] },
      ],
    })
    expect(await find(ids.ship)).toMatchObject({ stageIndex: 2, byStage: true, needs: null, status: 'created' })
    expect(await statusOf(ids.lint)).toBe('pending')
  })

  it('wait for what they need, in any stage, or for nothing', async () => {
    const ids = await created({
      a: { stage: 'one' },
      b: { stage: 'two', needs: [] },
      c: { stage: 'two', needs: ['a'] },
      d: { stage: 'one', needs: ['c'] },
    })
    expect(await find(ids.b)).toMatchObject({ status: 'pending', byStage: false, needs: [] })
    expect(await find(ids.c)).toMatchObject({ status: 'created', needs: ['a'], dependencies: [ids.a] })
    expect(await find(ids.d)).toMatchObject({ status: 'created', needs: ['c'], dependencies: [ids.c] })
  })

  it('fetch the artifacts of the jobs that they wait for, unless they choose', async () => {
    const ids = await created({
      a: { stage: 'one' },
      b: { stage: 'one' },
      all: { stage: 'two' },
      some: { stage: 'two', dependencies: ['b'] },
      nothing: { stage: 'two', dependencies: [] },
      needed: { stage: 'two', needs: ['a', { job: 'b', artifacts: false }] },
    })
    expect((await find(ids.all)).dependencies).toEqual([ids.a, ids.b])
    expect((await find(ids.some)).dependencies).toEqual([ids.b])
    expect((await find(ids.nothing)).dependencies).toEqual([])
    expect((await find(ids.needed)).dependencies).toEqual([ids.a])
  })

  it('are of the ref, the commit and the variables that the caller names', async () => {
    const ids = await created(
      { a: { tags: ['$SIZE'] }, b: { resource_group: '$CI_COMMIT_TAG' } },
      { ref: 'v1', tag: true, sha: 'a'.repeat(40), variables: [{ key: 'SIZE', value: 'large' }], createdBy: 'tests' },
    )
    expect(await find(ids.a)).toMatchObject({ ref: 'v1', tag: true, sha: 'a'.repeat(40), tags: ['large'] })
    expect(await find(ids.b)).toMatchObject({ resourceGroup: 'v1', protected: false })
    const { pipelineId } = await find(ids.a)
    expect(await services.pipelines.find(pipelineId)).toMatchObject({ source: 'api', createdBy: 'tests' })
    expect(await find((await created({ c: {} })).c)).toMatchObject({ ref: 'main', tag: false, protected: true })
  })

  it('start at once when they wait for nothing', async () => {
    await created({ a: {}, b: { stage: 'later' } })
    expect((await takeNext())?.name).toBe('a')
    expect(await takeNext()).toBeNull()
  })
})

describe('jobs that are created together are refused, and none is stored', () => {
  it.each<[string, Record<string, Given>, string, RegExp]>([
    ['a keyword is wrong', { a: {}, b: { retry: 9 } }, 'jobs.1.definition.retry', /./],
    ['one needs a job that is not there', { a: { needs: ['nope'] } }, 'jobs.0.definition.needs', /"nope"/],
    ['one needs itself', { a: {}, b: { needs: ['b'] } }, 'jobs.1.definition.needs', /"b"/],
    [
      'one fetches from a job that it does not wait for',
      { a: {}, b: { dependencies: ['a'] } },
      'jobs.1.definition.dependencies',
      /"a"/,
    ],
    [
      'they need each other in a circle',
      { a: {}, b: { needs: ['d'] }, c: { needs: ['b'] }, d: { needs: ['c'] } },
      'jobs.1.definition.needs',
      /circle/,
    ],
    ['a tag would name a later variable', { a: { tags: ['$CI_JOB_ID'] } }, 'jobs.0.definition.tags[0]', /CI_JOB_ID/],
  ])('when %s', async (_, jobs, field, reason) => {
    const before = await newest()
    expect(await createPipeline(services, request(jobs))).toEqual({
      ok: false,
      error: { kind: 'definition_invalid', field, reason: expect.stringMatching(reason) },
    })
    expect(await newest()).toBe(before)
  })

  it('when two have one name', async () => {
    const jobs = [1, 2].map(() => ({ name: 'a', definition: { script: ['true'] } }))
    expect(await createPipeline(services, { jobs })).toMatchObject({
      error: { kind: 'definition_invalid', field: 'jobs.1.name', reason: expect.stringContaining('"a" a second time') },
    })
  })

  it('when the project needs a commit, is not there, or has a damaged record', async () => {
    const project = await createProject(services, { path: 'jobs/together', repoUrl: 'https://git.example/a.git' })
    if (!project.ok) throw new Error(project.error.kind)
    const { id } = project.value
    const inProject = (projectId: number) => createPipeline(services, { ...request({ a: {} }), projectId })
    expect(await inProject(id)).toMatchObject({ error: { kind: 'definition_invalid', field: 'sha' } })
    expect(await inProject(999_999)).toEqual({ ok: false, error: { kind: 'project_not_found', id: 999_999 } })
    await database.db.query(`update projects set variables = ${DAMAGED_BYTES} where id = $1`, [id])
    expect(await inProject(id)).toEqual({ ok: false, error: { kind: 'project_damaged', id, parts: ['variables'] } })
  })
})
