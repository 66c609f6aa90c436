import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { runInBackground } from '../background.ts'
import type { JobStatus } from '../jobs/job.ts'
import type { JobStore, LeftJob, Ports } from '../ports.ts'
import { memoryEvents } from '../testing/memory-events.ts'
import { ask, cancel, create, createMany, find, say, services, setUpScene, take } from '../testing/scene.ts'
import { playJob } from './play-job.ts'
import { retryJob } from './retry-job.ts'
import { settlePipelines } from './settle-pipelines.ts'

setUpScene()

/** Returns the status that is written to a job's pipeline, once nothing is left to do. */
async function written(jobId: number): Promise<JobStatus | undefined> {
  const { pipelineId } = await find(jobId)
  return (await services.pipelines.list({ limit: 100 })).find(({ id }) => id === pipelineId)?.status
}

describe('each change of a job is written to its pipeline', () => {
  it('from its creation to its end', async () => {
    const id = await create()
    expect(await written(id)).toBe('pending')
    const job = await take()
    expect(await written(id)).toBe('running')
    await say(job, 'success')
    expect(await written(id)).toBe('success')
  })

  it('when it is played, canceled and retried', async () => {
    const id = await create({ when: 'manual', allow_failure: false })
    expect(await written(id)).toBe('manual')
    await playJob(services, id)
    expect(await written(id)).toBe('pending')
    await cancel(id)
    expect(await written(id)).toBe('canceled')
    const again = await retryJob(services, id)
    expect(await written(again.ok ? again.value.id : 0)).toBe('running')
  })

  it('when a running job is canceled gracefully', async () => {
    const id = await create()
    const job = await take()
    await say(job, 'running')
    await cancel(id)
    expect(await written(id)).toBe('canceling')
    await say(job, 'failed')
    expect(await written(id)).toBe('canceled')
  })

  it('when it is skipped because of another', async () => {
    const [first = 0, second = 0] = await createMany({ first: {}, second: { needs: ['first'] } })
    await say(await take(), 'failed')
    expect([await written(first), (await find(second)).status]).toEqual(['failed', 'skipped'])
  })

  it('when it fails at the moment of its claim', async () => {
    const id = await create({ script: undefined, run: [{ name: 'hello', script: 'echo hello' }] })
    expect(await ask()).toMatchObject({ kind: 'nothing' })
    expect(await written(id)).toBe('failed')
    expect((await find(id)).failureReason).toBe('runner_unsupported')
  })
})

describe('the writing of pipelines', () => {
  /** Returns a store in which each job is a pipeline with ten times its number, and what was settled. */
  function scene({ fails = 0 } = {}) {
    const settled: number[][] = []
    const failures: string[] = []
    const gate = Promise.withResolvers<void>()
    let left = fails
    const pipelines = {
      ofJobs: async (ids: readonly number[]) => ids.map((id) => id * 10),
      async settle(ids: readonly number[]) {
        await gate.promise
        settled.push([...ids])
        if (left-- > 0) throw new Error('the database is away')
        return []
      },
    } as Partial<Ports['pipelines']> as Ports['pipelines']
    const background = runInBackground((name) => failures.push(name))
    const events = memoryEvents()
    const store = {
      finish: async (id: number) => (id < 100 ? { id } : null),
      cancelWaiting: async (id: number) => (id < 100 ? { id } : null),
      claim: async (outcome: object) => outcome,
      leaveToNewer: async ({ id }: { id: number }) => id < 100,
    } as object as JobStore
    const jobs = settlePipelines(store, { pipelines, events, background })
    return { jobs, events, background, settled, failures, open: gate.resolve }
  }

  it('makes no caller wait, and writes changes that come together once', async () => {
    const { jobs, background, settled, open } = scene()
    await jobs.cancelWaiting(1)
    for (const id of [2, 3, 2, 3]) await jobs.cancelWaiting(id)
    expect(settled).toEqual([])
    open()
    await background.settle()
    expect(settled.flat().filter((id) => id === 20 || id === 30)).toEqual([20, 30])
    expect(settled.flat()).toContain(10)
  })

  it('writes at once after a rest, and together what comes sooner', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000)
    onTestFinished(() => clock.mockRestore())
    const { jobs, background, settled, open } = scene()
    open()
    await jobs.cancelWaiting(1)
    await background.settle()
    await jobs.cancelWaiting(2)
    await jobs.cancelWaiting(3)
    await background.settle()
    clock.mockReturnValue(2_000)
    await jobs.cancelWaiting(4)
    await jobs.cancelWaiting(5)
    await background.settle()
    expect(settled).toEqual([[10], [20, 30], [40], [50]])
  })

  it('follows claims that take a job or reject it, and no others', async () => {
    const { jobs, background, settled, open } = scene()
    open()
    const claims = [
      { kind: 'taken', taken: { job: { id: 1 } } },
      { kind: 'rejected', jobId: 2 },
      { kind: 'nothing', jobId: 3 },
    ]
    for (const outcome of claims) {
      expect(await jobs.claim(outcome as never)).toBe(outcome)
      await background.settle()
    }
    expect(settled).toEqual([[10], [20]])
  })

  it('does nothing after a change that was refused', async () => {
    const { jobs, background, settled, open } = scene()
    open()
    await jobs.cancelWaiting(100)
    await jobs.leaveToNewer({ id: 100 } as LeftJob)
    await background.settle()
    expect(settled).toEqual([])
    await jobs.leaveToNewer({ id: 5 } as LeftJob)
    await background.settle()
    expect(settled).toEqual([[50]])
  })

  it('announces that pipelines have changed', async () => {
    const { jobs, events, background, open } = scene()
    await using changes = await events.subscribe('pipelines')
    open()
    await jobs.cancelWaiting(1)
    await background.settle()
    expect(await changes.wait(0)).toMatchObject({ events: true })
  })

  it('goes on after a failure, which is reported, and writes then what failed', async () => {
    const { jobs, background, settled, failures, open } = scene({ fails: 1 })
    open()
    await jobs.cancelWaiting(1)
    await background.settle()
    expect(failures).toEqual(['settle pipelines'])
    await jobs.cancelWaiting(2)
    await background.settle()
    expect(settled).toEqual([[10], [10, 20]])
  })
})
