import type { Attempt } from '@yardmaster/domain/deliveries'
import type { JobEnd } from '@yardmaster/domain/ports'
import type { Project } from '@yardmaster/domain/projects'
import type { Runner } from '@yardmaster/domain/runners'
import type { NewWebhook, TakenDelivery } from '@yardmaster/domain/webhooks'
import { beforeEach, describe, expect, it } from 'vitest'
import { PIPELINE_EVENT } from './pipeline-event.ts'
import { EVENT, EVENT_VERSION } from './stored-event.ts'
import { sampleClaim, sampleJob, samplePipeline, sampleRunner, unique } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'

const test = useTestDatabase()
let project: Project
let runner: Runner

beforeEach(async () => {
  await test.db.script('delete from webhook_deliveries; delete from webhooks')
  project = await makeProject(test)
  runner = await test.stores.runners.create(sampleRunner({ runnerType: 'project_type', projectIds: [project.id] }))
})

const hook = (given: Partial<NewWebhook> = {}) =>
  test.stores.webhooks.create({
    projectId: null,
    url: 'https://user:password@example.com/hook',
    secret: 'a secret',
    events: ['job'],
    statuses: [],
    enabled: true,
    ...given,
  })

const create = async (...jobs: ReturnType<typeof sampleJob>[]): Promise<number[]> =>
  test.stores.jobs.create(samplePipeline(project.id, jobs.length > 0 ? { jobs } : {}))

const SUCCESS: JobEnd = {
  event: 'success',
  failureReason: null,
  exitCode: null,
  trace: { size: 0, crc: 0, invalid: false, corrupted: false },
}

const take = (given: Partial<Parameters<typeof test.stores.webhooks.takeDue>[0]> = {}): Promise<TakenDelivery[]> =>
  test.stores.webhooks.takeDue({ limit: 100, perTarget: 100, except: [], leaseMs: 60_000, ...given })

const changes = (deliveries: readonly TakenDelivery[]) =>
  deliveries.map(({ jobId, previousStatus, status }) => [jobId, previousStatus, status])

const attempt: Attempt = { at: new Date(), status: 500, error: 'answered 500', durationMs: 12, response: 'oh' }

describe('a webhook', () => {
  it('keeps its address and its secret encrypted', async () => {
    const made = await hook({ projectId: project.id, statuses: ['failed'] })
    expect(await test.stores.webhooks.find(made.id)).toEqual(made)
    expect(made).toMatchObject({ projectId: project.id, statuses: ['failed'], enabled: true })
    expect(made.url).toBe('https://user:password@example.com/hook')
    const [row] = await test.db.query<{ url: Uint8Array; secret: Uint8Array }>('select url, secret from webhooks')
    expect(Buffer.from(row?.url ?? []).toString('latin1')).not.toContain('password')
    expect(Buffer.from(row?.secret ?? []).toString('latin1')).not.toContain('a secret')
  })

  it('changes only the given settings', async () => {
    const made = await hook()
    const { update, find, list } = test.stores.webhooks
    expect(await update(made.id, { enabled: false })).toMatchObject({ url: made.url, enabled: false })
    expect(await update(made.id, { url: 'http://other/', statuses: ['running'] })).toMatchObject({
      url: 'http://other/',
      statuses: ['running'],
      enabled: false,
    })
    expect(await update(made.id, {})).toEqual(await find(made.id))
    expect(await update(2_147_483_000, { enabled: true })).toBeNull()
    const other = await hook({ projectId: project.id })
    expect((await list({ limit: 10 })).map(({ id }) => id)).toEqual([other.id, made.id])
    expect((await list({ projectId: project.id, limit: 10 })).map(({ id }) => id)).toEqual([other.id])
  })

  it('is removed with its deliveries', async () => {
    const made = await hook()
    await create()
    expect(await test.stores.webhooks.remove(made.id)).toBe(true)
    expect(await test.stores.webhooks.remove(made.id)).toBe(false)
    expect(await test.db.query('select id from webhook_deliveries')).toEqual([])
  })
})

describe('a change of a job', () => {
  it('is stored with the job right after it, for the webhooks that subscribe to it', async () => {
    const all = await hook()
    const [id = 0, manual] = await create(sampleJob({ tags: ['b', 'a'] }), sampleJob({}, { status: 'manual' }))
    const able = await test.stores.runners.create(
      sampleRunner({ runnerType: 'project_type', projectIds: [project.id], tagList: ['a', 'b'] }),
    )
    await test.stores.jobs.claim(sampleClaim(able, { tokenDigest: 'no business of theirs' }))
    await test.stores.jobs.finish(id, SUCCESS)
    const deliveries = await take()
    expect(changes(deliveries)).toEqual([
      [id, null, 'pending'],
      [manual, null, 'manual'],
      [id, 'pending', 'running'],
      [id, 'running', 'success'],
    ])
    const [made, , started, ended] = deliveries
    expect(made).toMatchObject({
      webhookId: all.id,
      target: { url: all.url, secret: 'a secret' },
      event: 'job',
      state: 'waiting',
    })
    expect(made?.job).toMatchObject({ id, status: 'pending', tags: ['b', 'a'], projectPath: project.path, ref: 'main' })
    expect(made?.job).toHaveProperty('queuedAt', expect.any(Date))
    expect(started?.job).toMatchObject({ id, status: 'running', runnerId: able.id, finishedAt: null })
    expect(ended?.job).toEqual(await test.stores.jobs.find(id))
    const kept = await test.db.query<{ job: object }>('select job from webhook_deliveries')
    expect(JSON.stringify(kept)).not.toContain('no business')
  })

  it('stores exactly the keys of its form: no column of jobs is copied implicitly', async () => {
    await hook()
    await create()
    await test.stores.jobs.claim(sampleClaim(runner))
    const kept = await test.db.query<{ job: object }>('select job from webhook_deliveries')
    expect(kept).toHaveLength(2)
    for (const { job } of kept) expect(Object.keys(job).sort()).toEqual([...Object.keys(EVENT), 'version'].sort())
    expect(kept[0]?.job).toMatchObject({ version: EVENT_VERSION })
  })

  it('is of pipelines, jobs or both, as the webhook wants', async () => {
    const [jobs, pipelines, both] = [
      await hook(),
      await hook({ events: ['pipeline'] }),
      await hook({ events: ['job', 'pipeline'], statuses: ['pending', 'created'] }),
    ]
    await create()
    const { db } = test
    for (const change of ["status = 'running'", "status = 'running', coverage = 7"])
      await db.query(`update pipelines set ${change} where project_id = $1`, [project.id])
    const taken = await take()
    const of = ({ id }: { id: number }) =>
      taken
        .filter(({ webhookId }) => webhookId === id)
        .map(({ event, previousStatus, status }) => [event, previousStatus, status])
    expect(of(jobs)).toEqual([['job', null, 'pending']])
    expect(of(pipelines)).toEqual([
      ['pipeline', null, 'created'],
      ['pipeline', 'created', 'running'],
    ])
    expect(of(both).sort()).toEqual([
      ['job', null, 'pending'],
      ['pipeline', null, 'created'],
    ])
    const told = taken.find(({ webhookId, status }) => webhookId === pipelines.id && status === 'running')
    expect(told?.pipeline).toMatchObject({
      projectPath: project.path,
      ref: 'main',
      status: 'running',
      createdAt: expect.any(Date),
    })
    const kept = await db.query<{ pipeline: object }>(
      "select pipeline from webhook_deliveries where event = 'pipeline'",
    )
    for (const { pipeline } of kept)
      expect(Object.keys(pipeline).sort()).toEqual([...Object.keys(PIPELINE_EVENT), 'version'].sort())
  })

  it('is read from the whole row of its job, as earlier releases stored it', async () => {
    await hook()
    const [id = 0] = await create()
    await test.stores.jobs.claim(sampleClaim(runner))
    await test.stores.jobs.finish(id, { ...SUCCESS, event: 'drop', exitCode: 3 })
    await test.db.script(
      "update webhook_deliveries d set job = to_jsonb(j) - 'token_digest' from jobs j where j.id = d.job_id",
    )
    const ended = await test.stores.jobs.find(id)
    expect((await take()).map(({ job }) => job)).toEqual([ended, ended, ended])
    // As stored when no exit code had been sent.
    await test.db.script(`update webhook_deliveries set job = job || '{"exit_code":0}', due_at = now()`)
    expect((await take())[0]?.job).toEqual({ ...ended, exitCode: null })
  })

  it('of a newer version is left to the release that wrote it', async () => {
    await hook()
    const [id = 0] = await create()
    await test.stores.jobs.claim(sampleClaim(runner))
    await test.db.query(
      `update webhook_deliveries set job = job || jsonb_build_object('version', $1::int) where status = 'running'`,
      [EVENT_VERSION + 1],
    )
    expect(changes(await take())).toEqual([[id, null, 'pending']])
    expect(await test.stores.webhooks.countWaiting(10)).toBe(2)
  })

  it('whose record is damaged is marked, and does not hold up the others', async () => {
    await hook()
    await create()
    await create()
    await test.db.script(`update webhook_deliveries set job = '{"version":"x"}'
      where id = (select min(id) from webhook_deliveries)`)
    expect((await take()).map(({ job }) => (job === 'damaged' ? job : job?.status))).toEqual(['damaged', 'pending'])
  })

  it('is sent to enabled webhooks of its project and its status', async () => {
    const of = async (given: Partial<NewWebhook>) => (await hook(given)).id
    const elsewhere = (await test.stores.projects.create({ path: unique() }))?.id ?? 0
    const project1 = await of({ projectId: project.id })
    await of({ projectId: elsewhere })
    const wanted = await of({ statuses: ['running', 'failed'] })
    await of({ statuses: ['failed'] })
    await of({ enabled: false })
    await create()
    await test.stores.jobs.claim(sampleClaim(runner))
    const told = (await take()).map(({ webhookId, status }) => `${webhookId} ${status}`)
    expect(told.sort()).toEqual([`${project1} pending`, `${project1} running`, `${wanted} running`].sort())
  })

  it('is sent once, however often the row is written', async () => {
    const [id = 0] = await create()
    await test.stores.jobs.claim(sampleClaim(runner))
    await hook()
    await test.stores.jobs.touch(id)
    await test.stores.traces.advance({
      jobId: id,
      start: 0,
      piece: { start: 0, end: 5, key: 'a key', crc: 1 },
    })
    await test.stores.jobs.markDebug(id)
    expect(await take()).toEqual([])
    await test.stores.jobs.beginCanceling(id)
    expect(changes(await take())).toEqual([[id, 'running', 'canceling']])
  })

  it('that is rolled back is not sent', async () => {
    await hook()
    const [id = 0] = await create()
    await take()
    await expect(
      test.db.transaction(async (tx) => {
        await tx.query("update jobs set status = 'failed' where id = $1", [id])
        throw new Error('half-way')
      }),
    ).rejects.toThrow('half-way')
    expect(await test.db.query("select id from webhook_deliveries where status = 'failed'")).toEqual([])
  })

  it('is not stored without a webhook', async () => {
    await hook({ enabled: false })
    await create()
    await test.stores.jobs.claim(sampleClaim(runner))
    expect(await test.db.query('select id from webhook_deliveries')).toEqual([])
  })
})

describe('a delivery', () => {
  it('is taken once, and again only when its lease is over', async () => {
    await hook()
    await create()
    const [first] = await take()
    expect(await take()).toEqual([])
    await test.db.script("update webhook_deliveries set due_at = now() - interval '1 second'")
    expect((await take()).map(({ id, key }) => [id, key])).toEqual([[first?.id, first?.key]])
  })

  it('waits while its webhook is disabled', async () => {
    const { id } = await hook()
    await create()
    await test.stores.webhooks.update(id, { enabled: false })
    expect(await take()).toEqual([])
    await test.stores.webhooks.update(id, { enabled: true })
    expect(await take()).toHaveLength(1)
  })

  it('leaves room for other webhooks', async () => {
    const [one, two] = [await hook(), await hook()]
    await create(...Array.from({ length: 5 }, () => sampleJob()))
    const counts = (taken: readonly TakenDelivery[]) =>
      [one, two].map(({ id }) => taken.filter(({ webhookId }) => webhookId === id).length)
    expect(counts(await take({ perTarget: 2 }))).toEqual([2, 2])
    expect(counts(await take({ except: [one.id] }))).toEqual([0, 3])
    expect(await take({ limit: 1 })).toHaveLength(1)
  })

  it('keeps the result of each attempt, and ends once', async () => {
    const webhook = await hook()
    await create()
    const [{ id } = { id: 0 }] = await take()
    const { settle, deliveries } = test.stores.webhooks
    const before = Date.now()
    const waiting = await settle(id, attempt, { state: 'waiting', againInMs: 60_000 })
    expect(waiting).toMatchObject({ state: 'waiting', attempts: [attempt] })
    expect(waiting?.dueAt?.getTime()).toBeGreaterThan(before + 30_000)
    const good: Attempt = { ...attempt, status: 204, error: null, response: '' }
    expect(await settle(id, good, { state: 'delivered', againInMs: null })).toMatchObject({
      state: 'delivered',
      dueAt: null,
      attempts: [attempt, good],
    })
    expect(await settle(id, attempt, { state: 'failed', againInMs: null })).toBeNull()
    expect(await deliveries({ webhookId: webhook.id, limit: 10 })).toMatchObject([{ id, state: 'delivered' }])
    expect(await deliveries({ webhookId: webhook.id, before: id, limit: 10 })).toEqual([])
  })

  it('becomes due on request, unless it may be taken', async () => {
    const { id: webhookId } = await hook()
    await create()
    const [{ id } = { id: 0 }] = await take()
    const { settle, makeDue, update, addTest } = test.stores.webhooks
    const ask = () => makeDue({ webhookId, id }, 60_000)
    expect(await ask()).toBe('under_way')
    await settle(id, attempt, { state: 'waiting', againInMs: 20_000 })
    expect(await ask()).toBe('under_way')
    await test.db.query("update webhook_deliveries set due_at = now() + interval '1 hour' where id = $1", [id])
    expect(await ask()).toMatchObject({ id, state: 'waiting', attempts: [attempt] })
    const [again] = await take()
    expect(again?.id).toBe(id)
    for (const state of ['delivered', 'failed'] as const) {
      await settle(id, attempt, { state, againInMs: null })
      expect(await ask()).toMatchObject({ id, key: again?.key, state: 'waiting' })
      expect(await take()).toHaveLength(1)
    }
    await settle(id, attempt, { state: 'failed', againInMs: null })
    await update(webhookId, { enabled: false })
    expect(await ask()).toBe('switched_off')
    const made = await addTest(webhookId)
    expect(await makeDue({ webhookId, id: made?.id ?? 0 }, 30_000)).toBe('test')
    expect(await makeDue({ webhookId: (await hook()).id, id }, 30_000)).toBeNull()
  })

  it('is counted while it waits', async () => {
    await hook()
    await create(sampleJob(), sampleJob(), sampleJob())
    const { countWaiting, settle } = test.stores.webhooks
    expect([await countWaiting(100), await countWaiting(2)]).toEqual([3, 2])
    const [{ id } = { id: 0 }] = await take()
    await settle(id, attempt, { state: 'delivered', againInMs: null })
    expect(await countWaiting(100)).toBe(2)
  })

  it('that tests a webhook is taken by its creator only', async () => {
    const { id } = await hook({ enabled: false })
    const made = await test.stores.webhooks.addTest(id)
    expect(made).toMatchObject({ webhookId: id, event: 'test', job: null, target: { secret: 'a secret' }, dueAt: null })
    expect(await test.stores.webhooks.addTest(2_147_483_000)).toBeNull()
    await test.stores.webhooks.update(id, { enabled: true })
    expect(await take()).toEqual([])
  })

  it('is deleted when it is too old', async () => {
    const { id: webhookId } = await hook()
    await create(sampleJob(), sampleJob(), sampleJob())
    await test.db.script("update webhook_deliveries set created_at = now() - interval '31 days'")
    const [young] = await create()
    const month = new Date(Date.now() - 30 * 86_400_000)
    expect(await test.stores.webhooks.removeDeliveriesBefore(month, 2)).toBe(2)
    expect(await test.stores.webhooks.removeDeliveriesBefore(month, 2)).toBe(1)
    const left = await test.stores.webhooks.deliveries({ webhookId, limit: 10 })
    expect(left.map(({ jobId }) => jobId)).toEqual([young])
  })
})

// PGlite is one connection: nothing happens concurrently there.
describe.runIf(process.env.TEST_DATABASE_URL)('at the same time', () => {
  it('20 takers get each delivery once', async () => {
    await hook()
    await create(...Array.from({ length: 60 }, () => sampleJob()))
    const taken = await Promise.all(Array.from({ length: 20 }, () => take({ limit: 10, perTarget: 10 })))
    const ids = taken.flat().map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const rest = (await take()).map(({ id }) => id)
    expect(new Set([...ids, ...rest]).size).toBe(60)
  })

  it('a delivery that several callers request is due once', async () => {
    const { id: webhookId } = await hook()
    await create()
    const [{ id } = { id: 0 }] = await take()
    await test.stores.webhooks.settle(id, attempt, { state: 'failed', againInMs: null })
    const asked = await Promise.all(
      Array.from({ length: 10 }, () => test.stores.webhooks.makeDue({ webhookId, id }, 30_000)),
    )
    expect(asked.filter((answer) => answer === 'under_way')).toHaveLength(9)
  })
})
