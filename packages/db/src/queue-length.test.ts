import { beforeEach, describe, expect, it } from 'vitest'
import { sampleJob, samplePipeline, sampleRunner } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'

const test = useTestDatabase()

beforeEach(() => test.db.query('delete from pending_jobs'))

/** Creates pending jobs, one pipeline for each. */
async function make(projectId: number, ...tags: (readonly string[])[]): Promise<number[]> {
  const made: number[] = []
  for (const each of tags) {
    made.push(...(await test.stores.jobs.create(samplePipeline(projectId, { jobs: [sampleJob({ tags: each })] }))))
  }
  return made
}

describe('the length of the queue', () => {
  it('is the number of waiting jobs, and the time since when one waits', async () => {
    expect(await test.stores.jobs.queueLength(10)).toEqual({ jobs: 0, oldestAt: null })
    const { id } = await makeProject(test)
    const [, second = 0] = await make(id, [], [], [])
    const since = new Date('2020-01-02T03:04:05.678Z')
    await test.db.query('update pending_jobs set queued_at = $2 where job_id = $1', [second, since])
    expect(await test.stores.jobs.queueLength(10)).toEqual({ jobs: 3, oldestAt: since })
  })

  it('is counted up to a limit', async () => {
    const { id } = await makeProject(test)
    await make(id, [], [], [])
    expect((await test.stores.jobs.queueLength(2)).jobs).toBe(2)
  })
})

describe('the jobs ahead of one', () => {
  const runner = async (given: Parameters<typeof sampleRunner>[0] = {}) =>
    (await test.stores.runners.create(sampleRunner(given))).id

  it('are those created earlier that one of the runners may take', async () => {
    const { id } = await makeProject(test)
    const made = await make(id, [], ['a'], ['b'], ['a', 'b'], [])
    const last = made.at(-1) ?? 0
    const any = await runner()
    const a = await runner({ tagList: ['a'] })
    const onlyB = await runner({ tagList: ['b'], runUntagged: false })
    const ahead = (ids: readonly number[], of = last) => test.stores.jobs.countAhead(of, ids, 100)
    expect(await ahead([any])).toBe(1)
    expect(await ahead([a])).toBe(2)
    expect(await ahead([onlyB])).toBe(1)
    expect(await ahead([a, onlyB])).toBe(3)
    expect(await ahead([])).toBe(0)
    expect(await ahead([a], made[0])).toBe(0)
  })

  it('are counted up to a limit', async () => {
    const { id } = await makeProject(test)
    const made = await make(id, [], ['a'], [], ['a'], [])
    const a = await runner({ tagList: ['a'] })
    expect(await test.stores.jobs.countAhead(made.at(-1) ?? 0, [a], 3)).toBe(3)
  })

  it('are only those of projects that a runner serves, and of its protection', async () => {
    const [mine, other] = [await makeProject(test), await makeProject(test, { instanceRunnersEnabled: false })]
    await make(other.id, [])
    await test.stores.jobs.create(samplePipeline(mine.id, { protected: true }))
    const [last = 0] = await make(mine.id, [])
    const everywhere = await runner()
    const assigned = await runner({ runnerType: 'project_type', projectIds: [other.id] })
    const guarded = await runner({ accessLevel: 'ref_protected' })
    expect(await test.stores.jobs.countAhead(last, [everywhere], 9)).toBe(1)
    expect(await test.stores.jobs.countAhead(last, [assigned], 9)).toBe(1)
    expect(await test.stores.jobs.countAhead(last, [everywhere, assigned], 9)).toBe(2)
    expect(await test.stores.jobs.countAhead(last, [guarded], 9)).toBe(1)
  })
})
