import { JOB_STATUSES, type JobStatus } from '@yardmaster/domain/jobs'
import type { NewPipeline, PipelineFilter } from '@yardmaster/domain/ports'
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

describe('the jobs to cancel', () => {
  const sha = (digit: string) => digit.repeat(40)
  const JOBS: readonly (readonly [name: string, stageIndex: number, status: JobStatus])[] = [
    ['over', 0, 'success'],
    ['failed', 0, 'failed'],
    ['running', 0, 'running'],
    ['queued', 0, 'pending'],
    ['by hand', 0, 'manual'],
    ['first of two', 1, 'created'],
    ['second of two', 1, 'created'],
    ['delayed', 2, 'scheduled'],
    ['last', 2, 'created'],
    ['canceling', 2, 'canceling'],
  ]

  /** Creates a pipeline with jobs in these statuses, one of which failed for good, and a newer one of its ref. */
  async function makeRedundant(): Promise<{ older: number; newer: number; names: ReadonlyMap<number, string> }> {
    const project = await makeProject(test)
    const autoCancel = { onNewCommit: 'conservative', onJobFailure: 'all' } as const
    const jobs = JOBS.map(([name, stageIndex]) =>
      sampleJob({ interruptible: true }, { name, stageIndex, stage: `stage ${stageIndex}`, status: 'created' }),
    )
    const ids = await test.stores.jobs.create(samplePipeline(project.id, { sha: sha('1'), autoCancel, jobs }))
    await arrange(
      test.db,
      `update jobs j set status = given.status, retry_decided = true,
              started_at = case when given.status in ('running', 'canceling', 'failed') then now() end,
              finished_at = case when given.status in ('success', 'failed') then now() end
         from unnest($1::integer[], $2::text[]) as given (id, status)
        where j.id = given.id`,
      [ids, JOBS.map(([, , status]) => status)],
    )
    const older = (await test.stores.jobs.find(ids[0] ?? 0))?.pipelineId ?? 0
    await test.stores.pipelines.settle([older])
    const [next = 0] = await test.stores.jobs.create(samplePipeline(project.id, { sha: sha('2'), autoCancel }))
    return {
      older,
      newer: (await test.stores.jobs.find(next))?.pipelineId ?? 0,
      names: new Map(ids.map((id, index) => [id, JOBS[index]?.[0] ?? ''])),
    }
  }

  it.each<[string, (made: { older: number; newer: number }) => Promise<number[]>]>([
    ['of a pipeline', ({ older }) => test.stores.pipelines.unfinishedJobs(older)],
    ['because of a newer pipeline', ({ newer }) => test.stores.pipelines.redundantJobs(newer)],
    ['because of a failure', async () => (await test.stores.pipelines.toStop(10)).flatMap(({ jobs }) => jobs)],
  ])('%s are first those that wait for others, from the last on, and last those that a runner has', async (_, list) => {
    await arrange(test.db, "update jobs set retry_decided = false where status = 'failed'")
    const made = await makeRedundant()
    expect((await list(made)).map((id) => made.names.get(id))).toEqual([
      'last',
      'second of two',
      'first of two',
      'delayed',
      'by hand',
      'queued',
      'canceling',
      'running',
    ])
  })
})

describe('pipelines are listed', () => {
  it('by what they are, the newest first', async () => {
    const project = await makeProject(test)
    const make = async (given: Partial<NewPipeline>) => {
      const [job = 0] = await test.stores.jobs.create(samplePipeline(project.id, given))
      return (await test.stores.jobs.find(job))?.pipelineId ?? 0
    }
    const sha = 'd'.repeat(40)
    const first = await make({ ref: 'topic/one', source: 'schedule', name: 'Nightly 100%', createdBy: 'session', sha })
    const second = await make({ ref: 'topic/two', source: 'push' })
    const ids = async (filter: Partial<PipelineFilter>) =>
      (await test.stores.pipelines.list({ projectId: project.id, limit: 10, ...filter })).map(({ id }) => id)
    for (const filter of [
      ...[{ ref: 'topic/one' }, { source: 'schedule' }, { sha }, { createdBy: 'session' }, { before: second }],
      ...[{ search: 'night' }, { search: '0%' }, { search: 'PIC/ONE' }, { search: sha.slice(0, 8) }],
    ]) {
      expect(await ids(filter), JSON.stringify(filter)).toEqual([first])
    }
    expect(await ids({})).toEqual([second, first])
    expect(await ids({ limit: 1 })).toEqual([second])
    expect(await ids({ search: project.path })).toEqual([second, first])
    expect(await ids({ search: '%' })).toEqual([first])
    // Each field by itself has the text, and the project has it in its path.
    expect(await ids({ search: '100%\ntopic' })).toEqual([])
    expect(await ids({ search: project.path, projectId: undefined })).toEqual([second, first])
    expect(await ids({ search: (await makeProject(test)).path })).toEqual([])
    await arrange(test.db, "update jobs set status = 'canceled' where pipeline_id = $1", [second])
    await test.stores.pipelines.settle([second])
    expect(await ids({ status: 'canceled' })).toEqual([second])
    await test.stores.pipelines.remove(second)
    expect(await ids({})).toEqual([first])
  })
})
