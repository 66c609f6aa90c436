import { JOB_STATUSES, type JobStatus } from '@yardmaster/domain/jobs'
import { PROCESS_MODES, type ProcessMode } from '@yardmaster/domain/resource-groups'
import { beforeEach, describe, expect, it } from 'vitest'
import { sampleJob, samplePipeline, unique } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()
let projectId: number

beforeEach(async () => {
  projectId = (await makeProject(test)).id
})

/** Creates a pipeline with one job. */
async function makeJob(resourceGroup: string, given: { parentJobId?: number } = {}) {
  const jobs = [sampleJob({ resourceGroup }, { status: 'created' })]
  const [id = 0] = await test.stores.jobs.create(samplePipeline(projectId, { jobs, ...given }))
  return id
}

/** Starts a trigger job of a new pipeline. */
async function makeTrigger(resourceGroup: string | null = null): Promise<number> {
  const child = { include: ['child.yml'], forwardsYamlVariables: true, forwardsPipelineVariables: false }
  const trigger = { ...child, strategy: 'depend' as const }
  const [id = 0] = await test.stores.jobs.create(
    samplePipeline(projectId, { jobs: [sampleJob({ trigger, resourceGroup }, { status: 'created' })] }),
  )
  await arrange(test.db, "update jobs set status = 'running' where id = $1", [id])
  return id
}

const setStatus = (id: number, status: JobStatus) =>
  arrange(test.db, 'update jobs set status = $2 where id = $1', [id, status])
const statusOf = async (id: number) => (await test.stores.jobs.find(id))?.status
const enqueue = async (id: number) =>
  (await test.stores.jobs.enqueue(id, [], ['created', 'waiting_for_resource']))?.status
const next = (name: string) => test.stores.jobs.nextForResource({ projectId, name })

const PLACES = ['older', 'same pipeline', 'same family', 'newer'] as const
type Place = (typeof PLACES)[number]

/** The rule, spelled once more. */
function isAhead(mode: ProcessMode, place: Place, status: JobStatus): boolean {
  const isUpcoming = status === 'created' || status === 'scheduled' || status === 'waiting_for_resource'
  switch (mode) {
    case 'unordered':
      return false
    case 'oldest_first':
      return place === 'older' && isUpcoming
    case 'newest_first':
      return place === 'newer' && isUpcoming
    case 'newest_ready_first':
      return place === 'newer' && status === 'waiting_for_resource'
  }
}

/** Creates a job, and another one of the given place whose family is older or newer. */
async function makePair(group: string, place: Place): Promise<{ id: number; other: number }> {
  if (place === 'same pipeline') {
    const jobs = ['one', 'two'].map((name) => sampleJob({ resourceGroup: group }, { name, status: 'created' }))
    const [other = 0, id = 0] = await test.stores.jobs.create(samplePipeline(projectId, { jobs }))
    return { id, other }
  }
  if (place === 'same family') {
    const parentJobId = await makeTrigger(group)
    return { id: await makeJob(group, { parentJobId }), other: parentJobId }
  }
  const first = await makeJob(group)
  const second = await makeJob(group)
  return place === 'older' ? { id: second, other: first } : { id: first, other: second }
}

describe.each(PROCESS_MODES)('in the mode %s', (mode) => {
  it.each(PLACES)('another job (%s) holds a job back by its status as the rules say', async (place) => {
    const got: Record<string, unknown> = {}
    const expected: Record<string, unknown> = {}
    for (const status of JOB_STATUSES) {
      const group = unique()
      const { id, other } = await makePair(group, place)
      await test.stores.resourceGroups.setMode(projectId, group, mode)
      await setStatus(other, status)
      const waits = isAhead(mode, place, status)
      const reason = place === 'older' ? 'older_pipeline' : 'newer_pipeline'
      const turn = waits ? (status === 'waiting_for_resource' ? other : null) : undefined
      expected[status] = { now: waits ? 'waiting_for_resource' : 'pending', by: waits ? [[other, reason]] : [], turn }
      const now = await enqueue(id)
      const by = (await test.stores.jobs.heldUpBy(id)).map((one) => [one.id, one.reason])
      got[status] = { now, by, turn: waits ? await next(group) : undefined }
      if (waits) {
        // What held it back ends without taking the resource.
        await setStatus(other, 'canceled')
        expect(await next(group)).toBe(id)
        expect(await enqueue(id)).toBe('pending')
      }
      expect(await next(group)).toBeNull()
    }
    expect(got).toEqual(expected)
  })

  it('a retry takes the resource or waits, as any other job', async () => {
    const group = unique()
    const [first, second, third] = [await makeJob(group), await makeJob(group), await makeJob(group)]
    await test.stores.resourceGroups.setMode(projectId, group, mode)
    await setStatus(second, 'failed')
    const id = await test.stores.jobs.retry(second, { tags: [], allowFailure: false, timeout: null })
    const waits = mode === 'oldest_first' || mode === 'newest_first'
    expect(await statusOf(id ?? 0)).toBe(waits ? 'waiting_for_resource' : 'pending')
    const by = await test.stores.jobs.heldUpBy(id ?? 0)
    expect(by.map((one) => one.id)).toEqual(waits ? [mode === 'oldest_first' ? first : third] : [])
  })

  it('waiting jobs take turns in its order', async () => {
    const group = unique()
    const holder = await makeJob(group)
    expect(await enqueue(holder)).toBe('pending')
    const [a, c] = [await makeJob(group), await makeJob(group)]
    const trigger = await makeTrigger()
    const d = await makeJob(group)
    // A child is as old as its family, although it was created after `d`.
    const b = await makeJob(group, { parentJobId: trigger })
    for (const id of [d, c, b, a]) expect(await enqueue(id)).toBe('waiting_for_resource')
    await test.stores.resourceGroups.setMode(projectId, group, mode)
    const order: (number | null)[] = []
    for (let having: number | null = holder; having !== null; having = await next(group)) {
      expect(await enqueue(having)).toBe(having === holder ? undefined : 'pending')
      expect(await next(group)).toBeNull()
      if (having !== holder) order.push(having)
      await setStatus(having, 'success')
      await test.db.query('delete from pending_jobs where job_id = $1', [having])
      await test.stores.jobs.releaseResource(having)
    }
    const expected: Record<ProcessMode, number[]> = {
      unordered: [a, c, d, b],
      oldest_first: [a, c, b, d],
      newest_first: [d, b, c, a],
      newest_ready_first: [d, b, c, a],
    }
    expect(order).toEqual(expected[mode])
  })

  it('the sweep finds the job whose turn it is', async () => {
    const group = unique()
    const [first, second] = [await makeJob(group), await makeJob(group)]
    await test.stores.resourceGroups.setMode(projectId, group, mode)
    await setStatus(first, 'waiting_for_resource')
    await setStatus(second, 'waiting_for_resource')
    const found = (await test.stores.jobs.forgottenResources(1000)).map(({ id }) => id)
    const turn = mode === 'unordered' || mode === 'oldest_first' ? first : second
    expect(found.filter((id) => id === first || id === second)).toEqual([turn])
  })
})

it('jobs that an earlier release stored are as old as their pipelines, and their group is unordered', async () => {
  const group = unique()
  const [first, second] = [await makeJob(group), await makeJob(group)]
  await arrange(test.db, 'delete from resource_groups where project_id = $1', [projectId])
  expect(await enqueue(second)).toBe('pending')
  expect(await enqueue(first)).toBe('waiting_for_resource')
  expect((await test.stores.jobs.heldUpBy(first)).map(({ id, reason }) => [id, reason])).toEqual([
    [second, 'has_resource'],
  ])
})
