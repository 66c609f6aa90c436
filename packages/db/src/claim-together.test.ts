import type { JobDefinition } from '@yardmaster/ci-config'
import type { Claim, ClaimOutcome, NewRunner } from '@yardmaster/domain/ports'
import type { Project } from '@yardmaster/domain/projects'
import type { Runner } from '@yardmaster/domain/runners'
import { beforeEach, describe, expect, it } from 'vitest'
import { claimTogether } from './claim-together.ts'
import type { Database, Statement } from './database.ts'
import { sampleClaim, sampleJob, samplePipeline, sampleRunner } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()

// Instance runners see the jobs of all projects: every test starts with an empty queue and nothing running.
beforeEach(() => arrange(test.db, "delete from pending_jobs; update jobs set status = 'canceled'"))

const newProject = (): Promise<Project> => makeProject(test)
const newRunner = (given: Partial<NewRunner> = {}): Promise<Runner> => test.stores.runners.create(sampleRunner(given))

async function enqueue(project: Project, definition: Partial<JobDefinition> = {}, requiredFeatures: string[] = []) {
  const jobs = [sampleJob(definition, { requiredFeatures })]
  const [id] = await test.stores.jobs.create(samplePipeline(project.id, { jobs }))
  if (id === undefined) throw new Error('no job')
  return id
}

const outcomeOf = (outcome: ClaimOutcome): number | string =>
  outcome.kind === 'taken' ? outcome.taken.job.id : outcome.kind === 'rejected' ? outcome.reason : outcome.kind

/** Makes claims at once: the first is under way when the others come, so they share the next statement. */
async function together(claims: readonly Claim[]): Promise<readonly (number | string)[]> {
  const outcomes = await Promise.all(claims.map((claim) => test.stores.jobs.claim(claim)))
  return outcomes.map(outcomeOf)
}

describe('claims that come together', () => {
  it('each get a job of their own, in their order, and the rest get none', async () => {
    const project = await newProject()
    const runner = await newRunner()
    const ids = []
    for (let job = 0; job < 20; job++) ids.push(await enqueue(project))
    const got = await together(Array.from({ length: 40 }, () => sampleClaim(runner)))
    expect(got).toEqual([...ids, ...Array(20).fill('none')])
  })

  it('each get what belongs to their own request', async () => {
    const project = await newProject()
    const runners = [
      await newRunner(),
      await newRunner(),
      await newRunner({ maximumTimeout: 600 }),
      await newRunner(),
      await newRunner(),
    ]
    const ids = []
    for (let job = 0; job < 3; job++) ids.push(await enqueue(project))
    ids.push(await enqueue(project, {}, ['cache']), await enqueue(project, {}, ['cache']))
    const session = { url: 'https://runner.example', certificate: 'c', authorization: 'a' }
    const managers = await Promise.all(
      runners.map(({ id }) => test.stores.runners.seeManager(id, `s_${id}`, {}, new Date())),
    )
    const claims = runners.map((runner, index) =>
      sampleClaim(runner, {
        managerId: managers[index]?.id ?? null,
        answersHold: index === 1,
        session: index === 2 ? session : null,
        features: index === 4 ? ['cache', 'variables'] : [],
      }),
    )
    expect(await together(claims)).toEqual([ids[0], ids[1], ids[2], 'runner_unsupported', ids[4]])
    for (const [index, id] of ids.entries()) {
      const [row] = await test.db.query<Record<string, unknown>>(
        `select status, runner_id, manager_id, answered_hold, token_digest, timeout, timeout_source,
                (select session is not null from job_secrets where job_id = id) as has_session
           from jobs where id = $1`,
        [id],
      )
      const isTaken = index !== 3
      expect(row).toEqual({
        status: isTaken ? 'running' : 'failed',
        runner_id: runners[index]?.id,
        manager_id: managers[index]?.id,
        answered_hold: index === 1,
        token_digest: isTaken ? claims[index]?.tokenDigest : null,
        timeout: isTaken ? (index === 2 ? 600 : 3600) : null,
        timeout_source: isTaken ? (index === 2 ? 'runner' : 'project') : null,
        has_session: index === 2,
      })
    }
  })

  it('take the jobs of several projects in turns, as one after the other would', async () => {
    const [a, b] = [await newProject(), await newProject()]
    const runner = await newRunner()
    const ids = { a: [] as number[], b: [] as number[] }
    for (let job = 0; job < 4; job++) ids.a.push(await enqueue(a))
    for (let job = 0; job < 2; job++) ids.b.push(await enqueue(b))
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => test.stores.jobs.claim(sampleClaim(runner))))
    expect(outcomes.map(outcomeOf)).toEqual([ids.a[0], ids.b[0], ids.a[1], ids.b[1], ids.a[2], ids.a[3]])
    const before = outcomes.map((one) => (one.kind === 'taken' ? one.taken.runningOnInstanceRunners : null))
    expect(before).toEqual([0, 0, 1, 1, 2, 3])
  })

  it('do not mix with claims to which other jobs fit', async () => {
    const project = await newProject()
    const [tagged, untagged] = [await newRunner({ tagList: ['gpu'], runUntagged: false }), await newRunner()]
    const gpu = [await enqueue(project, { tags: ['gpu'] }), await enqueue(project, { tags: ['gpu'] })]
    const plain = [await enqueue(project), await enqueue(project)]
    const claims = [tagged, untagged, tagged, untagged, tagged, untagged].map((runner) => sampleClaim(runner))
    expect(await together(claims)).toEqual([gpu[0], plain[0], gpu[1], plain[1], 'none', 'none'])
  })
})

/** A database that answers each claim when it is told to. */
function slowDatabase() {
  const asked: { askers: number; resolve: (rows?: object[]) => void; reject: (error: Error) => void }[] = []
  const db = {
    kind: 'postgres',
    query: ({ name }: Exclude<Statement, string>, parameters: readonly unknown[]) =>
      new Promise((resolve, reject) => {
        const askers = name.includes('-several') ? JSON.parse(String(parameters.at(-1))).length : 1
        asked.push({ askers, resolve: (rows = []) => resolve(rows), reject })
      }),
  } as unknown as Database
  return { asked, claim: claimTogether(db, test.secrets) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('statements', () => {
  it('are shared by at most 16 claims of a kind, and one is under way at a time', async () => {
    const { asked, claim } = slowDatabase()
    const runner = await newRunner()
    const claims = Array.from({ length: 20 }, () => claim(sampleClaim(runner)))
    for (const sizes of [[1], [1, 16], [1, 16, 3]]) {
      await turn()
      expect(asked.map(({ askers }) => askers)).toEqual(sizes)
      asked.at(-1)?.resolve()
    }
    expect((await Promise.all(claims)).map(({ kind }) => kind)).toEqual(Array(20).fill('none'))
  })

  it('of six kinds are under way at a time, and the others follow', async () => {
    const { asked, claim } = slowDatabase()
    const runners = await Promise.all(Array.from({ length: 8 }, (_, tag) => newRunner({ tagList: [`tag ${tag}`] })))
    const claims = runners.map((runner) => claim(sampleClaim(runner)))
    await turn()
    expect(asked).toHaveLength(6)
    asked[3]?.resolve()
    await turn()
    expect(asked).toHaveLength(7)
    asked[0]?.resolve()
    await turn()
    expect(asked).toHaveLength(8)
    for (const { resolve } of asked) resolve()
    await Promise.all(claims)
  })

  it('that fail are failures of their claims only', async () => {
    const { asked, claim } = slowDatabase()
    const runner = await newRunner()
    const claims = Array.from({ length: 3 }, () => claim(sampleClaim(runner)))
    const ends = Promise.allSettled(claims)
    asked[0]?.resolve()
    await turn()
    const later = claim(sampleClaim(runner))
    asked[1]?.reject(new Error('away'))
    await turn()
    asked[2]?.resolve()
    expect((await ends).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await later).toEqual({ kind: 'none' })
  })

  it('with a job that cannot be read fail for its claim only', async () => {
    const { asked, claim } = slowDatabase()
    const runner = await newRunner()
    const ends = Promise.allSettled(Array.from({ length: 3 }, () => claim(sampleClaim(runner))))
    asked[0]?.resolve()
    await turn()
    asked[1]?.resolve([{ number: 1, candidates: 1, locked: 1, left_to_newer: false, refusal: null }])
    await expect.poll(() => asked.length).toBe(3)
    asked[2]?.resolve()
    expect((await ends).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })
})
