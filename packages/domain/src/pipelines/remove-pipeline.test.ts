import { describe, expect, it } from 'vitest'
import { traceAppender } from '../execution/append-trace.ts'
import { createFrom, idOf, runAll, takeNext } from '../testing/pipeline-scene.ts'
import { database, say, services, setUpScene } from '../testing/scene.ts'
import { monthOf } from '../usage/usage.ts'
import { eraseRemovedJobs, removePipeline } from './remove-pipeline.ts'

setUpScene()

const objects = async () => (await Array.fromAsync(services.objects.list('traces/'))).length

/** Makes a pipeline of one job that wrote a log and is over. */
async function withLog(): Promise<{ id: number; job: number }> {
  const { id } = await createFrom('a: { script: [x] }')
  const job = await takeNext()
  if (!job) throw new Error('no job is due')
  const patch = { ...job, ipAddress: null, start: 0, bytes: Buffer.from('hello\n'), debug: false }
  expect(await traceAppender(services).append(patch)).toMatchObject({ value: { storedBytes: 6 } })
  await say(job, 'success')
  await services.background.settle()
  return { id, job: job.id }
}

describe('a pipeline', () => {
  it('is removed with its jobs once it is over', async () => {
    const made = await createFrom('a: { script: [x] }')
    expect(await removePipeline(services, made.id)).toEqual({
      ok: false,
      error: { kind: 'pipeline_under_way', id: made.id, status: 'pending' },
    })
    await runAll()
    expect(await removePipeline(services, made.id)).toEqual({ ok: true, value: null })
    expect(await services.pipelines.find(made.id)).toBeNull()
    expect(await services.jobs.find(idOf(made, 'a'))).toBeNull()
    expect((await services.pipelines.list({ limit: 10 })).map(({ id }) => id)).not.toContain(made.id)
    expect(await services.jobs.list({ pipelineId: made.id, limit: 10 })).toEqual([])
    expect(await removePipeline(services, made.id)).toEqual({
      ok: false,
      error: { kind: 'pipeline_not_found', id: made.id },
    })
  })

  it('is not removed while a failed job may still be retried automatically', async () => {
    const made = await createFrom('a: { script: [x] }')
    const job = await takeNext()
    if (!job) throw new Error('no job is due')
    await database.stores.jobs.finish(job.id, {
      event: 'drop',
      failureReason: 'script_failure',
      exitCode: 1,
      trace: { size: 0, crc: 0, invalid: false, corrupted: false },
    })
    expect(await removePipeline(services, made.id)).toMatchObject({ error: { kind: 'pipeline_under_way' } })
    await database.stores.jobs.decideNoRetry(job.id)
    expect(await removePipeline(services, made.id)).toEqual({ ok: true, value: null })
  })

  it('that is removed has no jobs to retry or to play', async () => {
    const made = await createFrom('a: { script: [x] }')
    await runAll()
    const attempt = { tags: [], allowFailure: false, timeout: null }
    await removePipeline(services, made.id)
    expect(await database.stores.jobs.retry(idOf(made, 'a'), attempt)).toBeNull()
    expect(
      await services.pipelines.retry(made.id, [{ id: idOf(made, 'a'), allowFailure: false, timeout: null }]),
    ).toEqual([])
  })

  it('is removed with the logs of its jobs, whose usage still counts', async () => {
    const jobsThatRan = async () => (await database.stores.usage.projects(monthOf(new Date())))[0]?.jobs ?? 0
    const [before, ranBefore] = [await objects(), await jobsThatRan()]
    const { id } = await withLog()
    expect(await objects()).toBeGreaterThan(before)
    await removePipeline(services, id)
    await services.background.settle()
    expect(await objects()).toBe(before)
    expect(await jobsThatRan()).toBe(ranBefore + 1)
  })

  it('that was removed by a process that died is erased by the sweep', async () => {
    const before = await objects()
    const { id, job } = await withLog()
    expect(await services.pipelines.remove(id)).toEqual([job])
    expect(await services.pipelines.removedJobs(10)).toEqual([job])
    await eraseRemovedJobs(services)
    await services.background.settle()
    expect(await objects()).toBe(before)
    expect(await services.pipelines.removedJobs(10)).toEqual([])
    await eraseRemovedJobs(services)
  })
})
