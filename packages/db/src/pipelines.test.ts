import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import { compositeStatus as combined } from '@yardmaster/domain/processing'
import { describe, expect, it } from 'vitest'
import { compositeStatus, countsAs } from './composite-status.ts'
import { sampleJob, samplePipeline } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()

describe('the status of several jobs in a statement', () => {
  it('is that of the table in the domain, for every set of up to three jobs', async () => {
    const kinds = JOB_STATUSES.flatMap((status) =>
      [true, false].flatMap((allowFailure) =>
        (status === 'failed' ? [true, false] : [true]).map((settled) => ({ status, allowFailure, settled })),
      ),
    )
    const sets = [
      [],
      ...kinds.flatMap((first, one) =>
        kinds.slice(one).flatMap((second, two) => kinds.slice(one + two).map((third) => [first, second, third])),
      ),
    ]
    const rows = await test.db.query<{ status: string | null }>(
      `select ${compositeStatus('statuses')} as status
         from (select n, array(select distinct ${countsAs('j')}
                                 from json_to_recordset(jobs) as j (status text, allow_failure boolean, retry_decided boolean)
                              ) as statuses
                 from json_array_elements($1::json) with ordinality as given (jobs, n)) s
        order by n`,
      [
        JSON.stringify(
          sets.map((set) =>
            set.map(({ status, allowFailure, settled }) => ({
              status,
              allow_failure: allowFailure,
              retry_decided: settled,
            })),
          ),
        ),
      ],
    )
    expect(rows.map(({ status }) => status)).toEqual(sets.map((set) => combined(set, { strict: false })))
  })
})

describe('settling a pipeline', () => {
  async function pipelineOf(jobs: number): Promise<{ id: number; jobs: number[] }> {
    const project = await makeProject(test)
    const names = Array.from({ length: jobs }, (_, index) => sampleJob({}, { name: `job ${index}`, status: 'created' }))
    const ids = await test.stores.jobs.create(samplePipeline(project.id, { jobs: names }))
    const job = await test.stores.jobs.find(ids[0] ?? 0)
    return { id: job?.pipelineId ?? 0, jobs: ids }
  }

  const set = (id: number, given: string) => arrange(test.db, `update jobs set ${given} where id = ${id}`)

  it('counts the time in which at least one job ran, and its start and end', async () => {
    const { id, jobs } = await pipelineOf(3)
    const [first = 0, second = 0, third = 0] = jobs
    const at = (second: number) => `timestamptz '2026-01-01 00:00:00Z' + interval '${second} seconds'`
    await set(first, `status = 'success', started_at = ${at(0)}, finished_at = ${at(10)}`)
    await set(second, `status = 'success', started_at = ${at(5)}, finished_at = ${at(20)}`)
    await set(third, `status = 'success', started_at = ${at(100)}, finished_at = ${at(103)}`)
    expect(await test.stores.pipelines.settle([id])).toEqual([id])
    expect(await test.stores.pipelines.find(id)).toMatchObject({
      status: 'success',
      duration: 23,
      startedAt: new Date('2026-01-01T00:00:00Z'),
      finishedAt: new Date('2026-01-01T00:01:43Z'),
    })
    expect(await test.stores.pipelines.settle([id])).toEqual([])
  })

  it('never goes back to created, nor from running to pending', async () => {
    const { id, jobs } = await pipelineOf(2)
    const [first = 0, second = 0] = jobs
    const settled = async () => {
      await test.stores.pipelines.settle([id])
      return (await test.stores.pipelines.find(id))?.status
    }
    await set(first, "status = 'running', started_at = now()")
    expect(await settled()).toBe('running')
    await set(first, "status = 'pending', started_at = null")
    await set(second, "status = 'pending'")
    expect(await settled()).toBe('running')
    await set(first, "status = 'created'")
    await set(second, "status = 'created'")
    expect(await settled()).toBe('running')
    await set(first, "status = 'skipped'")
    await set(second, "status = 'skipped'")
    expect(await settled()).toBe('skipped')
  })
})
