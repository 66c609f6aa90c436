import { DEFINITION, type JobDefinition, storedDefinition } from '@yardmaster/ci-config'
import { catchUp } from '@yardmaster/domain/processing'
import { describe, expect, it } from 'vitest'
import {
  cancel,
  create,
  createMany,
  find,
  gateway,
  runner,
  say,
  services,
  statusOf,
  take,
} from './testing/job-scene.ts'

const FEATURES = { native_steps_integration: true }
const RICH = { image: 'alpine:3', cache: { key: 'a' }, artifacts: { paths: ['out'] }, retry: 1 }
/** A definition of steps, without a script. */
const STEPS = { script: undefined, run: [{ name: 'hello', script: 'echo hello' }] }

/** Stores a job's definition again as returned by `change`. */
async function store(id: number, change: (stored: object) => object): Promise<void> {
  const { pipelineId, name } = await find(id)
  const definition = await services.jobs.definition(id)
  if (!definition || definition === 'newer') throw new Error(`job ${id} has no definition`)
  const place = { column: 'job_secrets.definition', row: `${pipelineId}:${name}` } as const
  await gateway.database.db.query('update job_secrets set definition = $2 where job_id = $1', [
    id,
    gateway.database.secrets.encrypt(JSON.stringify(change(storedDefinition(definition))), place),
  ])
}

const without = (key: string) => (stored: object) =>
  Object.fromEntries(Object.entries(stored).filter(([name]) => name !== key && name !== 'version'))

describe('a job that was stored by a release without one of the keywords', () => {
  it.each(Object.keys(DEFINITION) as (keyof JobDefinition)[])('runs, and runs again: %s', async (key) => {
    const id = await create(key === 'script' ? STEPS : RICH)
    await store(id, without(key))
    const taken = await take(FEATURES)
    expect(taken.id).toBe(id)
    await say(taken, 'failed')
    await services.background.settle()
    const { retriedBy } = await find(id)
    const again = retriedBy ?? (await gateway.admin<{ id: number }>('mutation', 'jobs.retry', { id })).id
    expect((await take(FEATURES)).id).toBe(again)
  })

  it('is explained and shown', async () => {
    const id = await create(RICH)
    for (const key of ['inputs', 'artifacts', 'variables']) await store(id, without(key))
    expect(await gateway.admin('query', 'jobs.explain', { id })).toMatchObject({ jobId: id })
    expect(await gateway.admin('query', 'jobs.details', { id })).toMatchObject({ variables: [] })
  })

  it('is stored with a version today', async () => {
    const id = await create()
    const [row] = await gateway.database.db.query<{ definition: Uint8Array }>(
      'select definition from job_secrets where job_id = $1',
      [id],
    )
    const place = { column: 'job_secrets.definition', row: `${(await find(id)).pipelineId}:a` } as const
    const text = gateway.database.secrets.decrypt(row?.definition ?? new Uint8Array(), place)
    expect(JSON.parse(text)).toMatchObject({ version: 1, script: ['true'] })
  })
})

describe('a job that was stored by a newer release', () => {
  const byNewer = (stored: object) => ({ ...stored, version: 99 })
  const ask = () => gateway.post('/jobs/request', { token: runner.token, system_id: 's_1' })

  it('waits, and its runner polls again, because another process may hand it out', async () => {
    const id = await create()
    await store(id, byNewer)
    for (const _ of ['put back', 'passed over']) {
      const answer = await ask()
      expect(answer.status).toBe(204)
      expect(answer.headers['x-gitlab-last-update']).toBeUndefined()
      expect(await find(id)).toMatchObject({ status: 'pending', runnerId: null, startedAt: null, failureReason: null })
    }
    const next = await create()
    expect((await take()).id).toBe(next)
    expect(await services.jobs.countLeftToNewer()).toBe(1)
  })

  it('stays created, while other jobs of its pipeline start', async () => {
    const [build = 0, newer = 0, other = 0] = await createMany({
      build: {},
      newer: { needs: ['build'] },
      other: { needs: ['build'] },
    })
    await store(newer, byNewer)
    await say(await take(), 'success')
    expect([await statusOf(build), await statusOf(newer), await statusOf(other)]).toEqual([
      'success',
      'created',
      'pending',
    ])
  })

  it('is not retried after a failure, because the newer release decides', async () => {
    const id = await create({ retry: 2 })
    const taken = await take()
    await store(id, byNewer)
    await say(taken, 'failed')
    await services.background.settle()
    await catchUp(services)
    expect(await find(id)).toMatchObject({ status: 'failed', retriedBy: null })
    expect(await services.jobs.retryUndecided(0, 100)).toContain(id)
    await expect(gateway.admin('mutation', 'jobs.retry', { id })).rejects.toThrow('A newer release created job')
  })

  it('cannot be explained or shown in detail, and can be canceled', async () => {
    const id = await create()
    await store(id, byNewer)
    for (const procedure of ['jobs.explain', 'jobs.details']) {
      await expect(gateway.admin('query', procedure, { id })).rejects.toThrow('A newer release of Yardmaster created')
    }
    expect(await gateway.admin('query', 'jobs.get', { id })).toMatchObject({ id, status: 'pending' })
    await cancel(id)
    expect(await statusOf(id)).toBe('canceled')
  })

  it('is also put back when only a report that it depends on is newer', async () => {
    const [build = 0, test = 0] = await createMany({ build: {}, test: { needs: ['build'], dependencies: ['build'] } })
    await say(await take(), 'success')
    await services.background.settle()
    const place = { column: 'job_reports.dotenv', row: `${build}` } as const
    const dotenv = gateway.database.secrets.encrypt(JSON.stringify({ version: 99, list: [] }), place)
    await gateway.database.db.query('insert into job_reports (job_id, dotenv) values ($1, $2)', [build, dotenv])
    expect((await ask()).status).toBe(204)
    expect(await find(test)).toMatchObject({ status: 'pending', runnerId: null })
  })
})
