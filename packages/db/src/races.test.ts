import { setTimeout as pause } from 'node:timers/promises'
import type { ClaimOutcome } from '@yardmaster/domain/ports'
import type { Project } from '@yardmaster/domain/projects'
import type { Runner } from '@yardmaster/domain/runners'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrate, stores } from './index.ts'
import { sampleClaim, sampleJob, samplePipeline, sampleRunner, unique } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'

// PGlite is one connection: nothing happens concurrently there.
describe.runIf(process.env.TEST_DATABASE_URL)('at the same time', () => {
  const test = useTestDatabase()
  let project: Project
  let runner: Runner

  beforeAll(async () => {
    // Connections are opened beforehand; otherwise the first calls would run one after the other.
    await times(20, () => test.db.query('select pg_sleep(0.05)'))
  })

  beforeEach(async () => {
    project = await makeProject(test)
    runner = await test.stores.runners.create(sampleRunner())
    await test.db.script('delete from pending_jobs')
  })

  const times = <T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, (_, n) => work(n)))

  const taken = (outcomes: readonly ClaimOutcome[]): number[] =>
    outcomes.flatMap((outcome) => (outcome.kind === 'taken' ? [outcome.taken.job.id] : []))

  it('exactly one of 20 claims gets the only job', async () => {
    for (let round = 0; round < 10; round++) {
      const ids = await test.stores.jobs.create(samplePipeline(project.id))
      const outcomes = await times(20, () => test.stores.jobs.claim(sampleClaim(runner)))
      expect(taken(outcomes)).toEqual(ids)
      expect(outcomes.filter(({ kind }) => kind === 'none' || kind === 'locked')).toHaveLength(19)
    }
  })

  it('a runner is created even when it is removed at once', async () => {
    const { create, remove } = test.stores.runners
    const { id: last } = await create(sampleRunner())
    let over = false
    const removing = (async () => {
      for (let id = last + 1; !over; id = (await remove(id)) ? id + 1 : id);
    })()
    const made = await times(200, () => create(sampleRunner({ runnerType: 'project_type', projectIds: [project.id] })))
    over = true
    await removing
    expect(new Set(made.map(({ id }) => id)).size).toBe(200)
    expect(made.every(({ projectIds }) => projectIds[0] === project.id)).toBe(true)
  })

  it('a project is assigned to a runner, or not, because the runner was removed', async () => {
    const { create, remove, assignProject, find } = test.stores.runners
    await times(50, async () => {
      const { id } = await create(sampleRunner({ runnerType: 'project_type' }))
      await Promise.all([assignProject(id, project.id), remove(id)])
      expect(await find(id)).toBeNull()
      expect(await assignProject(id, project.id)).toBe(false)
    })
  })

  it('50 claimers get 50 jobs, each exactly once', async () => {
    const jobs = Array.from({ length: 50 }, () => sampleJob())
    const ids = await test.stores.jobs.create(samplePipeline(project.id, { jobs }))
    const got = await times(50, async () => {
      for (;;) {
        const [id] = taken([await test.stores.jobs.claim(sampleClaim(runner))])
        if (id !== undefined) return id
      }
    })
    expect(got.sort((a, b) => a - b)).toEqual(ids)
    expect(await test.stores.jobs.claim(sampleClaim(runner))).toEqual({ kind: 'none' })
  })

  it('claims of different runners do not get in each other’s way while there are enough jobs', async () => {
    const jobs = Array.from({ length: 20 }, () => sampleJob())
    await test.stores.jobs.create(samplePipeline(project.id, { jobs }))
    const outcomes = await times(20, () => test.stores.jobs.claim(sampleClaim(runner)))
    expect(taken(outcomes)).toHaveLength(20)
  })

  it('a claim skips a job that is just being taken, and returns locked if there is no other', async () => {
    const [first, second] = await test.stores.jobs.create(
      samplePipeline(project.id, { jobs: [sampleJob(), sampleJob()] }),
    )
    await test.db.transaction(async (tx) => {
      await tx.query('select from pending_jobs where job_id = $1 for update', [first])
      expect(taken([await test.stores.jobs.claim(sampleClaim(runner))])).toEqual([second])
      expect(await test.stores.jobs.claim(sampleClaim(runner))).toEqual({ kind: 'locked' })
    })
    expect(taken([await test.stores.jobs.claim(sampleClaim(runner))])).toEqual([first])
  })

  it('a claim locks nothing but the job it takes', async () => {
    const [first, second] = await test.stores.jobs.create(
      samplePipeline(project.id, { jobs: [sampleJob({ tags: ['a'] }), sampleJob()] }),
    )
    const able = await test.stores.runners.create(sampleRunner({ tagList: ['a'] }))
    const held = await test.db.transaction(async (tx) => {
      const { jobs } = stores({ ...test.db, ...tx }, test.secrets)
      expect(taken([await jobs.claim(sampleClaim(able))])).toEqual([first])
      return taken([await test.stores.jobs.claim(sampleClaim(able))])
    })
    expect(held).toEqual([second])
  })

  it('requests with a new system id create one manager', async () => {
    const managers = await times(20, () => test.stores.runners.seeManager(runner.id, 's_1', {}, new Date()))
    expect(new Set(managers.map(({ id }) => id)).size).toBe(1)
    expect(await test.stores.runners.managers(runner.id)).toHaveLength(1)
  })

  it('one of several rotations with the same old token wins', async () => {
    const oldDigest = (await test.stores.runners.tokenDigest(runner.id)) ?? ''
    const results = await times(10, () =>
      test.stores.runners.replaceToken(
        { id: runner.id, oldDigest },
        { digest: unique(), prefix: 'glrtr-', expiresAt: null },
      ),
    )
    expect(results.filter((result) => result !== null)).toHaveLength(1)
  })

  describe('on a job that runs', () => {
    let id: number

    beforeEach(async () => {
      const ids = await test.stores.jobs.create(samplePipeline(project.id))
      await test.stores.jobs.claim(sampleClaim(runner))
      id = ids[0] ?? 0
    })

    const append = (start: number, end: number) =>
      test.stores.traces.advance({ jobId: id, start, piece: { start, end, key: unique(), crc: 0 } })

    it('one of several pieces at an offset wins', async () => {
      const results = await times(10, (n) => append(0, n + 1))
      const [won, ...others] = results.filter((result) => result !== null)
      expect(others).toEqual([])
      const stored = await test.stores.traces.pieces(id, 0, 10)
      expect(stored?.pieces).toHaveLength(1)
      expect(stored?.storedBytes).toBe(won?.storedBytes)
    })

    it('one of several ends wins, and no piece is added after it', async () => {
      const trace = { size: 0, crc: 0, invalid: false, corrupted: false }
      const end = { event: 'success', failureReason: null, exitCode: null, trace } as const
      const [ends, pieces] = await Promise.all([
        times(5, () => test.stores.jobs.finish(id, end)),
        times(5, () => append(0, 1)),
      ])
      const applied = [...ends, ...pieces].filter((result) => result !== null)
      expect(applied).toHaveLength(1)
    })

    it('one of two replacements of the same pieces wins', async () => {
      for (let start = 0; start < 30; start += 10) await append(start, start + 10)
      const covered = (await test.stores.traces.pieces(id, 0, 10))?.pieces ?? []
      const results = await times(10, () =>
        test.stores.traces.replace(id, covered, { start: 0, end: 30, key: unique(), crc: 0 }),
      )
      expect(results.filter(Boolean)).toHaveLength(1)
      expect((await test.stores.traces.pieces(id, 0, 10))?.pieces).toHaveLength(1)
    })

    it('replacements that overlap never both apply', async () => {
      for (let start = 0; start < 400; start += 10) await append(start, start + 10)
      const all = (await test.stores.traces.pieces(id, 0, 100))?.pieces ?? []
      await times(20, (n) => {
        const covered = all.slice(n, n + 5)
        const [start, end] = [covered[0]?.start ?? 0, covered.at(-1)?.end ?? 0]
        return test.stores.traces.replace(id, covered, { start, end, key: unique(), crc: 0 })
      })
      const left = (await test.stores.traces.pieces(id, 0, 100))?.pieces ?? []
      expect(left.length).toBeLessThan(all.length)
      expect(left.map(({ start }) => start)).toEqual([0, ...left.slice(0, -1).map(({ end }) => end)])
      expect(left.at(-1)?.end).toBe(400)
    })
  })

  it('a job is either canceled or taken, and then it is no longer in the queue', async () => {
    for (let round = 0; round < 20; round++) {
      const ids = await test.stores.jobs.create(samplePipeline(project.id, { jobs: [sampleJob(), sampleJob()] }))
      const [canceled, taken] = await Promise.all([
        Promise.all(ids.map((id) => test.stores.jobs.cancelWaiting(id))),
        times(3, () => test.stores.jobs.claim(sampleClaim(runner))),
      ])
      const ends = ids.map((id, n) => [
        canceled[n]?.status === 'canceled',
        taken.some((outcome) => outcome.kind === 'taken' && outcome.taken.job.id === id),
      ])
      const statuses = await Promise.all(ids.map(async (id) => (await test.stores.jobs.find(id))?.status))
      for (const [n, [wasCanceled, wasTaken]] of ends.entries()) {
        expect(wasCanceled && wasTaken).toBe(false)
        expect(statuses[n]).toBe(wasCanceled ? 'canceled' : wasTaken ? 'running' : 'pending')
      }
      await Promise.all(ids.map((id) => test.stores.jobs.cancelWaiting(id)))
      expect(await test.db.query('select from pending_jobs where job_id = any ($1)', [ids])).toHaveLength(0)
    }
  })

  it('an attempt has one successor, however many callers retry it', async () => {
    const [id = 0] = await test.stores.jobs.create(samplePipeline(project.id))
    await test.stores.jobs.dropWaiting(id, 'api_failure')
    const made = await times(10, () => test.stores.jobs.retry(id, { tags: [], allowFailure: false, timeout: null }))
    expect(made.filter((each) => each !== null)).toHaveLength(1)
  })

  it('jobs for the same new lane all get into it', async () => {
    for (let round = 0; round < 5; round++) {
      const tags = [unique(), unique()]
      await times(20, () => test.stores.jobs.create(samplePipeline(project.id, { jobs: [sampleJob({ tags })] })))
      const lanes = await test.db.query<{ jobs: number }>(
        `select count(*)::int as jobs from lanes join pending_jobs on lane_id = lanes.id
          where tags @> $1 group by lanes.id`,
        [tags],
      )
      expect(lanes).toEqual([{ jobs: 20 }])
    }
  })

  it('lanes are removed while jobs come and go, and no job is lost or refused', async () => {
    const tags = [unique()]
    const tagged = { ...runner, tagList: tags, runUntagged: false }
    const got = new Set<number>()
    let created = 0
    let removed = 0
    const isEnough = () => created >= 200 && removed >= 5
    const create = async () => {
      while (!isEnough()) {
        created += 1
        await test.stores.jobs.create(samplePipeline(project.id, { jobs: [sampleJob({ tags })] }))
        // Now and then the queue is empty; otherwise no lane could be removed.
        while (created % 10 === 0 && got.size < created) await pause(1)
      }
    }
    const isOver = () => isEnough() && got.size === created
    const claim = async () => {
      while (!isOver()) for (const id of taken([await test.stores.jobs.claim(sampleClaim(tagged))])) got.add(id)
    }
    const remove = async () => {
      while (!isOver()) {
        // Not in one expression: `removed +=` would use the sum from before the wait and lose the other's count.
        const idle = await test.stores.jobs.removeIdleLanes()
        removed += idle
      }
    }
    await Promise.all([create(), create(), claim(), claim(), remove(), remove()])
    expect(got.size).toBe(created)
  })

  it('a job for a lane that is just being removed is not refused: it creates the lane again', async () => {
    const tags = [unique()]
    const create = () => test.stores.jobs.create(samplePipeline(project.id, { jobs: [sampleJob({ tags })] }))
    await create()
    await test.db.script('delete from pending_jobs')
    let creating: Promise<number[]> = Promise.resolve([])
    await test.db.transaction(async (tx) => {
      await tx.query('delete from lanes where tags = $1', [tags])
      creating = create()
      const blocked = 'select from pg_stat_activity where pg_backend_pid() = any (pg_blocking_pids(pid))'
      await expect.poll(() => tx.query(blocked)).toHaveLength(1)
    })
    const ids = await creating
    const pending = await test.db.query(
      'select job_id as id from pending_jobs q join lanes l on l.id = lane_id where tags = $1',
      [tags],
    )
    expect(pending).toEqual(ids.map((id) => ({ id })))
  })

  it('pipelines of one project are counted without a gap or a repeat', async () => {
    await times(20, () => test.stores.jobs.create(samplePipeline(project.id)))
    const [row] = await test.db.query<{ iids: number[] }>(
      'select array_agg(iid order by iid) as iids from pipelines where project_id = $1',
      [project.id],
    )
    expect(row?.iids).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
  })

  it('projects in the same new group share one group, and one of several with the same path wins', async () => {
    const group = `${unique()}/a/b`
    const made = await times(10, (n) => test.stores.projects.create({ path: `${group}/${n}`, groupPath: group }))
    expect(new Set(made.map((each) => each?.groupId)).size).toBe(1)
    const rivals = await times(10, () => test.stores.projects.create({ path: `${group}/same`, groupPath: group }))
    expect(rivals.filter((each) => each !== null)).toHaveLength(1)
  })

  it('heartbeats of the same runners from several processes never deadlock', async () => {
    const runners = await times(20, () => test.stores.runners.create(sampleRunner()))
    const contacts = runners.map(({ id }) => ({ runnerId: id, managerId: null, at: new Date(), ipAddress: null }))
    await times(40, (n) => test.stores.runners.recordContacts(n % 2 ? contacts : contacts.toReversed()))
    const [first] = runners
    expect((await test.stores.runners.find(first?.id ?? 0))?.contactedAt).not.toBeNull()
  })

  it('a sign-in link works for one of several callers', async () => {
    const digest = unique()
    const link = { digest, boundTo: 'a token' }
    await test.stores.sessions.addSignInLink({ ...link, expiresAt: new Date(Date.now() + 60_000) })
    const used = await times(10, () => test.stores.sessions.useSignInLink(link))
    expect(used.filter(Boolean)).toHaveLength(1)
  })

  it('processes that start together migrate one after the other', async () => {
    await times(5, () => migrate(test.db))
    const versions = await test.db.query<{ version: number }>('select version from schema_migrations order by version')
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, index) => index + 1))
  })
})
