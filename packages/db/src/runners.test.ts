import type { Project } from '@yardmaster/domain/projects'
import { ONLINE_MS, type Runner, runnerStatus, STALE_MS } from '@yardmaster/domain/runners'
import { describe, expect, it } from 'vitest'
import { sampleClaim, samplePipeline, sampleRunner, unique } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'

const test = useTestDatabase()

const create = (given: Parameters<typeof sampleRunner>[0] = {}) => test.stores.runners.create(sampleRunner(given))
const newProject = (given: Partial<Project> = {}): Promise<Project> => makeProject(test, given)
const HOUR = 3_600_000
const ago = (ms: number): Date => new Date(Date.now() - ms)

describe('a runner', () => {
  it('is stored with its tags in order and its projects', async () => {
    const project = await newProject()
    const given = sampleRunner({
      runnerType: 'project_type',
      projectIds: [project.id],
      name: 'edge',
      description: 'é',
      maintenanceNote: 'note',
      tagList: ['b', 'a', 'ü'],
      maximumTimeout: 600,
      tokenExpiresAt: new Date('2040-01-01T00:00:00.123Z'),
    })
    const runner = await test.stores.runners.create(given)
    const { tokenDigest, ...visible } = given
    expect(runner).toMatchObject({ ...visible, contactedAt: null })
    expect(await test.stores.runners.tokenDigest(runner.id)).toBe(tokenDigest)
    expect(await test.stores.runners.find(runner.id)).toMatchObject({ ...runner, runningJobs: 0, version: null })
  })

  it('is found by its token until that expires, with the manager of the system id', async () => {
    const { authenticate, seeManager } = test.stores.runners
    const tokenDigest = unique()
    const runner = await create({ tokenDigest, tokenExpiresAt: new Date(Date.now() + HOUR) })
    expect(await authenticate(tokenDigest, 's_1')).toEqual({ runner, manager: null })
    const manager = await seeManager(runner.id, 's_1', { version: '16.0' }, new Date())
    expect(await authenticate(tokenDigest, 's_1')).toEqual({ runner, manager })
    expect(await authenticate(tokenDigest, 's_2')).toEqual({ runner, manager: null })
    await test.db.query('update runners set token_expires_at = now() where id = $1', [runner.id])
    expect(await authenticate(tokenDigest, 's_1')).toBeNull()
    expect(await authenticate(unique(), 's_1')).toBeNull()
  })

  it('is found by its token, however many are looked up at the same time', async () => {
    const { authenticate, seeManager } = test.stores.runners
    const digests = Array.from({ length: 40 }, unique)
    const runners = await Promise.all(digests.map((tokenDigest) => create({ tokenDigest })))
    for (const { id } of runners.slice(0, 20)) await seeManager(id, 's_1', { version: String(id) }, new Date())
    const asked = digests.flatMap((digest) => [digest, unique()])
    const found = await Promise.all(asked.map((digest) => authenticate(digest, 's_1')))
    expect(found.map((one) => one?.runner.id ?? null)).toEqual(runners.flatMap(({ id }) => [id, null]))
    expect(found.map((one) => one?.manager?.version ?? null).filter((version) => version !== null)).toEqual(
      runners.slice(0, 20).map(({ id }) => String(id)),
    )
    const [one] = digests
    expect(await authenticate(one ?? '', 's_1')).toEqual(found[0])
  })

  it('is changed only in the given settings, and remembers when', async () => {
    const runner = await create({ description: 'old', maximumTimeout: 600, tagList: ['a'] })
    const changed = await test.stores.runners.update(runner.id, {
      paused: true,
      description: null,
      tagList: ['z', 'b'],
      accessLevel: 'ref_protected',
    })
    expect(changed).toMatchObject({
      paused: true,
      description: null,
      tagList: ['z', 'b'],
      accessLevel: 'ref_protected',
      maximumTimeout: 600,
    })
    expect(changed?.updatedAt.getTime()).toBeGreaterThanOrEqual(runner.updatedAt.getTime())
    expect(await test.stores.runners.update(runner.id, {})).toEqual(changed)
    expect(await test.stores.runners.update(0, { paused: true })).toBeNull()
  })

  it('gets a new token in place of the old one', async () => {
    const { replaceToken, tokenDigest, authenticate } = test.stores.runners
    const [old, next] = [unique(), unique()]
    const { id } = await create({ tokenDigest: old })
    const token = { digest: next, prefix: 'glrtr-new', expiresAt: null }
    expect(await replaceToken({ id, oldDigest: 'wrong' }, token)).toBeNull()
    expect(await replaceToken({ id, oldDigest: old }, token)).toMatchObject({ id, tokenPrefix: 'glrtr-new' })
    expect(await replaceToken({ id, oldDigest: old }, token)).toBeNull()
    expect(await tokenDigest(id)).toBe(next)
    expect(await authenticate(old, 's')).toBeNull()
  })

  it('can’t be renewed with an expired token, but without a token', async () => {
    const { replaceToken } = test.stores.runners
    const old = unique()
    const { id } = await create({ tokenDigest: old, tokenExpiresAt: ago(1000) })
    expect(await replaceToken({ id, oldDigest: old }, { digest: unique(), prefix: '', expiresAt: null })).toBeNull()
    expect(await replaceToken({ id }, { digest: unique(), prefix: '', expiresAt: null })).toMatchObject({ id })
    expect(await replaceToken({ id: 0 }, { digest: unique(), prefix: '', expiresAt: null })).toBeNull()
  })

  it('is removed with its managers, unless it changed since', async () => {
    const runner = await create()
    await test.stores.runners.seeManager(runner.id, 's_1', {}, new Date())
    expect(await test.stores.runners.remove(runner.id, new Date(runner.updatedAt.getTime() - 1))).toBe(false)
    expect(await test.stores.runners.remove(runner.id, runner.updatedAt)).toBe(true)
    expect(await test.stores.runners.remove(runner.id)).toBe(false)
    expect(await test.stores.runners.managers(runner.id)).toEqual([])
    expect(await test.stores.runners.tokenDigest(runner.id)).toBeNull()
  })

  it('is assigned to a project once and shows it until the project is removed', async () => {
    const [project, other] = [await newProject(), await newProject()]
    const { id } = await create({ runnerType: 'project_type', projectIds: [project.id] })
    const { assignProject, unassignProject, find } = test.stores.runners
    expect([await assignProject(id, other.id), await assignProject(id, other.id)]).toEqual([true, false])
    expect((await find(id))?.projectIds).toEqual([project.id, other.id])
    await test.stores.projects.remove(other.id)
    expect((await find(id))?.projectIds).toEqual([project.id])
    expect([await unassignProject(id, project.id), await unassignProject(id, project.id)]).toEqual([true, false])
  })

  it('finishes its creation without counting as changed', async () => {
    const runner = await create({ creationState: 'started' })
    await test.stores.runners.finishCreation(runner.id)
    expect(await test.stores.runners.find(runner.id)).toMatchObject({
      creationState: 'finished',
      updatedAt: runner.updatedAt,
    })
  })
})

describe('managers', () => {
  it('keep details that a later heartbeat leaves out or leaves blank', async () => {
    const { id } = await create()
    const { seeManager, findManager } = test.stores.runners
    const details = {
      version: '16.0',
      revision: 'r',
      platform: 'linux',
      architecture: 'arm64',
      executor: 'docker',
      ipAddress: '203.0.113.7',
      config: { gpus: 'all' },
      features: { cancel_gracefully: true },
      labels: { zone: 'a' },
    }
    const first = await seeManager(id, 's_1', details, ago(HOUR))
    expect(first).toMatchObject({ ...details, systemId: 's_1', runnerId: id })
    const again = await seeManager(
      id,
      's_1',
      { version: ' ', revision: '', config: {}, platform: 'mac' },
      ago(2 * HOUR),
    )
    expect(again).toEqual({ ...first, platform: 'mac' })
    expect(await findManager(id, 's_1')).toEqual(again)
    expect(await findManager(id, 's_2')).toBeNull()
  })

  it('have long details cut by characters', async () => {
    const { id } = await create()
    const long = '🚂'.repeat(3000)
    const manager = await test.stores.runners.seeManager(
      id,
      's_1',
      { version: long, revision: long, platform: long, architecture: long },
      new Date(),
    )
    const { version, revision, platform, architecture } = manager
    expect([version, revision, platform, architecture].map((text) => [...(text ?? '')].length)).toEqual([
      2048, 255, 255, 255,
    ])
  })

  it('may announce any JSON', async () => {
    const { id } = await create()
    const features = { deep: { deeper: { deepest: { nul: '\u0000', half: '\ud800' } } } }
    const { features: stored } = await test.stores.runners.seeManager(id, 's_1', { features }, new Date())
    expect(stored).toEqual(features)
  })

  it('disappear when removed, and the last one clears the contact of the runner', async () => {
    const { seeManager, recordContacts, removeManager, find, managers } = test.stores.runners
    const { id } = await create()
    const [a, b] = [await seeManager(id, 's_a', {}, ago(2)), await seeManager(id, 's_b', {}, ago(1))]
    await recordContacts([{ runnerId: id, managerId: a.id, at: new Date(), ipAddress: null }])
    expect((await managers(id)).map((manager) => manager.systemId)).toEqual(['s_a', 's_b'])
    expect(await removeManager(a.id, new Date(a.updatedAt.getTime() - 1))).toBe(false)
    expect(await removeManager(a.id)).toBe(true)
    expect((await find(id))?.contactedAt).not.toBeNull()
    expect(await removeManager(b.id)).toBe(true)
    expect((await find(id))?.contactedAt).toBeNull()
    expect(await removeManager(b.id)).toBe(false)
    // A heartbeat that was collected before the removal and is written after it.
    await recordContacts([{ runnerId: id, managerId: b.id, at: new Date(), ipAddress: null }])
    expect((await find(id))?.contactedAt).toBeNull()
  })
})

describe('recording contacts', () => {
  it('writes the latest of each, never back in time, and does not change updatedAt', async () => {
    const { seeManager, recordContacts, find, managers } = test.stores.runners
    const [one, two] = [await create(), await create()]
    const manager = await seeManager(one.id, 's_1', { ipAddress: '203.0.113.1' }, ago(3 * HOUR))
    const [earlier, later] = [ago(2 * HOUR), ago(HOUR)]
    await recordContacts([
      { runnerId: one.id, managerId: manager.id, at: later, ipAddress: '203.0.113.2' },
      { runnerId: one.id, managerId: null, at: earlier, ipAddress: null },
      { runnerId: two.id, managerId: null, at: earlier, ipAddress: null },
      { runnerId: 0, managerId: 0, at: later, ipAddress: null },
    ])
    await recordContacts([{ runnerId: one.id, managerId: manager.id, at: earlier, ipAddress: null }])
    await recordContacts([])
    expect(await find(one.id)).toMatchObject({ contactedAt: later, updatedAt: one.updatedAt, ipAddress: '203.0.113.2' })
    expect((await find(two.id))?.contactedAt).toEqual(earlier)
    expect(await managers(one.id)).toEqual([{ ...manager, contactedAt: later, ipAddress: '203.0.113.2' }])
  })
})

describe('when a manager asked for work', () => {
  it('is the time of the latest such contact, even after a clock was ahead', async () => {
    const { seeManager, recordContacts } = test.stores.runners
    const { id } = await create()
    const manager = await seeManager(id, 's_1', {}, ago(3 * HOUR))
    const askedAt = async () => {
      const [row] = await test.db.query<{ asked_at: Date | null }>(
        'select asked_at from runner_managers where id = $1',
        [manager.id],
      )
      return row?.asked_at
    }
    const record = (asked: Date | null) =>
      recordContacts([{ runnerId: id, managerId: manager.id, at: new Date(), ipAddress: null, askedAt: asked }])
    expect(await askedAt()).toBeNull()
    await record(null)
    expect(await askedAt()).toBeNull()
    const [earlier, later] = [ago(2 * HOUR), ago(HOUR)]
    await record(later)
    await record(earlier)
    await record(null)
    expect(await askedAt()).toEqual(later)
    const ahead = ago(-HOUR)
    await record(ahead)
    await record(null)
    await record(later)
    expect(await askedAt()).toEqual(later)
  })
})

describe('the list of runners', () => {
  const list = async (filter: object) =>
    (await test.stores.runners.list({ limit: 100, ...filter })).map((runner) => runner.id)

  it('filters by status exactly as the domain computes it', async () => {
    const margin = 60_000
    const runners: Runner[] = []
    for (const created of [0, STALE_MS - margin, STALE_MS + margin]) {
      for (const contacted of [null, 0, ONLINE_MS - margin, ONLINE_MS + margin, STALE_MS - margin, STALE_MS + margin]) {
        for (const creationState of ['started', 'finished'] as const) {
          const { id } = await create({ creationState })
          await test.db.query('update runners set created_at = $2, contacted_at = $3 where id = $1', [
            id,
            ago(created),
            contacted === null ? null : ago(contacted),
          ])
          const runner = await test.stores.runners.find(id)
          if (runner) runners.push(runner)
        }
      }
    }
    const now = new Date()
    const counts = await test.stores.runners.countByStatus()
    for (const status of ['online', 'offline', 'stale', 'never_contacted'] as const) {
      const expected = runners.filter((runner) => runnerStatus(runner, now) === status).map((runner) => runner.id)
      const found = await list({ status })
      expect(expected.length).toBeGreaterThan(0)
      expect(found.filter((id) => runners.some((runner) => runner.id === id))).toEqual(expected.reverse())
      expect(counts[status]).toBe(found.length)
    }
  })

  it('filters by type, pause, tag and text, newest first', async () => {
    const mark = unique()
    const project = await newProject({ path: `p%${mark}` })
    const a = await create({ description: `100%_${mark}`, tagList: ['Linux', mark], paused: true })
    const b = await create({ runnerType: 'project_type', projectIds: [project.id], name: mark, tagList: [mark] })
    expect(await list({ tag: mark })).toEqual([b.id, a.id])
    expect(await list({ tag: mark, before: b.id })).toEqual([a.id])
    expect(await list({ tag: mark, limit: 1 })).toEqual([b.id])
    expect(await list({ tag: mark, paused: true })).toEqual([a.id])
    expect(await list({ tag: mark, type: 'project_type' })).toEqual([b.id])
    expect(await list({ search: mark.toUpperCase() })).toEqual([b.id, a.id])
    expect(await list({ search: `%_${mark}` })).toEqual([a.id])
    expect(await list({ search: `P%${mark}` })).toEqual([b.id])
  })

  it('shows the manager seen last and how many jobs the runner has', async () => {
    const project = await newProject()
    const runner = await create({ runnerType: 'project_type', projectIds: [project.id] })
    await test.stores.runners.seeManager(runner.id, 's_1', { version: 'new', executor: 'shell' }, new Date())
    await test.stores.runners.seeManager(runner.id, 's_2', { version: 'old' }, ago(HOUR))
    await test.stores.jobs.create(samplePipeline(project.id))
    await test.stores.jobs.claim(sampleClaim(runner))
    expect(await test.stores.runners.find(runner.id)).toMatchObject({
      version: 'new',
      executor: 'shell',
      runningJobs: 1,
    })
  })
})

describe('runners that could take a job', () => {
  it('are those that a claim would serve, if they were in contact', async () => {
    const mark = unique()
    const group = unique()
    const project = await newProject({ path: `${group}/x/y`, groupPath: `${group}/x` })
    const other = await newProject({ path: `${group}z/y`, groupPath: `${group}z` })
    const top = (await test.stores.projects.groups()).find(({ path }) => path === group)
    const tagList = [mark, 'extra']
    const fits = {
      instance: await create({ tagList, tokenDigest: `${mark}-instance` }),
      strict: await create({ tagList, accessLevel: 'ref_protected', tokenDigest: `${mark}-strict` }),
      tagged: await create({ tagList, runUntagged: false, tokenDigest: `${mark}-tagged` }),
      group: await create({ tagList, runnerType: 'group_type', groupId: top?.id ?? 0, tokenDigest: `${mark}-group` }),
      own: await create({ tagList, runnerType: 'project_type', projectIds: [project.id], tokenDigest: `${mark}-own` }),
    }
    await create({ tagList, runnerType: 'group_type', groupId: other.groupId, tokenDigest: `${mark}-otherGroup` })
    await create({ tagList, runnerType: 'project_type', projectIds: [other.id], tokenDigest: `${mark}-otherProject` })
    const silent = await create({ tagList, tokenDigest: `${mark}-silent` })
    const since = ago(3 * HOUR)
    const contacted = await test.stores.runners.list({ tag: mark, limit: 100 })
    await test.stores.runners.recordContacts(
      contacted.map(({ id }) => ({
        runnerId: id,
        managerId: null,
        at: id === silent.id ? ago(4 * HOUR) : new Date(),
        ipAddress: null,
      })),
    )

    const woken = async (given: { protected?: boolean; tags?: string[] }) =>
      (await test.stores.runners.digestsFor({ projectId: project.id, protected: false, tags: [mark], ...given }, since))
        .filter((digest) => digest.startsWith(mark))
        .map((digest) => digest.slice(mark.length + 1))
        .sort()
    expect(await woken({ protected: true })).toEqual(['group', 'instance', 'own', 'strict', 'tagged'])
    expect(await woken({})).toEqual(['group', 'instance', 'own', 'tagged'])
    expect(await woken({ tags: [mark, 'extra'] })).toEqual(['group', 'instance', 'own', 'tagged'])
    expect(await woken({ tags: [mark, 'more'] })).toEqual([])
    expect(await woken({ tags: [] })).toEqual(['group', 'instance', 'own'])

    for (const runner of Object.values(fits)) {
      const jobs = samplePipeline(project.id, { protected: true })
      const [definition] = jobs.jobs
      if (!definition) throw new Error('no job')
      await test.stores.jobs.create({
        ...jobs,
        jobs: [{ ...definition, definition: { ...definition.definition, tags: [mark] } }],
      })
      expect(await test.stores.jobs.claim(sampleClaim(runner))).toMatchObject({ kind: 'taken' })
    }

    const serving = await test.stores.projects.runnerDigests(project.id)
    expect(serving.filter((digest) => digest.startsWith(mark))).toHaveLength(6)
    const candidates = await test.stores.runners.candidatesFor({ projectId: project.id, tags: [mark, 'more'] }, 1000)
    const ofTest = candidates.filter(({ tagList }) => tagList.includes(mark))
    expect(ofTest.map(({ inScope }) => inScope)).toEqual([...Array(6).fill(true), false, false])
    expect(ofTest.map(({ features }) => features)).toEqual(Array(8).fill(null))
    const others = candidates.findIndex(({ inScope, tagList }) => inScope && !tagList.includes(mark))
    expect(others === -1 || others >= 6).toBe(true)
    await test.stores.projects.update(project.id, { instanceRunnersEnabled: false, groupRunnersEnabled: false })
    expect(await woken({})).toEqual(['own'])
  })
})

describe('a contact that was recorded while a clock was wrong', () => {
  it('is replaced by the next one, even if that one seems to be earlier', async () => {
    const runner = await create()
    const contact = (at: Date) =>
      test.stores.runners.recordContacts([{ runnerId: runner.id, managerId: null, at, ipAddress: null }])
    await contact(new Date(Date.now() + 365 * 24 * HOUR))
    const now = new Date()
    await contact(now)
    expect((await test.stores.runners.find(runner.id))?.contactedAt).toEqual(now)
    // A moment earlier by the clock of another process, so the latest contact stays.
    await contact(new Date(now.getTime() - 5_000))
    expect((await test.stores.runners.find(runner.id))?.contactedAt).toEqual(now)
  })
})
