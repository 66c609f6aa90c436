import { describe, expect, it } from 'vitest'
import { removeProject } from '../execution/remove-project.ts'
import { playJob } from '../processing/play-job.ts'
import { createProject } from '../projects/change-project.ts'
import { createFrom, idOf, pipelineOf, runAll, statusesOf } from '../testing/pipeline-scene.ts'
import { ageOfPipeline, database, HOUR, services, setUpScene, statusOf } from '../testing/scene.ts'
import { byNewerRelease, changeStored, DAMAGED_BYTES } from '../testing/stored-definition.ts'
import { cancelPipeline } from './cancel-pipeline.ts'
import { retryPipeline } from './retry-pipeline.ts'

setUpScene()

const refused = (reason: string) => ({
  ok: false,
  error: { kind: 'pipeline_not_retryable', id: expect.any(Number), reason: expect.stringContaining(reason) },
})

async function failed(): Promise<{ id: number; job: number }> {
  const made = await createFrom('a: { script: [x] }')
  await runAll(['a'])
  return { id: made.id, job: idOf(made, 'a') }
}

describe('the retry of a pipeline', () => {
  it('starts the jobs of one that was canceled anew, in their order', async () => {
    const { id, jobs } = await createFrom(`
      stages: [one, two]
      a: { stage: one, script: [x] }
      b: { stage: one, script: [x], when: manual, allow_failure: false }
      c: { stage: two, script: [x] }
    `)
    await cancelPipeline(services, id)
    await services.background.settle()
    const again = await retryPipeline(services, id)
    if (!again.ok) throw new Error(again.error.kind)
    expect(again.value.stages.map(({ status }) => status)).toEqual(['running', 'created'])
    const ids = again.value.stages.flatMap((stage) => stage.jobIds)
    expect(ids.every((one) => jobs.every((job) => job.id !== one))).toBe(true)
    expect(await Promise.all(ids.map(statusOf))).toEqual(['pending', 'manual', 'created'])
    expect(await runAll()).toEqual(['a'])
    await playJob(services, ids[1] ?? 0)
    expect(await runAll()).toEqual(['b', 'c'])
    expect(await pipelineOf(id)).toMatchObject({ status: 'success' })
  })

  it('retries only what failed, and gives skipped jobs another chance', async () => {
    const { id } = await createFrom(`
      stages: [one, two, three]
      good: { stage: one, script: [x] }
      bad: { stage: one, script: [x] }
      needs-bad: { stage: two, needs: [bad], script: [x] }
      late: { stage: three, script: [x] }
    `)
    expect(await runAll(['bad'])).toEqual(['good', 'bad'])
    expect(await pipelineOf(id)).toMatchObject({
      status: 'failed',
      stages: [{}, { status: 'skipped' }, { status: 'skipped' }],
    })
    expect(await retryPipeline(services, id)).toMatchObject({ value: { status: 'running' } })
    expect(await runAll()).toEqual(['bad', 'needs-bad', 'late'])
    expect(await pipelineOf(id)).toMatchObject({ status: 'success' })
    expect(await retryPipeline(services, id)).toEqual(refused('No job'))
  })

  it('leaves a job no more automatic retries than it had', async () => {
    const { id } = await createFrom('a: { script: [x], retry: 1 }')
    expect(await runAll(['a'])).toEqual(['a', 'a'])
    await retryPipeline(services, id)
    expect(await runAll(['a'])).toEqual(['a'])
    expect(await statusesOf(id)).toEqual({ a: 'failed' })
  })

  it('is refused for a pipeline that is not there, is too old, or whose project has been removed', async () => {
    expect(await retryPipeline(services, 999_999)).toEqual({
      ok: false,
      error: { kind: 'pipeline_not_found', id: 999_999 },
    })
    const old = await failed()
    await services.settings.update({ archiveAfter: HOUR })
    await ageOfPipeline(old.job, 2 * HOUR)
    expect(await retryPipeline(services, old.id)).toEqual(refused('too old'))

    const project = await createProject(services, { path: 'retry/removed' })
    if (!project.ok) throw new Error(project.error.kind)
    const { id } = await createFrom('a: { script: [x] }', { projectId: project.value.id })
    await runAll(['a'])
    await removeProject(services, project.value.id)
    expect(await retryPipeline(services, id)).toEqual(refused('has been removed'))
  })

  it('is refused as a whole when the record of one job cannot be read', async () => {
    const newer = await failed()
    await changeStored(newer.job, byNewerRelease)
    expect(await retryPipeline(services, newer.id)).toEqual(refused(`newer release created job ${newer.job}`))
    const damaged = await createFrom('a: { script: [x] }\nb: { script: [x] }')
    await runAll(['a', 'b'])
    const b = idOf(damaged, 'b')
    await database.db.query(`update job_secrets set definition = ${DAMAGED_BYTES} where job_id = $1`, [b])
    expect(await retryPipeline(services, damaged.id)).toEqual(refused(`record of job ${b} is damaged`))
    expect(await statusesOf(damaged.id)).toEqual({ a: 'failed', b: 'failed' })
  })
})
