import { DEFINITION, type JobDefinition } from '@yardmaster/ci-config'
import { describe, expect, it } from 'vitest'
import { catchUp } from '../processing/follow-up.ts'
import { retryJob } from '../processing/retry-job.ts'
import {
  ask,
  create,
  createMany,
  database,
  find,
  recordFailures,
  runner,
  say,
  services,
  setUpScene,
  take,
} from '../testing/scene.ts'
import { byNewerRelease, changeStored, DAMAGED_BYTES } from '../testing/stored-definition.ts'
import { claimJob } from './claim-job.ts'

setUpScene()

describe('a damaged job', () => {
  it.each([
    ['definition', (id: number) => `update job_secrets set definition = ${DAMAGED_BYTES} where job_id = ${id}`],
    [
      'pipeline',
      (id: number) =>
        `update pipelines set variables = ${DAMAGED_BYTES} where id = (select pipeline_id from jobs where id = ${id})`,
    ],
  ])('in its %s fails once when a runner claims it, and the runner gets the next job', async (_, statement) => {
    const id = await create({ retry: { max: 2, when: 'api_failure' } })
    const next = await create()
    await database.db.query(statement(id))
    expect((await take()).id).toBe(next)
    expect(await find(id)).toMatchObject({ status: 'failed', failureReason: 'data_integrity_failure' })
    await catchUp(services)
    expect((await find(id)).retriedBy).toBeNull()
  })

  it('with text that is not a definition is detected as well', async () => {
    const id = await create()
    await changeStored(id, () => ({}))
    expect((await ask()).kind).toBe('nothing')
    expect(await find(id)).toMatchObject({ status: 'failed', failureReason: 'data_integrity_failure' })
  })
})

describe('a payload that cannot be made', () => {
  it('fails its job, which is retried twice and then no more', async () => {
    const id = await create()
    const found = await services.runners.find(runner.id)
    if (!found) throw new Error('no runner')
    const background = recordFailures([])
    for (let attempt = 0; attempt < 3; attempt++) {
      const search = {
        ...{ runner: found, managerId: null, features: [], jobAge: null, session: null, answersHold: false },
        isGone: () => false,
      }
      const claimed = await claimJob({ ...services, background }, search, () => Promise.reject(new Error('no payload')))
      expect(claimed).toEqual({ ok: true, value: null })
      await services.background.settle()
    }
    const { pipelineId } = await find(id)
    const attempts = await services.jobs.list({ pipelineId, limit: 10 })
    expect(attempts.map(({ status, failureReason }) => [status, failureReason])).toEqual(
      Array.from({ length: 3 }, () => ['failed', 'scheduler_failure']),
    )
  })
})

describe('a job that was stored by a release without one of the keywords', () => {
  const FEATURES = { native_steps_integration: true }
  const RICH = { image: 'alpine:3', cache: { key: 'a' }, artifacts: { paths: ['out'] }, retry: 1 }
  /** A definition of steps, without a script. */
  const STEPS = { script: undefined, run: [{ name: 'hello', script: 'echo hello' }] }

  it.each(Object.keys(DEFINITION) as (keyof JobDefinition)[])('runs, and runs again: %s', async (key) => {
    const id = await create(key === 'script' ? STEPS : RICH)
    await changeStored(id, (stored) =>
      Object.fromEntries(Object.entries(stored).filter(([name]) => name !== key && name !== 'version')),
    )
    const taken = await take(FEATURES)
    expect(taken.id).toBe(id)
    await say(taken, 'failed')
    if ((await find(id)).retriedBy === null) expect(await retryJob(services, id)).toMatchObject({ ok: true })
    expect((await take(FEATURES)).id).toBe((await find(id)).retriedBy)
  })
})

describe('a job that was stored by a newer release', () => {
  it('waits, and its runner polls again, because another process may hand it out', async () => {
    const id = await create()
    await changeStored(id, byNewerRelease)
    for (const _ of ['put back', 'passed over']) {
      expect(await ask()).toMatchObject({ kind: 'nothing', queueValue: null })
      expect(await find(id)).toMatchObject({ status: 'pending', runnerId: null, startedAt: null, failureReason: null })
    }
    const next = await create()
    expect((await take()).id).toBe(next)
    expect(await services.jobs.countLeftToNewer()).toBe(1)
  })

  it('is also put back when only a report that it depends on is newer', async () => {
    const [build = 0, test = 0] = await createMany({ build: {}, test: { needs: ['build'], dependencies: ['build'] } })
    await say(await take(), 'success')
    await services.background.settle()
    const place = { column: 'job_reports.dotenv', row: `${build}` } as const
    const dotenv = database.secrets.encrypt(JSON.stringify({ version: 99, list: [] }), place)
    await database.db.query('insert into job_reports (job_id, dotenv) values ($1, $2)', [build, dotenv])
    expect((await ask()).kind).toBe('nothing')
    expect(await find(test)).toMatchObject({ status: 'pending', runnerId: null })
  })
})
