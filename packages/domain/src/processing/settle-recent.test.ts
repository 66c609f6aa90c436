import { expect, it } from 'vitest'
import { createFrom, idOf, pipelineOf } from '../testing/pipeline-scene.ts'
import { ageOfPipeline, database, HOUR, services, setUpScene } from '../testing/scene.ts'
import { settleRecent } from './settle-recent.ts'

setUpScene()

/** Makes a pipeline that is over, and lets its only job run again without telling the pipeline. */
async function outOfDate(): Promise<{ id: number; job: number }> {
  const made = await createFrom('a: { script: [x] }')
  const job = idOf(made, 'a')
  await services.jobs.cancelWaiting(job)
  await services.background.settle()
  // Not through the services, whose pipeline would follow.
  await database.stores.jobs.retry(job, { tags: [], allowFailure: false, timeout: null })
  expect(await pipelineOf(made.id)).toMatchObject({ status: 'canceled' })
  return { id: made.id, job }
}

it('a pipeline that was over gets the status of its jobs, even when the process died that changed them', async () => {
  const { id } = await outOfDate()
  await settleRecent(services)
  expect(await pipelineOf(id)).toMatchObject({ status: 'running' })
})

it('a pipeline of more than a week ago stays as it is', async () => {
  const { id, job } = await outOfDate()
  await ageOfPipeline(job, 7 * 24 * HOUR + 1)
  await settleRecent(services)
  expect(await pipelineOf(id)).toMatchObject({ status: 'canceled' })
})
