import { arrange } from '@yardmaster/db/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { removeProject } from '../execution/remove-project.ts'
import { createProject } from '../projects/change-project.ts'
import { removeRunnerById } from '../runners/remove-runner.ts'
import type { RunnerChanges } from '../runners/validate-runner.ts'
import {
  ask,
  cancel,
  create,
  createMany,
  database,
  find,
  register,
  say,
  services,
  setUpScene,
  take,
} from '../testing/scene.ts'
import { byNewerRelease, changeStored, DAMAGED_BYTES } from '../testing/stored-definition.ts'
import { explainJob } from './explain-job.ts'

setUpScene()

const others: number[] = []
beforeEach(async () => {
  await services.settings.update({ maintenance: false })
  for (const id of others.splice(0)) await removeRunnerById(services, id)
})

/** Registers a runner that has asked for work, so that it is online. */
async function online(given: RunnerChanges = {}, features: object = { cancel_gracefully: true }): Promise<number> {
  const { id, token } = await register(given)
  others.push(id)
  await ask({ token, features: { ...features } })
  return id
}

async function explained(id: number) {
  const explanation = await explainJob(services, id)
  if (!explanation.ok) throw new Error(explanation.error.kind)
  return explanation.value
}
/** Returns what is said of one runner. */
const about = async (jobId: number, runnerId: number) =>
  (await explained(jobId)).runners.find((runner) => runner.runnerId === runnerId)

describe('why a job waits', () => {
  it('is told of each runner, the closest first', async () => {
    await ask()
    const busy = await register()
    others.push(busy.id)
    await create({ tags: [] })
    const running = await ask({ token: busy.token })
    expect(running.kind).toBe('job')
    const tagged = await online({ tagList: ['docker'], runUntagged: false })
    const paused = await online({ paused: true })
    const id = await create()
    const { jobId, status, maintenance, waitsFor, runners } = await explained(id)
    expect({ jobId, status, maintenance, waitsFor }).toEqual({
      ...{ jobId: id, status: 'pending', maintenance: false, waitsFor: [] },
    })
    expect(runners.map(({ fits, rule }) => [fits, rule])).toEqual([
      [true, null],
      [true, null],
      [false, 'paused'],
      [false, 'untagged'],
    ])
    expect(runners.slice(1)).toMatchObject([
      { runnerId: busy.id, runningJobs: 1, detail: 'The runner fits; it runs 1 job now.' },
      { runnerId: paused, detail: 'The runner is paused.' },
      { runnerId: tagged },
    ])
    expect(runners[0]).toMatchObject({ runningJobs: 0, detail: 'The runner fits and runs nothing now.' })
  })

  it('names the tags that a runner lacks, and the contact that is missing', async () => {
    const runner = await online({ tagList: ['docker'] })
    const { id: silent } = await register({ tagList: ['docker', 'gpu'] })
    others.push(silent)
    const id = await create({ tags: ['docker', 'gpu'] })
    expect(await about(id, runner)).toMatchObject({ rule: 'tags', detail: expect.stringContaining('“gpu”') })
    expect(await about(id, silent)).toMatchObject({ rule: 'never_contacted' })
  })

  it('names the feature that a runner lacks, once it has said which it has', async () => {
    const steps = { script: undefined, run: [{ name: 'hello', script: 'echo hello' }] }
    const runner = await online()
    const unknown = await online({}, {})
    const id = await create(steps)
    expect(await about(id, runner)).toMatchObject({ fits: false, rule: 'feature' })
    expect(await about(id, unknown)).toMatchObject({ fits: true, rule: null })
  })

  it('counts contacts that are not written yet', async () => {
    const { id: runner, token } = await register()
    others.push(runner)
    await ask({ token })
    await services.contacts.flush()
    await database.db.query("update runners set contacted_at = contacted_at - interval '3 hours' where id = $1", [
      runner,
    ])
    const id = await create()
    expect(await about(id, runner)).toMatchObject({ rule: 'offline' })
    services.contacts.note({ runnerId: runner, managerId: null, at: new Date(), ipAddress: null })
    expect(await about(id, runner)).toMatchObject({ rule: null })
  })

  it('is the maintenance of the instance, although the runner fits', async () => {
    const runner = await online()
    const id = await create()
    await services.settings.update({ maintenance: true })
    expect(await explained(id)).toMatchObject({
      maintenance: true,
      summary: 'The instance is in maintenance: no jobs are handed out until it ends. No job is before it.',
    })
    expect(await about(id, runner)).toMatchObject({
      ...{ fits: false, rule: null, detail: 'The runner fits; during maintenance no job is assigned.' },
    })
  })

  it('is the jobs before it, or the one that has its resource', async () => {
    const [first = 0, second = 0] = await createMany({ first: {}, second: { needs: ['first'] } })
    expect((await explained(second)).waitsFor).toMatchObject([
      {
        ...{ id: first, name: 'first', status: 'pending', reason: 'dependency' },
        detail: 'Whether this job runs is decided when that one has ended.',
      },
    ])
    const holder = await create({ resource_group: 'production' })
    const waiting = await create({ resource_group: 'production' })
    expect((await explained(waiting)).waitsFor).toMatchObject([
      { id: holder, status: 'pending', reason: 'has_resource', detail: 'It has the resource production.' },
    ])
    await take()
    expect((await explained(second)).waitsFor).toMatchObject([{ id: first, status: 'running' }])
  })

  it('is the removal of its project', async () => {
    const runner = await online()
    const project = await createProject(services, { path: 'explain/removed' })
    const projectId = project.ok ? project.value.id : 0
    const id = await create({}, projectId)
    await arrange(database.db, 'update projects set deleted_at = now() where id = $1', [projectId])
    expect(await about(id, runner)).toMatchObject({
      ...{ fits: false, rule: 'scope', detail: 'The project has been removed: its jobs do not run.' },
    })
    expect((await explained(id)).summary).toBe('Its project has been removed: its jobs do not run.')
    await arrange(database.db, 'update projects set deleted_at = null where id = $1', [projectId])
    await removeProject(services, projectId)
    expect((await find(id)).status).toBe('failed')
    expect(await explained(id)).toMatchObject({
      runners: [],
      summary: 'It has ended: it failed. Its project has been removed, so it does not run again.',
    })
  })

  it('is the jobs before it in the queue that the same runners may take', async () => {
    await ask()
    const other = await online()
    await services.runners.update(other, { paused: true })
    await create({ tags: ['elsewhere'] })
    const first = await create()
    const second = await create()
    const third = await create()
    expect(await explained(first)).toMatchObject({
      ahead: 0,
      summary: '1 fitting runner is online; no job is before it.',
    })
    expect(await explained(third)).toMatchObject({
      ahead: 2,
      summary: '1 fitting runner is online; 2 jobs are before it.',
    })
    await take()
    await services.runners.update(other, { paused: false })
    expect(await explained(third)).toMatchObject({
      ahead: 1,
      summary: '2 fitting runners are online, 1 of them runs other jobs; 1 job is before it.',
    })
    expect(await explained(second)).toMatchObject({ ahead: 0 })
    const nowhere = await create({ tags: ['nowhere'] })
    expect(await explained(nowhere)).toMatchObject({
      ahead: null,
      summary: 'No runner can take it. It waits until one fits.',
    })
  })

  it('is a person, or the time until which it is delayed', async () => {
    const [manual = 0, delayed = 0] = await createMany({
      asks: { when: 'manual' },
      later: { when: 'delayed', start_in: '1 day' },
    })
    expect(await explained(manual)).toMatchObject({
      ...{ ahead: null, startsAt: null, summary: 'It waits for a person, who has to play it.' },
    })
    const { scheduledAt } = await find(delayed)
    expect(await explained(delayed)).toMatchObject({
      startsAt: scheduledAt,
      summary: `It is delayed: it is queued at ${scheduledAt?.toISOString()}, or when a person plays it.`,
    })
    await services.settings.update({ maintenance: true })
    expect((await explained(manual)).summary).toBe(
      'The instance is in maintenance: no jobs are handed out until it ends. It waits for a person, who has to play it.',
    )
  })

  it('is also a job before it that failed, while others have not ended', async () => {
    const [bad = 0, , may = 0, after = 0, rescue = 0, always = 0] = await createMany({
      bad: {},
      slow: {},
      may: { allow_failure: true },
      after: { needs: ['bad', 'slow', 'may'] },
      rescue: { needs: ['bad', 'slow'], when: 'on_failure' },
      always: { needs: ['bad', 'slow'], when: 'always' },
    })
    expect(await explained(after)).toMatchObject({
      failedBefore: null,
      summary: 'Whether it runs is decided when these 3 jobs end:',
    })
    await say(await take(), 'failed')
    await cancel(may)
    expect((await find(bad)).status).toBe('failed')
    const summary = 'A job before it has not succeeded. Unless that one is retried, this one will be skipped:'
    const { failedBefore, ...others } = await explained(after)
    expect(failedBefore).toMatchObject({ detail: summary, jobs: [{ id: bad, name: 'bad', status: 'failed' }] })
    expect(others).toMatchObject({ summary, waitsFor: [{ name: 'slow' }] })
    for (const id of [rescue, always]) {
      expect(await explained(id)).toMatchObject({
        failedBefore: null,
        summary: 'Whether it runs is decided when this job ends:',
      })
    }
    await services.jobs.retry(bad, { tags: [], allowFailure: false, timeout: null })
    expect((await explained(after)).failedBefore).toBeNull()
  })

  it('is nothing once it has been taken or is over, and no runner is named', async () => {
    await online()
    const id = await create()
    const taken = await take()
    expect(await explained(id)).toMatchObject({ summary: 'It is running.', ahead: null, runners: [] })
    await say(taken, 'failed')
    expect((await find(id)).status).toBe('failed')
    expect(await explained(id)).toMatchObject({ summary: 'It has ended: it failed.', ahead: null, runners: [] })
  })

  it('cannot be told of a job that is not there, or whose record cannot be read', async () => {
    expect(await explainJob(services, 999_999)).toEqual({ ok: false, error: { kind: 'job_not_found', id: 999_999 } })
    const newer = await create()
    await changeStored(newer, byNewerRelease)
    expect(await explainJob(services, newer)).toEqual({ ok: false, error: { kind: 'job_newer', id: newer } })
    const damaged = await create()
    await database.db.query(`update job_secrets set definition = ${DAMAGED_BYTES} where job_id = $1`, [damaged])
    expect(await explainJob(services, damaged)).toEqual({ ok: false, error: { kind: 'job_damaged', id: damaged } })
  })
})
