import { describe, expect, it } from 'vitest'
import { createProject } from '../projects/change-project.ts'
import {
  create,
  createMany,
  database,
  find,
  recordFailures,
  say,
  services,
  setUpScene,
  statusOf,
  take,
} from '../testing/scene.ts'
import { cancelJob } from './cancel-job.ts'
import { endRemovedJobs } from './end-removed-jobs.ts'
import { removeProject } from './remove-project.ts'

setUpScene()

let made = 0
async function makeProject(): Promise<number> {
  const project = await createProject(services, { path: `remove/number-${++made}` })
  if (!project.ok) throw new Error(project.error.kind)
  return project.value.id
}
const DELETED = { status: 'failed', failureReason: 'project_deleted', retriedBy: null }

describe('removing a project', () => {
  it('ends its jobs, whatever they do, and leaves them visible', async () => {
    const id = await makeProject()
    await create({ retry: 2 }, id)
    const running = await take()
    await say(running, 'running')
    await create({}, id)
    const canceling = await take()
    await say(canceling, 'running')
    await cancelJob(services, { id: canceling.id })
    const waiting = await create({}, id)
    const byHand = await create({ when: 'manual' }, id)
    expect(await removeProject(services, id)).toEqual({ ok: true, value: null })
    expect(await find(running.id)).toMatchObject(DELETED)
    expect(await find(canceling.id)).toMatchObject({ status: 'canceled', failureReason: null })
    expect(await find(waiting)).toMatchObject(DELETED)
    expect(await find(byHand)).toMatchObject(DELETED)
    expect(await services.projects.find(id)).toBeNull()
  })

  it('refuses the reports of its runners', async () => {
    const id = await makeProject()
    await create({}, id)
    const running = await take()
    await removeProject(services, id)
    expect(await say(running, 'success')).toEqual({ ok: false, error: { kind: 'job_project_deleted' } })
  })

  it('frees its path', async () => {
    const first = await createProject(services, { path: 'remove/again' })
    if (first.ok) await removeProject(services, first.value.id)
    expect(await createProject(services, { path: 'remove/again' })).toMatchObject({ ok: true })
  })

  it('is refused for the project default, for one that is not there, and twice', async () => {
    expect(await removeProject(services, 1)).toEqual({
      ok: false,
      error: { kind: 'project_indispensable', path: 'default' },
    })
    const id = await makeProject()
    await removeProject(services, id)
    for (const gone of [id, 999_999]) {
      expect(await removeProject(services, gone)).toEqual({ ok: false, error: { kind: 'project_not_found', id: gone } })
    }
  })
})

describe('the jobs of a removed project', () => {
  it('end with the sweep when the process that removed it died', async () => {
    const id = await makeProject()
    const waiting = await create({}, id)
    expect(await services.projects.remove(id)).toBe(true)
    expect(await statusOf(waiting)).toBe('pending')
    expect(await services.projects.removedWithJobs(10)).toContain(id)
    await endRemovedJobs(services)
    expect(await find(waiting)).toMatchObject(DELETED)
    await endRemovedJobs(services)
    expect(await services.projects.removedWithJobs(10)).not.toContain(id)
  })

  it('all end, also when there are more than are read at once', async () => {
    const id = await makeProject()
    const names = Array.from({ length: 101 }, (_, n) => [`job ${n}`, {}] as const)
    const ids = await createMany(Object.fromEntries(names))
    await database.db.query('update jobs set project_id = $2 where id = any ($1::integer[])', [ids, id])
    await removeProject(services, id)
    await services.background.settle()
    expect(await services.jobs.list({ projectId: id, status: 'failed', limit: 500 })).toHaveLength(101)
  })

  it('end, although one of them cannot be ended', async () => {
    const id = await makeProject()
    const [broken, other] = [await create({}, id), await create({}, id)]
    const failures: string[] = []
    const jobs: typeof services.jobs = {
      ...services.jobs,
      dropWaiting: (job, reason) =>
        job === broken ? Promise.reject(new Error('damaged')) : services.jobs.dropWaiting(job, reason),
    }
    await removeProject({ ...services, jobs, background: recordFailures(failures) }, id)
    await services.background.settle()
    expect([await statusOf(broken), await statusOf(other)]).toEqual(['pending', 'failed'])
    expect(failures).toEqual([`end a job of a removed project ${broken}`])
    await endRemovedJobs(services)
    expect(await statusOf(broken)).toBe('failed')
  })
})
