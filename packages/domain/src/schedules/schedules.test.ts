import { err, ok } from '@yardmaster/common'
import { arrange } from '@yardmaster/db/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { removeProject } from '../execution/remove-project.ts'
import type { Commit, Repositories } from '../ports.ts'
import { createProject, updateProject } from '../projects/change-project.ts'
import { noRepositories } from '../testing/no-repositories.ts'
import { createFrom, takeNext } from '../testing/pipeline-scene.ts'
import { database, recordFailures, services, setUpScene } from '../testing/scene.ts'
import { steadyClock } from '../testing/steady-clock.ts'
import { createSchedule, type ScheduleRequest } from './create-schedule.ts'
import { removeSchedule } from './remove-schedule.ts'
import { runDueSchedules } from './run-due-schedules.ts'
import { runSchedule } from './run-schedule.ts'
import { isPausedByFailures, type Schedule } from './schedule.ts'
import { updateSchedule } from './update-schedule.ts'

setUpScene()

const CONTENT = 'job: { script: [x], variables: { COLOUR: red } }'
/** Names a job that does not exist. */
const BROKEN = 'job: { script: [x], needs: [nothing] }'
const MISSING = 999_999

/** The services at a time of the wall clock. */
const at = (time: string) => ({ ...services, clock: steadyClock(() => new Date(time)) })
const START = '2027-01-01T12:00:00Z'

let projectId = 0
let count = 0
beforeEach(async () => {
  await arrange(database.db, 'delete from schedules')
  const made = await createProject(services, { path: `scheduled/project-${++count}` })
  projectId = made.ok ? made.value.id : 0
})

const request = (given: Partial<ScheduleRequest> = {}): ScheduleRequest => ({
  projectId,
  description: 'Nightly',
  ...{ cron: '0 4 * * *', timeZone: 'UTC', ref: null, tag: false, sha: null, active: true, createdBy: 'tests' },
  configuration: { content: CONTENT, files: null, inputs: null },
  variables: [],
  ...given,
})

async function create(given: Partial<ScheduleRequest> = {}): Promise<Schedule> {
  const made = await createSchedule(at(START), request(given))
  if (!made.ok) throw new Error(JSON.stringify(made.error))
  return made.value
}

async function find(id: number): Promise<Schedule> {
  const schedule = await services.schedules.find(id)
  if (!schedule) throw new Error(`no schedule ${id}`)
  return schedule
}

/** Stores a configuration that no check has seen, as one that includes a file may become. */
const spoil = (id: number) =>
  services.schedules.update(id, { configuration: { content: BROKEN, files: null, inputs: null } })

const pipelines = () => services.pipelines.list({ projectId, limit: 100 })

describe('a schedule', () => {
  it('is stored with its next run, in its time zone', async () => {
    const schedule = await create({ timeZone: 'America/New_York', ref: 'topic', variables: [{ key: 'A', value: 'b' }] })
    expect(schedule).toMatchObject({
      ...{ projectId, description: 'Nightly', cron: '0 4 * * *', ref: 'topic', active: true, createdBy: 'tests' },
      nextRunAt: new Date('2027-01-02T09:00:00Z'),
      ...{ lastRunAt: null, lastPipeline: null, failures: 0, lastFailure: null },
    })
    expect(await services.schedules.contents(schedule.id)).toEqual({
      configuration: { content: CONTENT, files: null, inputs: null },
      variables: [{ key: 'A', value: 'b' }],
    })
    expect(await pipelines()).toEqual([])
  })

  it('is refused without a time, a configuration that compiles, or its project', async () => {
    const refused = async (given: Partial<ScheduleRequest>) => {
      const made = await createSchedule(at(START), request(given))
      return made.ok ? null : made.error
    }
    expect(await refused({ cron: '0 0 31 2 *' })).toMatchObject({ kind: 'schedule_invalid', field: 'cron' })
    const configuration = { content: BROKEN, files: null, inputs: null }
    expect(await refused({ configuration })).toMatchObject({
      kind: 'config_invalid',
      errors: [{ message: expect.stringContaining('nothing') }],
    })
    expect(await refused({ projectId: MISSING })).toEqual({ kind: 'project_not_found', id: MISSING })
    expect(await services.schedules.list({ projectId, limit: 10 })).toEqual([])
  })

  it('keeps what is not given when it is changed', async () => {
    const variables = [
      { key: 'A', value: 'secret', masked: true },
      { key: 'B', value: '2' },
    ]
    const { id, nextRunAt } = await create({ variables })
    const files = { 'a.txt': 'text' }
    expect(await updateSchedule(at('2027-01-01T13:00:00Z'), id, { description: 'Other', files })).toMatchObject({
      value: { description: 'Other', cron: '0 4 * * *', nextRunAt },
    })
    expect(await services.schedules.contents(id)).toEqual({
      configuration: { content: CONTENT, files, inputs: null },
      variables,
    })
    await updateSchedule(at(START), id, { variables: (present) => present.filter(({ key }) => key === 'A') })
    expect(await services.schedules.contents(id)).toMatchObject({ variables: [variables[0]] })
    expect(await updateSchedule(at('2027-01-01T13:00:00Z'), id, { cron: '0 14 * * *' })).toMatchObject({
      value: { nextRunAt: new Date('2027-01-01T14:00:00Z') },
    })
    expect(await updateSchedule(at(START), id, { content: BROKEN })).toMatchObject({
      error: { kind: 'config_invalid' },
    })
    expect(await updateSchedule(at(START), id, { timeZone: 'Mars/X' })).toMatchObject({
      error: { kind: 'schedule_invalid', field: 'timeZone' },
    })
    expect(await updateSchedule(at(START), MISSING, {})).toEqual({
      ok: false,
      error: { kind: 'schedule_not_found', id: MISSING },
    })
  })

  it('is removed with its project', async () => {
    const [one, other] = [await create(), await create()]
    expect(await removeSchedule(services, one.id)).toEqual({ ok: true, value: null })
    expect(await removeSchedule(services, one.id)).toMatchObject({ error: { kind: 'schedule_not_found' } })
    await removeProject(services, projectId)
    expect(await services.schedules.find(other.id)).toBeNull()
    expect(await database.db.query('select id from schedules')).toEqual([])
  })

  it('whose stored parts are damaged or newer is not changed half, and not run', async () => {
    const { id } = await create()
    const run = () => runSchedule(services, { id, createdBy: null })
    const unreadable = (because: string) => ({ ok: false, error: { kind: 'schedule_unreadable', id, because } })
    await arrange(database.db, `update schedules set configuration = 'ymbound2 from a newer release'`)
    expect(await run()).toEqual(unreadable('newer'))
    expect(await updateSchedule(services, id, { content: CONTENT, variables: () => [] })).toEqual(unreadable('newer'))
    await runDueSchedules(at('2027-01-02T04:00:00Z'))
    expect(await find(id)).toMatchObject({ failures: 0, lastRunAt: null })
    await arrange(database.db, `update schedules set configuration = 'rubbish', taken_until = null`)
    expect(await run()).toEqual(unreadable('damaged'))
    expect(await updateSchedule(services, id, { content: CONTENT })).toEqual(unreadable('damaged'))
    await runDueSchedules(at('2027-01-02T04:00:00Z'))
    expect(await find(id)).toMatchObject({ failures: 1, lastFailure: expect.stringContaining('can no longer be read') })
    expect(await updateSchedule(services, id, { content: CONTENT, variables: () => [] })).toMatchObject({ ok: true })
    expect(await run()).toMatchObject({ ok: true })
  })
})

describe('a run', () => {
  it('creates a pipeline once it is due, with the variables of the schedule above all others', async () => {
    await updateProject(services, projectId, { variables: [{ key: 'COLOUR', value: 'blue' }] })
    const { id } = await create({ ref: 'topic', variables: [{ key: 'COLOUR', value: 'green' }] })
    await runDueSchedules(at('2027-01-02T03:59:59Z'))
    expect(await pipelines()).toEqual([])
    await runDueSchedules(at('2027-01-02T04:00:00Z'))
    await services.background.settle()
    const [pipeline, ...others] = await pipelines()
    expect(others).toEqual([])
    expect(pipeline).toMatchObject({ source: 'schedule', ref: 'topic', createdBy: 'tests' })
    expect(await find(id)).toMatchObject({
      lastRunAt: new Date('2027-01-02T04:00:00Z'),
      nextRunAt: new Date('2027-01-03T04:00:00Z'),
      lastPipeline: { id: pipeline?.id, status: 'pending', hasAllowedFailures: false },
    })
    const job = await takeNext()
    expect(job?.variable('COLOUR')).toBe('green')
    expect(job?.variable('CI_PIPELINE_SOURCE')).toBe('schedule')
    expect(job?.variable('CI_COMMIT_BRANCH')).toBe('topic')
  })

  it('names its schedule in rules, in the name of the pipeline and to the job, with nothing put in', async () => {
    const content = `
      workflow: { name: "$CI_PIPELINE_SCHEDULE_DESCRIPTION" }
      named: { script: [x], rules: [{ if: $CI_PIPELINE_SCHEDULE_DESCRIPTION =~ /^Nightly/ }] }
      other: { script: [x], rules: [{ if: $CI_PIPELINE_SCHEDULE_DESCRIPTION == "Weekly" }] }`
    const description = 'Nightly $CI_JOB_TOKEN'
    await create({ description, configuration: { content, files: null, inputs: null } })
    await runDueSchedules(at('2027-01-02T04:00:00Z'))
    await services.background.settle()
    expect(await pipelines()).toMatchObject([{ name: description }])
    const job = await takeNext()
    expect(job?.name).toBe('named')
    expect(job?.variable('CI_PIPELINE_SCHEDULE_DESCRIPTION')).toBe(description)
    await createFrom(content.replace(/named: .*/, 'named: { script: [x] }'), { projectId })
    const unscheduled = await takeNext()
    expect(unscheduled?.name).toBe('named')
    expect(unscheduled?.variable('CI_PIPELINE_SCHEDULE_DESCRIPTION')).toBeUndefined()
  })

  it('comes once for all that were missed', async () => {
    const { id } = await create()
    await runDueSchedules(at('2027-02-01T10:00:00Z'))
    await runDueSchedules(at('2027-02-01T10:00:01Z'))
    expect(await pipelines()).toHaveLength(1)
    expect(await find(id)).toMatchObject({ nextRunAt: new Date('2027-02-02T04:00:00Z') })
  })

  it('comes once however many processes look', async () => {
    for (let one = 0; one < 6; one++) await create()
    const later = at('2027-01-02T04:00:00Z')
    await Promise.all([runDueSchedules(later), runDueSchedules(later), runDueSchedules(later)])
    expect(await pipelines()).toHaveLength(6)
  })

  it('is made up for when its process died, and is not doubled when that process lived after all', async () => {
    const { id } = await create()
    const now = new Date('2027-01-02T04:00:00Z')
    const take = () => services.schedules.takeDue({ now, limit: 10, leaseMs: 300_000 })
    expect(await take()).toMatchObject([{ id, nextRunAt: now, ciEnabled: true }])
    expect(await take()).toEqual([])
    await runDueSchedules(at(now.toISOString()))
    expect(await pipelines()).toEqual([])
    await arrange(database.db, "update schedules set taken_until = now() - interval '1 second'")
    await runDueSchedules(at(now.toISOString()))
    expect(await pipelines()).toHaveLength(1)
    await services.background.settle()
    const noted = await find(id)
    await services.schedules.noteRun(id, {
      ...{ dueAt: now, nextRunAt: null, runAt: now, failures: 4, lastFailure: 'late', active: false },
    })
    expect(await find(id)).toEqual(noted)
  })

  it('creates nothing when its schedule is changed or removed meanwhile', async () => {
    const { id } = await create()
    const other = await create()
    const meanwhile = at('2027-01-02T04:00:00Z')
    const changing = {
      ...meanwhile,
      configs: {
        plan: async (...args: Parameters<typeof services.configs.plan>) => {
          await services.schedules.update(id, { active: false })
          await services.schedules.remove(other.id)
          return await services.configs.plan(...args)
        },
      },
    }
    await runDueSchedules(changing)
    expect(await pipelines()).toEqual([])
    expect(await find(id)).toMatchObject({ active: false, lastRunAt: null, lastPipeline: null })
  })

  it('passes while the project runs no jobs', async () => {
    const { id } = await create()
    await updateProject(services, projectId, { ciEnabled: false })
    await runDueSchedules(at('2027-01-02T04:00:00Z'))
    await updateProject(services, projectId, { ciEnabled: true })
    await runDueSchedules(at('2027-01-02T05:00:00Z'))
    expect(await pipelines()).toEqual([])
    expect(await find(id)).toMatchObject({ nextRunAt: new Date('2027-01-03T04:00:00Z'), lastRunAt: null, failures: 0 })
  })

  it('that creates nothing by the rules of its configuration says so, and is no failure', async () => {
    const content = 'workflow: { rules: [{ if: $CI_PIPELINE_SOURCE == "push" }] }\njob: { script: [x] }'
    const { id } = await create({ configuration: { content, files: null, inputs: null } })
    await runDueSchedules(at('2027-01-02T04:00:00Z'))
    expect(await find(id)).toMatchObject({
      lastRunAt: new Date('2027-01-02T04:00:00Z'),
      ...{ failures: 0, lastFailure: 'The rules of the workflow allow no pipeline.', active: true },
    })
  })

  it('that fails five times in a row pauses its schedule until it is switched on again', async () => {
    const { id } = await create()
    await spoil(id)
    for (let day = 2; day <= 5; day++) await runDueSchedules(at(`2027-01-0${day}T04:00:00Z`))
    expect(await find(id)).toMatchObject({ active: true, failures: 4, lastFailure: expect.stringContaining('nothing') })
    await runDueSchedules(at('2027-01-06T04:00:00Z'))
    const paused = await find(id)
    expect(paused).toMatchObject({ active: false, failures: 5 })
    expect(isPausedByFailures(paused)).toBe(true)
    await updateSchedule(services, id, { content: CONTENT })
    await runDueSchedules(at('2027-01-07T04:00:00Z'))
    expect(await pipelines()).toEqual([])
    expect(await updateSchedule(at('2027-01-08T00:00:00Z'), id, { active: true })).toMatchObject({
      value: { failures: 0, lastFailure: null, nextRunAt: new Date('2027-01-08T04:00:00Z') },
    })
    await runDueSchedules(at('2027-01-08T04:00:00Z'))
    expect(await pipelines()).toHaveLength(1)
  })

  it('that throws is reported, and does not stop the others', async () => {
    const [one, other] = [await create(), await create()]
    const failures: string[] = []
    await runDueSchedules({
      ...at('2027-01-02T04:00:00Z'),
      background: recordFailures(failures),
      schedules: {
        ...services.schedules,
        contents: (id) => (id === one.id ? Promise.reject(new Error('no disk')) : services.schedules.contents(id)),
      },
    })
    expect(failures).toEqual([`run schedule ${one.id}`])
    expect(await find(other.id)).toMatchObject({ lastPipeline: { id: expect.any(Number) } })
  })
})

describe('a run by hand', () => {
  it('creates a pipeline at once, of an inactive schedule as well, and leaves the next run', async () => {
    const { id, nextRunAt } = await create({ active: false })
    const made = await runSchedule(at(START), { id, createdBy: 'another' })
    const [pipeline] = await pipelines()
    expect(made).toMatchObject({ ok: true, value: { id: pipeline?.id } })
    expect(pipeline).toMatchObject({ source: 'schedule', createdBy: 'another' })
    expect(await find(id)).toMatchObject({ active: false, nextRunAt, lastRunAt: new Date(START), failures: 0 })
  })

  it('that is refused counts as no failure', async () => {
    const { id } = await create()
    await spoil(id)
    expect(await runSchedule(services, { id, createdBy: null })).toMatchObject({ error: { kind: 'config_invalid' } })
    expect(await find(id)).toMatchObject({ failures: 0, lastRunAt: null })
    expect(await runSchedule(services, { id: MISSING, createdBy: null })).toMatchObject({
      error: { kind: 'schedule_not_found' },
    })
  })
})

describe('a schedule whose configuration is in the repository', () => {
  const SHA = 'b2'.repeat(20)
  const commit: Commit = {
    ...{ sha: SHA, parents: [], message: 'Light the lamp', author: { name: 'Ada', email: 'ada@example.com' } },
    ...{ authoredAt: '2026-03-01T12:00:00+01:00', committedAt: '2026-03-01T12:00:00+01:00' },
  }
  const repository = (over: Partial<Repositories> = {}): Repositories => ({
    ...noRepositories,
    resolve: async () => ok(SHA),
    commit: async () => ok(commit),
    readFile: async (_, { path }) => ok(path === '.gitlab-ci.yml' ? CONTENT : null),
    changedPaths: async () => ok([]),
    ...over,
  })
  const configuration = { content: null, files: null, inputs: null }
  const reading = (time: string, over: Partial<Repositories> = {}) => ({ ...at(time), repositories: repository(over) })

  async function createReading(): Promise<Schedule> {
    const made = await createSchedule(reading(START), request({ configuration }))
    if (!made.ok) throw new Error(JSON.stringify(made.error))
    return made.value
  }

  it('runs what is there at the time', async () => {
    const { id } = await createReading()
    expect(await services.schedules.contents(id)).toMatchObject({ configuration })
    await runDueSchedules(reading('2027-01-02T04:00:00Z'))
    expect(await pipelines()).toMatchObject([{ source: 'schedule', sha: SHA, commitTitle: 'Light the lamp' }])
    expect((await takeNext())?.name).toBe('job')
    const given = await updateSchedule(reading(START), id, { content: CONTENT })
    expect(given).toMatchObject({ ok: true })
    expect(await services.schedules.contents(id)).toMatchObject({ configuration: { content: CONTENT } })
    expect(await updateSchedule(reading(START), id, { content: null })).toMatchObject({ ok: true })
    expect(await services.schedules.contents(id)).toMatchObject({ configuration })
  })

  it('is not made for a project that has none', async () => {
    const refused = async (over: Partial<Repositories>) => {
      const made = await createSchedule(reading(START, over), request({ configuration }))
      return made.ok ? null : made.error.kind
    }
    expect(await refused(noRepositories)).toBe('config_missing')
    expect(await refused({ readFile: async () => ok(null) })).toBe('config_missing')
    expect(await refused({ resolve: async () => err({ kind: 'ref_not_found', ref: 'main' }) })).toBe('ref_not_found')
  })

  it('fails when it has lost its configuration, and is not blamed for a repository that is away', async () => {
    const { id } = await createReading()
    const away = async () => err({ kind: 'repository_unavailable' as const, projectId, reason: 'It is away.' })
    await runDueSchedules(reading('2027-01-02T04:00:00Z', { resolve: away }))
    expect(await find(id)).toMatchObject({
      ...{ failures: 0, lastFailure: 'It is away.', active: true },
      nextRunAt: new Date('2027-01-03T04:00:00Z'),
    })
    await runDueSchedules(reading('2027-01-03T04:00:00Z', { readFile: async () => ok(null) }))
    expect(await find(id)).toMatchObject({ failures: 1, lastFailure: expect.stringContaining('no configuration') })
    await runDueSchedules(reading('2027-01-04T04:00:00Z'))
    expect(await find(id)).toMatchObject({ failures: 0, lastFailure: null })
    expect(await pipelines()).toHaveLength(1)
  })
})
