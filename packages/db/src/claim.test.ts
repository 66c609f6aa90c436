import type { JobDefinition } from '@yardmaster/ci-config'
import type { Claim, ClaimOutcome, NewPipeline, NewRunner } from '@yardmaster/domain/ports'
import type { Project } from '@yardmaster/domain/projects'
import type { Runner } from '@yardmaster/domain/runners'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { claimJobs } from './claim.ts'
import type { AskerCount } from './claim-statement.ts'
import { placeOf } from './secrets.ts'
import { sampleClaim, sampleJob, samplePipeline, sampleRunner, unique } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()

// Instance runners see the jobs of all projects: every test starts with an empty queue and nothing running.
beforeEach(() => arrange(test.db, "delete from pending_jobs; update jobs set status = 'canceled'"))

const newProject = (given: Partial<Project> = {}): Promise<Project> => makeProject(test, given)
const newRunner = (given: Partial<NewRunner> = {}): Promise<Runner> => test.stores.runners.create(sampleRunner(given))

const enqueue = async (
  project: Project,
  definition: Partial<JobDefinition> = {},
  given: Partial<NewPipeline> & { requiredFeatures?: string[] } = {},
): Promise<number> => {
  const { requiredFeatures = [], ...pipeline } = given
  const jobs = [sampleJob(definition, { requiredFeatures })]
  const [id] = await test.stores.jobs.create(samplePipeline(project.id, { jobs, ...pipeline }))
  if (id === undefined) throw new Error('no job')
  return id
}

let count: AskerCount = 'one'

async function claim(runner: Runner, given: Partial<Claim> = {}): Promise<ClaimOutcome> {
  const asked = sampleClaim(runner, given)
  if (count === 'one') return await test.stores.jobs.claim(asked)
  for (;;) {
    const [outcome] = await claimJobs(test.db, test.secrets, [asked], count)
    if (outcome?.status !== 'fulfilled') throw outcome?.reason
    if (outcome.value.kind !== 'again') return outcome.value
  }
}

/** Both texts of the statement have to claim by the same rules. */
const inBothTexts = (what: string, tests: () => void) =>
  describe.each(['one', 'several'] as const)(`${what}, with the statement for %s`, (text) => {
    beforeAll(() => {
      count = text
    })
    tests()
  })

/** Returns the id of the claimed job, or why no job was claimed. */
const take = async (runner: Runner, given: Partial<Claim> = {}): Promise<number | string> => {
  const outcome = await claim(runner, given)
  return outcome.kind === 'taken' ? outcome.taken.job.id : outcome.kind
}

inBothTexts('claiming a job', () => {
  it('returns the oldest pending job with everything its payload needs', async () => {
    const project = await newProject({
      repoUrl: 'https://user:secret@git.example/x.git',
      variables: [{ key: 'A', value: '1', masked: true }],
    })
    const runner = await newRunner()
    const manager = await test.stores.runners.seeManager(runner.id, 's_1', {}, new Date())
    const id = await enqueue(project, { script: ['make all'] }, { variables: [{ key: 'B', value: '2', public: true }] })
    await enqueue(project)

    const outcome = await claim(runner, { managerId: manager.id, tokenDigest: 'digest-of-the-job-token' })

    if (outcome.kind !== 'taken') throw new Error(outcome.kind)
    const { taken } = outcome
    expect(taken.job).toMatchObject({
      id,
      status: 'running',
      runnerId: runner.id,
      managerId: manager.id,
      projectPath: project.path,
      timeout: 3600,
      timeoutSource: 'project',
      failureReason: null,
      finishedAt: null,
    })
    expect(taken.job.startedAt).toBeInstanceOf(Date)
    expect(taken.definition.script).toEqual(['make all'])
    expect(taken.project).toEqual(await test.stores.projects.find(project.id))
    expect(taken.pipeline).toMatchObject({ iid: 1, source: 'api', variables: [{ key: 'B', value: '2', public: true }] })
    expect(taken.queueSize).toBe(2)
    expect(taken.runningOnInstanceRunners).toBe(0)
    expect(taken.timeInQueueSeconds).toBeGreaterThanOrEqual(0)
    expect(taken.timeInQueueSeconds).toBeLessThan(60)
    expect(await test.stores.jobs.find(id)).toEqual(taken.job)
    expect((await test.stores.jobs.credentials(id))?.tokenDigest).toBe('digest-of-the-job-token')
  })

  it('returns none when nothing is pending, and never returns a job twice', async () => {
    const runner = await newRunner()
    expect(await take(runner)).toBe('none')
    const id = await enqueue(await newProject())
    expect(await take(runner)).toBe(id)
    expect(await take(runner)).toBe('none')
  })

  it('removes a job from the queue that is no longer pending, and goes on', async () => {
    const runner = await newRunner()
    const project = await newProject()
    const [id, next] = [await enqueue(project), await enqueue(project)]
    await arrange(test.db, "update jobs set status = 'canceled' where id = $1", [id])
    expect(await take(runner)).toBe(next)
    await arrange(test.db, "update jobs set status = 'canceled' where id = $1", [await enqueue(project)])
    expect(await take(runner)).toBe('none')
    expect(await test.db.query('select job_id from pending_jobs')).toEqual([])
  })

  it('skips jobs that are not queued long enough', async () => {
    const runner = await newRunner()
    const project = await newProject()
    const young = await enqueue(project)
    const old = await enqueue(project)
    await test.db.query("update pending_jobs set queued_at = now() - interval '1 hour' where job_id = $1", [old])
    expect(await take(runner, { jobAge: 60 })).toBe(old)
    expect(await take(runner, { jobAge: 60 })).toBe('none')
    expect(await take(runner, { jobAge: -5 })).toBe(young)
  })

  it('keeps the session of the runner while the job runs, encrypted', async () => {
    const id = await enqueue(await newProject())
    const session = { url: 'https://203.0.113.7:8093/session/8f1c', certificate: 'C', authorization: 'A' }
    await claim(await newRunner(), { session })
    const stored = () =>
      test.db.query<{ session: Uint8Array | null; token_digest: string }>(
        'select session, token_digest from job_secrets join jobs on jobs.id = job_id where job_id = $1',
        [id],
      )
    const [kept] = await stored()
    const place = placeOf('job_secrets.session', kept?.token_digest ?? '')
    expect(JSON.parse(test.secrets.decrypt(kept?.session ?? new Uint8Array(), place))).toEqual({
      version: 1,
      ...session,
    })
    await test.stores.jobs.finish(id, {
      event: 'success',
      failureReason: null,
      exitCode: null,
      trace: { size: 0, crc: 0, invalid: false, corrupted: false },
    })
    expect((await stored())[0]?.session).toBeNull()
  })
})

inBothTexts('matching', () => {
  it('gives a job only to a runner that has all of its tags, in the same spelling', async () => {
    const project = await newProject()
    const id = await enqueue(project, { tags: ['docker', 'arm64'] })
    expect(await take(await newRunner({ tagList: ['docker'] }))).toBe('none')
    expect(await take(await newRunner({ tagList: ['Docker', 'arm64'] }))).toBe('none')
    expect(await take(await newRunner({ tagList: ['arm64', 'x', 'docker'] }))).toBe(id)
  })

  it('gives a job without tags only to a runner that takes untagged ones', async () => {
    const id = await enqueue(await newProject())
    expect(await take(await newRunner({ tagList: ['docker'], runUntagged: false }))).toBe('none')
    expect(await take(await newRunner({ tagList: ['docker'] }))).toBe(id)
  })

  it('gives a ref_protected runner only jobs of protected refs, and any other runner both', async () => {
    const project = await newProject()
    const open = await enqueue(project)
    const guarded = await enqueue(project, {}, { protected: true })
    const strict = await newRunner({ accessLevel: 'ref_protected' })
    expect(await take(strict)).toBe(guarded)
    expect(await take(strict)).toBe('none')
    const again = await enqueue(project, {}, { protected: true })
    const lenient = await newRunner()
    expect([await take(lenient), await take(lenient)]).toEqual([open, again])
  })

  it('gives instance runners no jobs of a project that switched them off, has no CI, or is deleted', async () => {
    const runner = await newRunner()
    for (const change of [{ instanceRunnersEnabled: false }, { ciEnabled: false }]) {
      const project = await newProject()
      await enqueue(project)
      await test.stores.projects.update(project.id, change)
    }
    const deleted = await newProject()
    await enqueue(deleted)
    await test.stores.projects.remove(deleted.id)
    expect(await take(runner)).toBe('none')
  })

  it('gives group runners the jobs of their group and its subgroups', async () => {
    const group = unique()
    const inGroup = await newProject({ path: `${group}/x`, groupPath: group })
    const inSubgroup = await newProject({ path: `${group}/a/b/x`, groupPath: `${group}/a/b` })
    const switchedOff = await newProject({ path: `${group}/y`, groupPath: group, groupRunnersEnabled: false })
    // A path that merely begins with the same letters is not in the group.
    const elsewhere = await newProject({ path: `${group}x/z`, groupPath: `${group}x` })
    const runner = await newRunner({ runnerType: 'group_type', groupId: inGroup.groupId })
    await enqueue(elsewhere)
    await enqueue(switchedOff)
    const [one, two] = [await enqueue(inSubgroup), await enqueue(inGroup)]
    expect([await take(runner), await take(runner), await take(runner)]).toEqual([one, two, 'none'])
  })

  it('gives project runners the jobs of their projects, oldest first', async () => {
    const [a, b, other] = [await newProject(), await newProject(), await newProject()]
    const runner = await newRunner({ runnerType: 'project_type', projectIds: [a.id, b.id] })
    await enqueue(other)
    const ids = [await enqueue(b), await enqueue(a), await enqueue(b)]
    expect([await take(runner), await take(runner), await take(runner), await take(runner)]).toEqual([...ids, 'none'])
  })
})

inBothTexts('fair scheduling', () => {
  it('goes by the jobs of a project that run on instance runners, as in the worked example', async () => {
    const [a, b, c] = [await newProject(), await newProject(), await newProject()]
    const ids = {
      a: [await enqueue(a), await enqueue(a), await enqueue(a)],
      b: [await enqueue(b), await enqueue(b)],
      c: [await enqueue(c)],
    }
    const runner = await newRunner()
    const order = []
    for (let request = 0; request < 6; request++) order.push(await take(runner))
    expect(order).toEqual([ids.a[0], ids.b[0], ids.c[0], ids.a[1], ids.b[1], ids.a[2]])
  })

  it('no longer counts a finished job', async () => {
    const [a, b] = [await newProject(), await newProject()]
    const first = await enqueue(a)
    const second = await enqueue(a)
    await enqueue(b)
    const runner = await newRunner()
    expect(await take(runner)).toBe(first)
    await arrange(test.db, "update jobs set status = 'success' where id = $1", [first])
    expect(await take(runner)).toBe(second)
  })

  it('reports how many jobs of the project ran on instance runners before', async () => {
    const project = await newProject()
    for (let count = 0; count < 3; count++) await enqueue(project)
    const own = await newRunner({ runnerType: 'project_type', projectIds: [project.id] })
    const runner = await newRunner()
    await take(own)
    await take(runner)
    const outcome = await claim(runner, { fairScheduling: false })
    expect(outcome.kind === 'taken' && outcome.taken.runningOnInstanceRunners).toBe(1)
  })

  it('is first in, first out when switched off', async () => {
    const [a, b] = [await newProject(), await newProject()]
    const ids = [await enqueue(a), await enqueue(a), await enqueue(b)]
    const runner = await newRunner()
    const order = []
    for (let request = 0; request < 3; request++) order.push(await take(runner, { fairScheduling: false }))
    expect(order).toEqual(ids)
  })

  it('finds the right job among more lanes and jobs than it looks at', async () => {
    const runner = await newRunner({ tagList: Array.from({ length: 40 }, (_, n) => `t${n}`) })
    const project = await newProject()
    const jobs = Array.from({ length: 40 * 3 }, (_, n) => sampleJob({ tags: [`t${39 - (n % 40)}`] }))
    const ids = await test.stores.jobs.create(samplePipeline(project.id, { jobs }))
    const order = []
    for (const _ of ids) order.push(await take(runner))
    expect(order).toEqual(ids)
  })
})

inBothTexts('checks before a job is assigned', () => {
  const reject = async (runner: Runner, given: Partial<Claim> = {}) => {
    const outcome = await claim(runner, given)
    return outcome.kind === 'rejected' ? outcome : outcome.kind
  }

  it('fails a job whose dependency was erased or lost its artifacts', async () => {
    const project = await newProject()
    const runner = await newRunner()
    for (const loss of ['erased_at = now()', 'artifacts_expire_at = now()']) {
      const dependency = await enqueue(project)
      expect(await take(runner)).toBe(dependency)
      await arrange(test.db, `update jobs set status = 'success', ${loss} where id = $1`, [dependency])
      const id = await enqueue(project, { dependencies: [dependency] })
      expect(await reject(runner)).toEqual({
        kind: 'rejected',
        jobId: id,
        reason: 'missing_dependency_failure',
        remaining: 0,
      })
      expect(await test.stores.jobs.find(id)).toMatchObject({
        status: 'failed',
        failureReason: 'missing_dependency_failure',
        runnerId: runner.id,
        startedAt: null,
      })
      expect((await test.stores.jobs.credentials(id))?.tokenDigest).toBeNull()
    }
  })

  it('keeps a dependency whose artifacts are still there', async () => {
    const project = await newProject()
    const runner = await newRunner()
    const dependency = await enqueue(project)
    await take(runner)
    await arrange(
      test.db,
      "update jobs set status = 'success', artifacts_expire_at = now() + interval '1 day' where id = $1",
      [dependency],
    )
    const id = await enqueue(project, { dependencies: [dependency] })
    expect(await take(runner)).toBe(id)
  })

  it('fails a job that needs a feature the runner did not announce, and counts what is left', async () => {
    const project = await newProject()
    const runner = await newRunner()
    const needy = { requiredFeatures: ['vault_secrets', 'refspecs'] }
    const id = await enqueue(project, {}, needy)
    await enqueue(project)
    await enqueue(project)
    expect(await reject(runner, { features: ['refspecs'] })).toEqual({
      kind: 'rejected',
      jobId: id,
      reason: 'runner_unsupported',
      remaining: 2,
    })
    const next = await enqueue(await newProject(), {}, needy)
    expect(await take(runner, { features: ['refspecs', 'x', 'vault_secrets'] })).not.toBe(next)
  })

  it('fails a job of a pipeline older than the archive age', async () => {
    const project = await newProject()
    const runner = await newRunner()
    const id = await enqueue(project)
    await test.db.query("update pipelines set created_at = now() - interval '2 hours' where project_id = $1", [
      project.id,
    ])
    expect(await reject(runner, { archiveAfter: 3600 })).toMatchObject({ jobId: id, reason: 'archived_failure' })
    const other = await enqueue(await newProject())
    expect(await take(runner, { archiveAfter: 3600 })).toBe(other)
  })

  it('fails a job of a deleted project or one without CI when its own runner takes it', async () => {
    const [deleted, off] = [await newProject(), await newProject()]
    const runner = await newRunner({ runnerType: 'project_type', projectIds: [deleted.id, off.id] })
    const ids = [await enqueue(deleted), await enqueue(off)]
    await test.stores.projects.remove(deleted.id)
    await test.stores.projects.update(off.id, { ciEnabled: false })
    expect(await reject(runner)).toMatchObject({ jobId: ids[0], reason: 'project_deleted' })
    expect(await reject(runner)).toMatchObject({ jobId: ids[1], reason: 'builds_disabled' })
  })
})

inBothTexts('the time limit', () => {
  const limit = async (own: number | null, maximumTimeout: number | null) => {
    const project = await newProject({ timeout: 1000 })
    const runner = await newRunner({ runnerType: 'project_type', projectIds: [project.id], maximumTimeout })
    await enqueue(project, { timeout: own })
    const outcome = await claim(runner)
    return outcome.kind === 'taken' ? [outcome.taken.job.timeout, outcome.taken.job.timeoutSource] : outcome.kind
  }

  it('is the job’s own, otherwise the project’s, and the runner’s if that is lower', async () => {
    expect(await limit(null, null)).toEqual([1000, 'project'])
    expect(await limit(5000, null)).toEqual([5000, 'job'])
    expect(await limit(5000, 5000)).toEqual([5000, 'job'])
    expect(await limit(5000, 700)).toEqual([700, 'runner'])
    expect(await limit(null, 700)).toEqual([700, 'runner'])
    expect(await limit(600, 700)).toEqual([600, 'job'])
  })
})

describe('the jobs that the same runners could take', () => {
  it('are counted, up to a limit', async () => {
    const [project, other] = [await newProject(), await newProject()]
    for (const tags of [['a', 'b'], ['b', 'a'], ['a'], []]) await enqueue(project, { tags })
    await enqueue(project, { tags: ['a', 'b'] }, { protected: true })
    await enqueue(other, { tags: ['a', 'b'] })
    const scope = { projectId: project.id, protected: false, tags: ['b', 'a', 'b'] }
    const count = (given: Partial<typeof scope> = {}, limit = 10) =>
      test.stores.jobs.countQueued({ ...scope, ...given }, limit)
    expect(await Promise.all([count(), count({}, 1), count({ tags: [] }), count({ protected: true })])).toEqual([
      2, 1, 1, 1,
    ])
    expect(await count({ tags: ['c'] })).toBe(0)
    const runner = await newRunner({ tagList: ['a', 'b'] })
    await take(runner)
    expect((await count()) + (await count({ tags: ['a'] })) + (await count({ tags: [] }))).toBe(3)
  })
})
