import { describe, expect, it } from 'vitest'
import { retryJob } from '../processing/retry-job.ts'
import { updateProject } from '../projects/change-project.ts'
import { createFrom, idOf, pipelineOf, statusesOf, takeNext } from '../testing/pipeline-scene.ts'
import { ageOfPipeline, HOUR, say, services, setUpScene } from '../testing/scene.ts'
import { cancelAfterFailures } from './cancel-automatically.ts'

setUpScene()

const sha = (digit: string) => digit.repeat(40)

async function take() {
  const job = await takeNext()
  if (!job) throw new Error('no job is due')
  return job
}

describe('a pipeline is canceled by itself', () => {
  it('when its branch has a new commit, unless a job has started that must not be interrupted', async () => {
    const config = 'a: { script: [x], interruptible: true }\nb: { stage: deploy, script: [x] }'
    const first = await createFrom(config, { ref: 'topic', sha: sha('1') })
    const other = await createFrom(config, { ref: 'elsewhere', sha: sha('1') })
    const tag = await createFrom(config, { ref: 'topic', tag: true, sha: sha('1') })
    const same = await createFrom(config, { ref: 'topic', sha: sha('1') })
    expect((await take()).id).toBe(idOf(first, 'a'))
    await createFrom(config, { ref: 'topic', sha: sha('2') })
    expect(await statusesOf(first.id)).toEqual({ a: 'canceled', b: 'canceled' })
    expect(await statusesOf(same.id)).toEqual({ a: 'canceled', b: 'canceled' })
    expect(await statusesOf(other.id)).toEqual({ a: 'pending', b: 'created' })
    expect(await statusesOf(tag.id)).toEqual({ a: 'pending', b: 'created' })
  })

  it('not when one of its jobs has started that must not be interrupted', async () => {
    const started = await createFrom('a: { script: [x] }\nb: { stage: deploy, script: [x] }', {
      ref: 'two',
      sha: sha('1'),
    })
    await take()
    await createFrom('a: { script: [x] }', { ref: 'two', sha: sha('2') })
    expect(await statusesOf(started.id)).toEqual({ a: 'running', b: 'created' })
  })

  it('only in its interruptible jobs, or not at all, where it says so', async () => {
    const config = (onNewCommit: string) => `
      workflow: { auto_cancel: { on_new_commit: ${onNewCommit} } }
      a: { script: [x] }
      b: { script: [x], interruptible: true }
    `
    const some = await createFrom(config('interruptible'), { ref: 'three', sha: sha('1') })
    const none = await createFrom(config('none'), { ref: 'three', sha: sha('1') })
    await createFrom('a: { script: [x] }', { ref: 'three', sha: sha('2') })
    expect(await statusesOf(some.id)).toEqual({ a: 'pending', b: 'canceled' })
    expect(await statusesOf(none.id)).toEqual({ a: 'pending', b: 'pending' })
  })

  it('not where the newer pipeline or the project does not want it, nor after a week', async () => {
    const config = 'a: { script: [x] }'
    const older = await createFrom(config, { ref: 'four', sha: sha('1') })
    await createFrom(`workflow: { auto_cancel: { on_new_commit: none } }\n${config}`, { ref: 'four', sha: sha('2') })
    expect(await statusesOf(older.id)).toEqual({ a: 'pending' })

    await updateProject(services, 1, { autoCancelPending: false })
    await createFrom(config, { ref: 'four', sha: sha('3') })
    await services.background.settle()
    await updateProject(services, 1, { autoCancelPending: true })
    expect(await statusesOf(older.id)).toEqual({ a: 'pending' })

    await ageOfPipeline(idOf(older, 'a'), 7 * 24 * HOUR + 1)
    await createFrom(config, { ref: 'four', sha: sha('4') })
    expect(await statusesOf(older.id)).toEqual({ a: 'pending' })
  })

  it('when a job fails for good, where the workflow says so, and once for each failure', async () => {
    const made = await createFrom(`
      workflow: { auto_cancel: { on_job_failure: all } }
      stages: [one, two]
      a: { stage: one, script: [x] }
      b: { stage: one, script: [x] }
      c: { stage: two, script: [x], when: manual }
    `)
    const [a, b] = [await take(), await take()]
    await say(a, 'failed')
    await services.background.settle()
    await cancelAfterFailures(services)
    expect(await statusesOf(made.id)).toMatchObject({ a: 'failed', b: 'canceled' })
    expect(await pipelineOf(made.id)).toMatchObject({ status: 'failed' })
    expect(await retryJob(services, b.id)).toMatchObject({ ok: true })
    await services.background.settle()
    await cancelAfterFailures(services)
    expect(await pipelineOf(made.id)).toMatchObject({ status: 'running' })
    expect(await statusesOf(made.id)).toMatchObject({ a: 'failed', b: 'pending' })
  })

  it('because of a failure, also when the process died in the middle of it', async () => {
    const made = await createFrom(`
      workflow: { auto_cancel: { on_job_failure: all } }
      a: { script: [x] }
      b: { script: [x] }
    `)
    await say(await take(), 'failed')
    await services.background.settle()
    const [found] = (await services.pipelines.toStop(10)).filter(({ id }) => id === made.id)
    expect(found?.jobs).toEqual([idOf(made, 'b')])
    await cancelAfterFailures(services)
    expect(await statusesOf(made.id)).toEqual({ a: 'failed', b: 'canceled' })
    expect((await services.pipelines.toStop(10)).map(({ id }) => id)).not.toContain(made.id)
  })

  it('not by a failure that is allowed, or will be retried, or that no workflow speaks of', async () => {
    const workflow = 'workflow: { auto_cancel: { on_job_failure: all } }'
    const allowed = await createFrom(
      `${workflow}\na: { script: [x], allow_failure: true }\nz: { script: [x], when: manual }`,
    )
    await say(await take(), 'failed')
    const retried = await createFrom(`${workflow}\na: { script: [x], retry: 1 }\nz: { script: [x], when: manual }`)
    await say(await take(), 'failed')
    await services.background.settle()
    await takeNext()
    const unasked = await createFrom('a: { script: [x] }\nz: { script: [x], when: manual }')
    await say(await take(), 'failed')
    await services.background.settle()
    await cancelAfterFailures(services)
    expect(await statusesOf(allowed.id)).toEqual({ a: 'failed', z: 'manual' })
    expect(await statusesOf(retried.id)).toEqual({ a: 'running', z: 'manual' })
    expect(await statusesOf(unasked.id)).toEqual({ a: 'failed', z: 'manual' })
  })
})
