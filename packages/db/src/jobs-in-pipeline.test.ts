import { describe, expect, it } from 'vitest'
import { jobsInPipeline } from './jobs-in-pipeline.ts'
import { sampleJob, samplePipeline } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()

async function make() {
  const project = await makeProject(test)
  const ids = await test.stores.jobs.create(
    samplePipeline(project.id, {
      jobs: [
        sampleJob({}, { name: 'last', stage: 'two', stageIndex: 1, status: 'created', needs: ['a', 'b 2/2'] }),
        sampleJob({}, { name: 'a', stage: 'one', stageIndex: 0 }),
        sampleJob({}, { name: 'b 1/2', stage: 'one', stageIndex: 0, parallel: { index: 1, total: 2 } }),
        sampleJob({}, { name: 'b 2/2', stage: 'one', stageIndex: 0, parallel: { index: 2, total: 2 } }),
      ],
    }),
  )
  const pipelineId = (await test.stores.jobs.find(ids[0] ?? 0))?.pipelineId ?? 0
  return { pipelineId, ids }
}

describe('the jobs of a pipeline', () => {
  it('come by stage, a retry in the place of the first attempt', async () => {
    const { pipelineId, ids } = await make()
    await arrange(
      test.db,
      "update jobs set status = 'failed', failure_reason = 'script_failure', finished_at = now() where id = $1",
      [ids[1]],
    )
    const retried = await test.stores.jobs.retry(ids[1] ?? 0, { tags: [], allowFailure: false, timeout: null })
    expect(await jobsInPipeline(test.db, pipelineId)).toMatchObject([
      { id: retried, name: 'a', stage: 'one', stageIndex: 0, status: 'pending', needs: null, parallelIndex: null },
      { id: ids[2], name: 'b 1/2', parallelIndex: 1, parallelTotal: 2, when: 'on_success', failureReason: null },
      { id: ids[3], name: 'b 2/2', parallelIndex: 2, parallelTotal: 2 },
      { id: ids[0], name: 'last', stage: 'two', stageIndex: 1, status: 'created', needs: ['a', 'b 2/2'] },
    ])
  })

  it('tell whether a child pipeline, and a stage, passed with warnings', async () => {
    const child = await make()
    const parent = await make()
    const [first = 0] = child.ids
    await arrange(test.db, 'update jobs set downstream_pipeline_id = $1 where id = $2', [
      child.pipelineId,
      parent.ids[1],
    ])
    const shown = async () => {
      const jobs = await jobsInPipeline(test.db, parent.pipelineId)
      const stages = (await test.stores.pipelines.find(child.pipelineId))?.stages
      return {
        jobs: jobs.map((job) => job.downstreamHasAllowedFailures),
        stages: stages?.map((stage) => stage.hasAllowedFailures),
      }
    }
    const end = (given: string) =>
      arrange(test.db, `update jobs set finished_at = now(), ${given} where id = $1`, [first])
    await end("status = 'failed', failure_reason = 'script_failure', retry_decided = true")
    expect(await shown()).toEqual({ jobs: [false, false, false, false], stages: [false, false] })
    await end('allow_failure = true, retry_decided = false')
    expect(await shown()).toEqual({ jobs: [false, false, false, false], stages: [false, false] })
    await end('retry_decided = true')
    expect(await shown()).toEqual({ jobs: [true, false, false, false], stages: [false, true] })
    await test.stores.jobs.retry(first, { tags: [], allowFailure: true, timeout: null })
    expect(await shown()).toEqual({ jobs: [false, false, false, false], stages: [false, false] })
  })

  it('are none once it is removed', async () => {
    const { pipelineId, ids } = await make()
    expect((await jobsInPipeline(test.db, pipelineId)).map(({ id }) => id)).toEqual([...ids.slice(1), ids[0]])
    await arrange(test.db, "update jobs set status = 'success', finished_at = now() where pipeline_id = $1", [
      pipelineId,
    ])
    expect(await test.stores.pipelines.remove(pipelineId)).toEqual(ids.toSorted((a, b) => a - b))
    expect(await jobsInPipeline(test.db, pipelineId)).toEqual([])
  })
})
