import type { NewArtifact } from '@yardmaster/domain/ports'
import { beforeEach, describe, expect, it } from 'vitest'
import { sampleClaim, samplePipeline, sampleRunner, unique } from './testing/samples.ts'
import { useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()
let projectId: number
let jobId: number

beforeEach(async () => {
  const project = await test.stores.projects.create({ path: unique() })
  projectId = project?.id ?? 0
  const runner = await test.stores.runners.create(sampleRunner({ runnerType: 'project_type', projectIds: [projectId] }))
  const [id = 0] = await test.stores.jobs.create(samplePipeline(projectId))
  await test.stores.jobs.claim(sampleClaim(runner))
  jobId = id
})

const LATER = new Date(Date.now() + 3_600_000)
const EARLIER = new Date(Date.now() - 3_600_000)

const artifact = (given: Partial<NewArtifact> = {}): NewArtifact => ({
  jobId,
  type: 'archive',
  format: 'zip',
  filename: 'artifacts.zip',
  size: 1000,
  sha256: 'ab'.repeat(32),
  accessibility: 'public',
  key: `artifacts/${unique()}`,
  listingKey: null,
  expireAt: null,
  ...given,
})

/** Announces and stores an artifact as an upload does. */
async function store(given: Partial<NewArtifact> = {}) {
  const made = artifact(given)
  await test.stores.artifacts.announce([made.key, ...(made.listingKey ? [made.listingKey] : [])], LATER)
  return { key: made.key, outcome: await test.stores.artifacts.store(made) }
}

const setJob = (set: string) => arrange(test.db, `update jobs set ${set} where id = $1`, [jobId])
const strays = (now: Date) => test.stores.artifacts.strays(now, 10_000)
const far = () => new Date(Date.now() + 86_400_000)

describe('storing an artifact', () => {
  it('keeps all that is given, and its objects are no longer strays', async () => {
    const { key, outcome } = await store({ listingKey: `artifacts/${unique()}`, expireAt: LATER })
    expect(outcome).toBe('stored')
    const found = await test.stores.artifacts.find(jobId, 'archive')
    expect(found).toMatchObject({
      key,
      projectId,
      size: 1000,
      expireAt: LATER,
      browsable: true,
      accessibility: 'public',
    })
    expect(await strays(far())).not.toContain(key)
    expect((await test.stores.jobs.find(jobId))?.artifactsExpireAt).toEqual(LATER)
  })

  it('accepts one artifact of a type; the second stays a stray', async () => {
    await store()
    const { key, outcome } = await store()
    expect(outcome).toBe('exists')
    expect(await strays(far())).toContain(key)
    expect((await store({ type: 'junit', format: 'gzip' })).outcome).toBe('stored')
    expect((await test.stores.artifacts.list(jobId)).map(({ type }) => type)).toEqual(['archive', 'junit'])
  })

  it('accepts one artifact of a type when many come at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => store()))
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([...Array(7).fill('exists'), 'stored'])
    expect(await test.stores.artifacts.usage([projectId])).toEqual([
      { projectId, artifactBytes: 1000, artifactCount: 1 },
    ])
  })

  it('is possible while a job is canceling, and refused when it is over, erased or without a project', async () => {
    await setJob("status = 'canceling'")
    expect((await store()).outcome).toBe('stored')
    for (const state of ["status = 'success'", "status = 'running', erased_at = now()"]) {
      await setJob(state)
      expect((await store({ type: 'junit' })).outcome).toBe('not_executing')
    }
    await setJob("status = 'running', erased_at = null")
    await test.stores.projects.remove(projectId)
    expect((await store({ type: 'junit' })).outcome).toBe('not_executing')
  })

  it('refuses objects that may have been swept away meanwhile', async () => {
    expect(await test.stores.artifacts.store(artifact())).toBe('swept')
    const late = artifact()
    await test.stores.artifacts.announce([late.key], EARLIER)
    expect(await test.stores.artifacts.store(late)).toBe('swept')
    expect(await test.stores.artifacts.list(jobId)).toEqual([])
  })

  it('keeps the content of reports, with secrets encrypted', async () => {
    await store({ type: 'dotenv', format: 'gzip', dotenv: [{ key: 'PASSWORD', value: 'hunter2' }] })
    await store({ type: 'annotations', format: 'gzip', annotations: { links: [1] } })
    expect(await test.stores.artifacts.dotenv(jobId)).toEqual([{ key: 'PASSWORD', value: 'hunter2' }])
    const [row] = await test.db.query<{ dotenv: Uint8Array; annotations: unknown }>(
      'select dotenv, annotations from job_reports where job_id = $1',
      [jobId],
    )
    expect(Buffer.from(row?.dotenv ?? []).includes('hunter2')).toBe(false)
    expect(row?.annotations).toEqual({ links: [1] })
  })
})

describe('stored artifacts', () => {
  it('expire when their time is past, and their objects become strays that are due', async () => {
    const listingKey = `artifacts/${unique()}`
    const { key } = await store({ listingKey, expireAt: EARLIER })
    await store({ type: 'junit', expireAt: LATER })
    while ((await test.stores.artifacts.expire(new Date(), 100)) > 0);
    expect((await test.stores.artifacts.list(jobId)).map(({ type }) => type)).toEqual(['junit'])
    expect(await strays(far())).toEqual(expect.arrayContaining([key, listingKey]))
    expect(await test.stores.artifacts.usage([projectId])).toEqual([
      { projectId, artifactBytes: 1000, artifactCount: 1 },
    ])
    await test.stores.artifacts.forget([key, listingKey])
    expect(await strays(far())).not.toContain(key)
  })

  it('expire once each, however many processes sweep at the same moment', async () => {
    for (const type of ['archive', 'junit', 'sast', 'dast']) await store({ type, expireAt: EARLIER })
    const removed = await Promise.all(Array.from({ length: 6 }, () => test.stores.artifacts.expire(new Date(), 2)))
    expect(removed.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(4)
    while ((await test.stores.artifacts.expire(new Date(), 100)) > 0);
    expect(await test.stores.artifacts.usage([projectId])).toEqual([])
  })

  it('are kept for ever on request', async () => {
    await store({ expireAt: LATER })
    expect(await test.stores.artifacts.keep(jobId)).toBe(true)
    expect(await test.stores.artifacts.keep(2_000_000_000)).toBe(false)
    expect((await test.stores.artifacts.find(jobId, 'archive'))?.expireAt).toBeNull()
    expect((await test.stores.jobs.find(jobId))?.artifactsExpireAt).toBeNull()
  })

  it('of one job are removed together with the content of its reports', async () => {
    const { key } = await store()
    await store({ type: 'dotenv', dotenv: [{ key: 'A', value: 'b' }] })
    expect(await test.stores.artifacts.removeAll(jobId)).toBe(2)
    expect(await test.stores.artifacts.dotenv(jobId)).toEqual([])
    expect(await strays(far())).toContain(key)
  })
})

describe('dependencies', () => {
  it('come in the requested order, with their archive and variables if there are any', async () => {
    const [other = 0] = await test.stores.jobs.create(samplePipeline(projectId))
    await store({ size: 7, filename: 'a.zip' })
    await store({ type: 'dotenv', dotenv: [{ key: 'A', value: 'b' }] })
    expect(await test.stores.artifacts.dependencies([other, 2_000_000_000, jobId])).toEqual([
      { id: other, name: 'unit tests', archive: null, dotenv: [] },
      { id: jobId, name: 'unit tests', archive: { filename: 'a.zip', size: 7 }, dotenv: [{ key: 'A', value: 'b' }] },
    ])
  })
})
