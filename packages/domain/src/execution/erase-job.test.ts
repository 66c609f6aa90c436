import { describe, expect, it } from 'vitest'
import { services as artifactServices, finish, job, setUpArtifactScene, store } from '../testing/artifact-scene.ts'
import { create, find, services } from '../testing/scene.ts'
import { jobTopic } from '../wakeups/job-events.ts'
import { traceAppender } from './append-trace.ts'
import { eraseJob } from './erase-job.ts'

setUpArtifactScene()

const objects = async () => {
  const listed = await Promise.all(
    [`traces/${job.id}/`, `artifacts/${job.id}/`].map((prefix) => Array.fromAsync(services.objects.list(prefix))),
  )
  return listed.flat().length
}
const write = () =>
  traceAppender(services).append({ ...job, ipAddress: null, start: 0, bytes: Buffer.from('hello'), debug: false })

describe('erasing a job', () => {
  it('removes its log and its artifacts, and keeps the job', async () => {
    await write()
    await store()
    await finish(job)
    await services.background.settle()
    expect(await objects()).toBeGreaterThan(0)
    expect(await eraseJob(artifactServices, job.id)).toMatchObject({ value: { id: job.id, status: 'success' } })
    expect(await find(job.id)).toMatchObject({ status: 'success', erasedAt: expect.any(Date), traceSize: 0 })
    expect(await services.artifacts.list(job.id)).toEqual([])
    expect((await Array.fromAsync(services.objects.list(`traces/${job.id}/`))).length).toBe(0)
  })

  it('is announced to those who follow the job', async () => {
    await write()
    await finish(job)
    await services.background.settle()
    await using followed = await services.events.subscribe(jobTopic(job.id))
    await eraseJob(services, job.id)
    expect(await followed.wait(0)).toMatchObject({ events: true })
  })

  it('is refused while the job runs, without anything to erase, twice, and for no job', async () => {
    await write()
    expect(await eraseJob(services, job.id)).toEqual({
      ok: false,
      error: { kind: 'transition_impossible', id: job.id, status: 'running' },
    })
    await finish(job)
    await services.background.settle()
    expect(await eraseJob(services, job.id)).toMatchObject({ ok: true })
    const nothing = (id: number) => ({
      ok: false,
      error: { kind: 'transition_impossible', id, reason: `Job ${id} has neither a log nor artifacts.` },
    })
    expect(await eraseJob(services, job.id)).toMatchObject(nothing(job.id))
    const id = await create()
    expect(await eraseJob(services, id)).toMatchObject({ error: { kind: 'transition_impossible', status: 'pending' } })
    expect(await eraseJob(services, 999_999)).toEqual({ ok: false, error: { kind: 'job_not_found', id: 999_999 } })
  })
})
