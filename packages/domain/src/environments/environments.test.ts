import { arrange } from '@yardmaster/db/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { removeProject } from '../execution/remove-project.ts'
import { removePipeline } from '../pipelines/remove-pipeline.ts'
import { playJob } from '../processing/play-job.ts'
import { retryJob } from '../processing/retry-job.ts'
import { createProject } from '../projects/change-project.ts'
import { type Created, createFrom, idOf, runAll, takeNext } from '../testing/pipeline-scene.ts'
import { age, database, find, HOUR, say, services, setUpScene, statusOf } from '../testing/scene.ts'
import { steadyClock } from '../testing/steady-clock.ts'
import type { Environment } from './environment.ts'
import { keepEnvironment } from './keep-environment.ts'
import { removeEnvironment } from './remove-environment.ts'
import { stopDueEnvironments } from './stop-due-environments.ts'
import { stopEnvironment } from './stop-environment.ts'

setUpScene()

beforeEach(() =>
  // The jobs of other tests are no deployments of this one.
  arrange(database.db, 'delete from environments; update jobs set environment_action = null'),
)

const REVIEW = `
  deploy:
    script: [x]
    environment: { name: review, url: "https://$CI_ENVIRONMENT_SLUG.example.com", on_stop: stop, auto_stop_in: 1 day }
  stop:
    script: [x]
    needs: []
    when: manual
    environment: { name: review, action: stop }`

const environments = async (): Promise<Environment[]> => {
  await services.background.settle()
  return await services.environments.list({ limit: 100 })
}
const named = async (name: string): Promise<Environment> => {
  const found = (await environments()).find((environment) => environment.name === name)
  if (!found) throw new Error(`no environment ${name}`)
  return found
}
const review = () => named('review')

/** Plays a job that is manual. */
async function play(id: number): Promise<void> {
  const played = await playJob(services, id)
  if (!played.ok) throw new Error(JSON.stringify(played.error))
}

async function stop(force?: boolean) {
  const stopped = await stopEnvironment(services, { id: (await review()).id, force })
  return stopped.ok ? stopped.value.state : stopped.error
}

/** Stops what is due so many seconds from now. */
async function stopDue(secondsFromNow: number): Promise<void> {
  const clock = steadyClock(() => new Date(Date.now() + secondsFromNow * 1000))
  await stopDueEnvironments({ ...services, clock })
}
const DAY = 24 * HOUR

async function deployReview(): Promise<Created> {
  const pipeline = await createFrom(REVIEW)
  expect(await runAll()).toEqual(['deploy'])
  return pipeline
}

describe('an environment', () => {
  it('comes into being with the first job that names it, whatever that job does there', async () => {
    await createFrom(`
      a: { script: [x], environment: production }
      b: { script: [x], environment: { name: Review/1, action: verify, deployment_tier: testing } }
      c: { script: [x], environment: production }`)
    expect(await environments()).toHaveLength(2)
    expect(await named('Review/1')).toMatchObject({
      ...{ slug: expect.stringMatching(/^review-1-/), tier: 'testing', state: 'available' },
    })
    expect(await named('production')).toMatchObject({
      ...{ slug: 'production', tier: 'production', state: 'available', url: null },
      ...{ lastDeployment: null, lastSuccess: null, stopJob: null, autoStopAt: null, stoppedAt: null },
    })
  })

  it('shows its last deployment, and the last that succeeded, with what stops it', async () => {
    const first = await createFrom(REVIEW, { sha: 'a'.repeat(40) })
    expect((await review()).lastDeployment).toBeNull()
    await runAll()
    const done = await find(idOf(first, 'deploy'))
    const { finishedAt } = done
    expect(await review()).toMatchObject({
      ...{ state: 'available', url: 'https://review.example.com', tier: 'development' },
      stopJob: { id: idOf(first, 'stop'), name: 'stop', status: 'manual' },
      autoStopAt: new Date((finishedAt?.getTime() ?? 0) + DAY * 1000),
      lastDeployment: {
        ...{ jobId: done.id, jobName: 'deploy', pipelineId: first.id, ref: 'main', tag: false, sha: 'a'.repeat(40) },
        ...{ status: 'success', startedAt: done.startedAt, finishedAt },
      },
    })
    const second = await createFrom(REVIEW)
    const job = await takeNext()
    if (!job) throw new Error('no job')
    const { lastDeployment, lastSuccess } = await review()
    expect([lastDeployment?.jobId, lastDeployment?.status, lastSuccess?.jobId]).toEqual([job.id, 'running', done.id])
    await say(job, 'failed')
    expect(await review()).toMatchObject({
      lastDeployment: { pipelineId: second.id, status: 'failed' },
      lastSuccess: { pipelineId: first.id },
      stopJob: { id: idOf(first, 'stop') },
    })
  })

  it('has as its last deployment the one that began last, also of an older pipeline', async () => {
    const first = await deployReview()
    const second = await deployReview()
    expect((await review()).lastSuccess?.pipelineId).toBe(second.id)
    const again = await retryJob(services, idOf(first, 'deploy'))
    await runAll()
    expect(await review()).toMatchObject({
      lastDeployment: { jobId: again.ok && again.value.id },
      lastSuccess: { pipelineId: first.id },
      stopJob: { id: idOf(first, 'stop') },
    })
  })

  it('is stopped by its job, and available after the next deployment', async () => {
    const { jobs, ...pipeline } = await deployReview()
    await play(idOf({ jobs, ...pipeline }, 'stop'))
    expect((await review()).state).toBe('stopping')
    await runAll()
    expect(await review()).toMatchObject({ state: 'stopped', stoppedAt: expect.any(Date), autoStopAt: null })
    await deployReview()
    expect(await review()).toMatchObject({ state: 'available', stoppedAt: null, autoStopAt: expect.any(Date) })
  })

  it('stays available when the job that stops it fails', async () => {
    const pipeline = await deployReview()
    await play(idOf(pipeline, 'stop'))
    await runAll(['stop'])
    expect((await review()).state).toBe('available')
  })

  it('does not show deployments of pipelines that were removed', async () => {
    const first = await deployReview()
    await play(idOf(first, 'stop'))
    await runAll(['stop'])
    expect(await removePipeline(services, first.id)).toMatchObject({ ok: true })
    expect(await review()).toMatchObject({ lastDeployment: null, lastSuccess: null, stopJob: null })
    expect(await stop()).toBe('stopped')
  })

  it('is listed by project, state and name; not of a removed project', async () => {
    const made = await createProject(services, { path: 'harbour' })
    const projectId = made.ok ? made.value.id : 0
    await createFrom('a: { script: [x], environment: qa }', { projectId })
    await runAll()
    await deployReview()
    expect(await stop(true)).toBe('stopped')
    const names = async (filter: object) =>
      (await services.environments.list({ limit: 10, ...filter })).map(({ name }) => name)
    expect(await names({})).toEqual(['review', 'qa'])
    expect(await names({ limit: 1 })).toEqual(['review'])
    expect(await names({ before: (await review()).id })).toEqual(['qa'])
    expect(await names({ projectId })).toEqual(['qa'])
    expect([await names({ state: 'available' }), await names({ state: 'stopped' })]).toEqual([['qa'], ['review']])
    expect([await names({ search: 'VIEW' }), await names({ search: '%' })]).toEqual([['review'], []])
    const { id } = await named('qa')
    await removeProject(services, projectId)
    expect(await names({})).toEqual(['review'])
    expect(await services.environments.find(id)).toBeNull()
  })
})

describe('the time at which an environment is stopped', () => {
  it('is renewed by a job that uses the environment and says so, and by no other', async () => {
    const pipeline = await deployReview()
    const before = (await review()).autoStopAt
    await createFrom('use: { script: [x], environment: { name: review, action: access } }')
    await runAll()
    expect((await review()).autoStopAt).toEqual(before)
    await createFrom('use: { script: [x], environment: { name: review, action: access, auto_stop_in: 1 week } }')
    await runAll()
    expect((await review()).autoStopAt?.getTime()).toBeGreaterThan((before?.getTime() ?? 0) + 5 * DAY * 1000)
    expect((await review()).lastDeployment?.pipelineId).toBe(pipeline.id)
    await createFrom('use: { script: [x], environment: { name: review, action: verify, auto_stop_in: never } }')
    await runAll()
    expect((await review()).autoStopAt).toBeNull()
  })

  it('is not given to an environment that is stopped', async () => {
    await deployReview()
    await stop(true)
    await createFrom('use: { script: [x], environment: { name: review, action: access, auto_stop_in: 1 week } }')
    await runAll()
    expect(await review()).toMatchObject({ state: 'stopped', autoStopAt: null })
  })

  it('can be taken back', async () => {
    await deployReview()
    const { id } = await review()
    expect(await keepEnvironment(services, id)).toMatchObject({ ok: true, value: { autoStopAt: null } })
    expect(await keepEnvironment(services, id)).toMatchObject({ ok: true })
    expect(await keepEnvironment(services, 2 ** 30)).toMatchObject({ error: { kind: 'environment_not_found' } })
    await stopDue(2 * DAY)
    expect((await review()).state).toBe('available')
  })

  it('lets its job run once that is over, and not before, once for several processes', async () => {
    const pipeline = await deployReview()
    await stopDue(DAY - HOUR)
    expect((await review()).state).toBe('available')
    await Promise.all([stopDue(DAY + HOUR), stopDue(DAY + HOUR), stopDue(DAY + HOUR)])
    expect(await statusOf(idOf(pipeline, 'stop'))).toBe('pending')
    expect(await review()).toMatchObject({ state: 'stopping', autoStopAt: null })
    expect(await runAll(['stop'])).toEqual(['stop'])
    await stopDue(2 * DAY)
    expect(await runAll()).toEqual([])
    expect((await review()).state).toBe('available')
  })

  it('goes on after a crash between the start of its job and what follows', async () => {
    const pipeline = await deployReview()
    const stopJob = idOf(pipeline, 'stop')
    const broken = { ...services.environments, forgetAutoStop: () => Promise.reject(new Error('it died')) }
    const reported: string[] = []
    const background = { ...services.background, report: (name: string) => void reported.push(name) }
    const clock = steadyClock(() => new Date(Date.now() + 2 * DAY * 1000))
    await stopDueEnvironments({ ...services, environments: broken, background, clock })
    expect(reported).toHaveLength(1)
    expect((await review()).autoStopAt).not.toBeNull()
    await stopDue(2 * DAY)
    expect(await review()).toMatchObject({ state: 'stopping', autoStopAt: null, stopJob: { id: stopJob } })
    expect(await runAll()).toEqual(['stop'])
  })

  it('marks an environment as stopped that no job stops, or whose job cannot be run any more', async () => {
    await createFrom('a: { script: [x], environment: { name: review, auto_stop_in: 1 day } }')
    await runAll()
    await stopDue(2 * DAY)
    expect(await review()).toMatchObject({ state: 'stopped', autoStopAt: null })
    const pipeline = await deployReview()
    await services.settings.update({ archiveAfter: HOUR })
    await database.db.query("update pipelines set created_at = created_at - interval '2 hours' where id = $1", [
      pipeline.id,
    ])
    await stopDue(2 * DAY)
    expect((await review()).state).toBe('stopped')
    expect(await statusOf(idOf(pipeline, 'stop'))).toBe('manual')
  })

  it('waits for a job that has to wait for others', async () => {
    const pipeline = await createFrom(`
      deploy: { script: [x], environment: { name: review, on_stop: stop, auto_stop_in: 1 day } }
      gate: { stage: deploy, script: [x], when: manual, allow_failure: false }
      stop: { stage: .post, script: [x], when: manual, environment: { name: review, action: stop } }`)
    await runAll()
    await stopDue(2 * DAY)
    expect([await statusOf(idOf(pipeline, 'stop')), (await review()).state]).toEqual(['created', 'available'])
    expect(await stop()).toMatchObject({
      kind: 'environment_not_stoppable',
      reason: expect.stringContaining('created'),
    })
    await play(idOf(pipeline, 'gate'))
    await runAll()
    await stopDue(2 * DAY)
    expect((await review()).state).toBe('stopping')
  })
})

describe('stopping an environment by hand', () => {
  it('runs its job, also once more after another deployment of the same pipeline', async () => {
    const pipeline = await deployReview()
    expect(await stop()).toBe('stopping')
    expect(await stop()).toMatchObject({ kind: 'environment_not_stoppable', state: 'stopping' })
    expect(await runAll()).toEqual(['stop'])
    expect(await stop()).toMatchObject({ kind: 'environment_not_stoppable', state: 'stopped' })
    await retryJob(services, idOf(pipeline, 'deploy'))
    expect(await runAll()).toEqual(['deploy'])
    expect((await review()).state).toBe('available')
    expect(await stop()).toBe('stopping')
    expect(await runAll()).toEqual(['stop'])
    expect((await review()).state).toBe('stopped')
  })

  it('marks it as stopped when no job stops it, and with force', async () => {
    await createFrom('a: { script: [x], environment: review }')
    await runAll()
    expect(await stop()).toBe('stopped')
    const pipeline = await deployReview()
    expect(await stop(true)).toBe('stopped')
    expect(await statusOf(idOf(pipeline, 'stop'))).toBe('manual')
  })

  it('names the environment that is not there', async () => {
    expect(await stopEnvironment(services, { id: 2 ** 30 })).toMatchObject({ error: { kind: 'environment_not_found' } })
  })
})

describe('removing an environment', () => {
  const remove = async () => {
    const removed = await removeEnvironment(services, (await review()).id)
    return removed.ok ? 'removed' : removed.error
  }

  it('is refused until it is stopped', async () => {
    const pipeline = await deployReview()
    expect(await remove()).toMatchObject({ kind: 'environment_not_stopped', state: 'available' })
    await play(idOf(pipeline, 'stop'))
    expect(await remove()).toMatchObject({ kind: 'environment_not_stopped', state: 'stopping' })
    await runAll()
    const { id } = await review()
    expect(await remove()).toBe('removed')
    expect(await environments()).toEqual([])
    expect(await services.environments.find(id)).toBeNull()
    for (const each of [id, 2 ** 30]) {
      expect(await removeEnvironment(services, each)).toEqual({
        ok: false,
        error: { kind: 'environment_not_found', id: each },
      })
    }
    expect(await stopEnvironment(services, { id })).toMatchObject({ error: { kind: 'environment_not_found' } })
    expect(await statusOf(idOf(pipeline, 'deploy'))).toBe('success')
  })

  it('forgets its deployments, so that it begins anew with the next job that names it', async () => {
    await deployReview()
    await stop(true)
    await remove()
    const pipeline = await createFrom(REVIEW)
    expect(await review()).toMatchObject({
      ...{ state: 'available', url: null, lastDeployment: null, lastSuccess: null, stopJob: null, autoStopAt: null },
    })
    await runAll()
    expect(await review()).toMatchObject({
      lastDeployment: { jobId: idOf(pipeline, 'deploy') },
      lastSuccess: { jobId: idOf(pipeline, 'deploy') },
      stopJob: { id: idOf(pipeline, 'stop') },
    })
    await stop(true)
    expect(await remove()).toBe('removed')
    expect(await environments()).toEqual([])
  })

  it('is undone by an older job that deploys to it, and by nothing else that such jobs do', async () => {
    const pipeline = await createFrom(`${REVIEW}
  look: { script: [x], when: manual, environment: { name: review, action: access, auto_stop_in: 1 week } }`)
    await runAll()
    await stop(true)
    await remove()
    await play(idOf(pipeline, 'look'))
    await play(idOf(pipeline, 'stop'))
    await runAll()
    expect(await environments()).toEqual([])
    await retryJob(services, idOf(pipeline, 'deploy'))
    const job = await takeNext()
    if (!job) throw new Error('no job')
    await say(job, 'success')
    expect(await review()).toMatchObject({ state: 'available', lastDeployment: { jobId: job.id } })
  })
})

describe('a job that must not touch its environment', () => {
  it('fails when a runner would take it: because of its name, or of an environment that is protected', async () => {
    const made = await createProject(services, {
      ...{ path: 'quay', protectedEnvironments: ['prod*'], protectedRefs: ['main', 'release/*'] },
    })
    const projectId = made.ok ? made.value.id : 0
    const content = `
      live: { script: [x], environment: production }
      odd: { script: [x], environment: "review/$CI_COMMIT_REF_NAME" }
      qa: { script: [x], environment: qa }
      unit: { script: [x] }`
    const reasons = async (ref: string) => {
      const pipeline = await createFrom(content, { projectId, ref })
      const ran = await runAll()
      const jobs = await Promise.all(pipeline.jobs.map(({ id }) => find(id)))
      return [ran, Object.fromEntries(jobs.map(({ name, failureReason }) => [name, failureReason]))]
    }
    expect(await reasons('topic#1')).toEqual([
      ['qa', 'unit'],
      { live: 'protected_environment_failure', odd: 'environment_creation_failure', qa: null, unit: null },
    ])
    expect((await environments()).map(({ name }) => name)).toEqual(['qa'])
    expect(await reasons('release/2')).toEqual([
      ['live', 'odd', 'qa', 'unit'],
      { live: null, odd: null, qa: null, unit: null },
    ])
  })
})

it('shows as the last deployment the one that started last, whatever the order of the jobs', async () => {
  const first = await deployReview()
  const second = await deployReview()
  await age(idOf(second, 'deploy'), 'started_at', HOUR)
  expect((await review()).lastDeployment?.jobId).toBe(idOf(first, 'deploy'))
})
