import type { Project } from '@yardmaster/domain/projects'
import type { Runner } from '@yardmaster/domain/runners'
import { beforeEach, describe, expect, it } from 'vitest'
import { KNOWN_VERSION } from './encrypted-values.ts'
import { type EncryptedPlace, placeOf } from './secrets.ts'
import { sampleClaim, sampleJob, samplePipeline, sampleRunner } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()
const NEWER = { version: KNOWN_VERSION + 1 }
const TOKEN = 'digest of a token'
let project: Project
let runner: Runner

beforeEach(async () => {
  project = await makeProject(test)
  runner = await test.stores.runners.create(
    sampleRunner({ runnerType: 'project_type', projectIds: [project.id], maximumTimeout: 60 }),
  )
})

async function create(timeout: number | null = null): Promise<number> {
  const [id = 0] = await test.stores.jobs.create(samplePipeline(project.id, { jobs: [sampleJob({ timeout })] }))
  return id
}

const find = async (id: number) => {
  const job = await test.stores.jobs.find(id)
  if (!job) throw new Error(`no job ${id}`)
  return job
}

const claim = () => test.stores.jobs.claim(sampleClaim(runner, { tokenDigest: TOKEN, session: SESSION }))
const SESSION = { url: 'https://runner.example', certificate: '', authorization: 'x' }

const encrypt = (value: unknown, place: EncryptedPlace) => test.secrets.encrypt(JSON.stringify(value), place)

/** Replaces the definition by one of a newer version, without changing other columns. */
async function storeNewer(id: number): Promise<void> {
  const { pipelineId, name } = await find(id)
  await test.db.query('update job_secrets set definition = $2 where job_id = $1', [
    id,
    encrypt({ ...NEWER, script: ['x'] }, placeOf('job_secrets.definition', pipelineId, name)),
  ])
}

const leave = (id: number, given: object = {}) =>
  test.stores.jobs.leaveToNewer({ id, tokenDigest: TOKEN, part: 'job', timeout: null, ...NEWER, ...given })

describe('a job that a newer release stored', () => {
  it('is put back as it was, and skipped from then on', async () => {
    const id = await create(3600)
    await storeNewer(id)
    const wholeRow = () => test.db.query('select * from jobs where id = $1', [id])
    const before = (await wholeRow())[0]
    expect(await claim()).toEqual({ kind: 'newer', jobId: id, part: 'job', ...NEWER, timeout: 3600 })
    expect(await leave(id, { timeout: 3600 })).toBe(true)
    expect(await wholeRow()).toEqual([{ ...before, updated_at: expect.any(Date) }])
    expect(await test.db.query('select session from job_secrets where job_id = $1', [id])).toEqual([{ session: null }])
    expect(await claim()).toEqual({ kind: 'left' })

    const other = await create()
    expect(await claim()).toMatchObject({ kind: 'taken', taken: { job: { id: other } } })
  })

  it('is skipped at once when the newer release marked it', async () => {
    const id = await create()
    await test.db.query('update pending_jobs set version = $2 where job_id = $1', [id, NEWER.version])
    const before = await find(id)
    expect(await claim()).toEqual({ kind: 'left' })
    expect(await find(id)).toEqual(before)
    expect(await test.stores.jobs.countLeftToNewer()).toBeGreaterThan(0)
  })

  it('does not make runners ask again that could not take it anyway', async () => {
    await create()
    await test.db.query('update pending_jobs set version = $1', [NEWER.version])
    const other = await makeProject(test)
    runner = await test.stores.runners.create(sampleRunner({ runnerType: 'project_type', projectIds: [other.id] }))
    expect(await claim()).toEqual({ kind: 'none' })
  })

  it('is not put back when the claim is no longer in force', async () => {
    const id = await create()
    await claim()
    expect(await leave(id, { tokenDigest: 'another' })).toBe(false)
    await test.stores.jobs.beginCanceling(id)
    expect(await leave(id)).toBe(false)
    expect(await leave(2_147_483_000)).toBe(false)
    expect((await find(id)).status).toBe('canceling')
  })

  it('has a definition that is recognised as newer', async () => {
    const id = await create()
    await storeNewer(id)
    expect(await test.stores.jobs.definition(id)).toBe('newer')
  })

  it('keeps its version when it is queued again or retried', async () => {
    const [manual = 0, failed = 0] = await test.stores.jobs.create(
      samplePipeline(project.id, { jobs: [sampleJob({}, { status: 'manual' }), sampleJob()] }),
    )
    await test.db.query('update job_secrets set version = $2 where job_id = any ($1)', [[manual, failed], 7])
    await arrange(test.db, "update jobs set status = 'failed', finished_at = now() where id = $1", [failed])
    await test.db.query('delete from pending_jobs where job_id = $1', [failed])
    await test.stores.jobs.play(manual, [])
    const again = await test.stores.jobs.retry(failed, { tags: [], allowFailure: false, timeout: null })
    const rows = await test.db.query('select version from pending_jobs where job_id = any ($1)', [[manual, again]])
    expect(rows).toEqual([{ version: 7 }, { version: 7 }])
    expect(await test.db.query('select version from job_secrets where job_id = $1', [again])).toEqual([{ version: 7 }])
  })
})

describe('variables that a newer release stored', () => {
  it('in a pipeline leave its job to that release', async () => {
    const id = await create()
    const { pipelineId } = await find(id)
    const encrypted = encrypt({ ...NEWER, list: [] }, placeOf('pipelines.variables', pipelineId))
    await test.db.query('update pipelines set variables = $2 where id = $1', [pipelineId, encrypted])
    expect(await test.stores.jobs.pipelineVariables(id)).toBe('newer')
    expect(await claim()).toMatchObject({ kind: 'newer', part: 'job' })
    expect(await leave(id)).toBe(true)
    expect(await claim()).toEqual({ kind: 'left' })
  })

  it('in a project leave all its jobs to that release, until they are set again', async () => {
    const id = await create()
    const encrypted = encrypt({ ...NEWER, list: [] }, placeOf('projects.variables', project.id))
    await test.db.query('update projects set variables = $2 where id = $1', [project.id, encrypted])
    expect(await claim()).toMatchObject({ kind: 'newer', part: 'project' })
    expect(await leave(id, { part: 'project' })).toBe(true)
    await create()
    expect(await claim()).toEqual({ kind: 'left' })
    expect(await test.stores.projects.find(project.id)).toMatchObject({ damaged: ['variables'] })
    await test.stores.projects.update(project.id, { variables: [] })
    expect(await claim()).toMatchObject({ kind: 'taken', taken: { job: { id } } })
  })
})

describe('a value that a newer release encrypted in another way', () => {
  it('is not damaged', async () => {
    const id = await create()
    await test.db.query(
      "update job_secrets set definition = 'ymbound2 and what that release wrote' where job_id = $1",
      [id],
    )
    expect(await test.stores.jobs.definition(id)).toBe('newer')
    expect(await claim()).toMatchObject({ kind: 'newer' })
  })
})
