import type { NewRunner } from '@yardmaster/domain/ports'
import type { Project } from '@yardmaster/domain/projects'
import { type Month, monthOf } from '@yardmaster/domain/usage'
import { beforeEach, expect, it } from 'vitest'
import { sampleClaim, sampleJob, samplePipeline, sampleRunner, unique } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'

const test = useTestDatabase()
let project: Project

beforeEach(async () => {
  project = await makeProject(test)
})

const newRunner = (given: Partial<NewRunner> = {}) =>
  test.stores.runners.create(sampleRunner({ runnerType: 'project_type', projectIds: [project.id], ...given }))

const END = {
  event: 'success',
  failureReason: null,
  exitCode: null,
  trace: { size: 0, crc: 0, invalid: false, corrupted: false },
} as const

interface Run {
  readonly runner: Awaited<ReturnType<typeof newRunner>>
  readonly tags?: readonly string[]
  readonly waitSeconds?: number
  readonly runSeconds?: number
}

/** Creates a job that was queued, taken and finished just now, with the given durations. */
async function run({ runner, tags = [], waitSeconds = 0, runSeconds = 0 }: Run): Promise<number> {
  const [id = 0] = await test.stores.jobs.create(samplePipeline(project.id, { jobs: [sampleJob({ tags })] }))
  await test.stores.jobs.claim(sampleClaim(runner))
  await test.stores.jobs.finish(id, END)
  await test.db.query(
    `update jobs set started_at = finished_at - $2 * interval '1 second',
            queued_at = finished_at - ($2::float8 + $3) * interval '1 second' where id = $1`,
    [id, runSeconds, waitSeconds],
  )
  return id
}

const now = (): Month => monthOf(new Date())
const ofProject = async (month = now()) =>
  (await test.stores.usage.projects(month)).find(({ projectId }) => projectId === project.id)
const ofRunner = async (id: number) => (await test.stores.usage.runners(now())).find(({ runnerId }) => runnerId === id)

it('computes the usage of projects and runners, at the factor that each runner had then', async () => {
  const plain = await newRunner({ description: 'plain' })
  await run({ runner: plain, runSeconds: 120 })
  await test.stores.runners.update(plain.id, { paused: true })
  const dear = await newRunner({ costFactor: 2.5 })
  await run({ runner: dear, runSeconds: 60 })
  await test.stores.runners.update(dear.id, { costFactor: 100 })

  expect(await ofProject()).toEqual({
    projectId: project.id,
    path: project.path,
    jobs: 2,
    runSeconds: 180,
    computeMinutes: 4.5,
  })
  expect(await ofRunner(plain.id)).toEqual({
    runnerId: plain.id,
    description: 'plain',
    costFactor: 1,
    jobs: 1,
    runSeconds: 120,
    computeMinutes: 2,
  })
  expect(await ofRunner(dear.id)).toMatchObject({ costFactor: 100, runSeconds: 60, computeMinutes: 2.5 })
})

it('counts a job once, however often it is ended, and not before its end', async () => {
  const runner = await newRunner()
  const [id = 0] = await test.stores.jobs.create(samplePipeline(project.id))
  await test.stores.jobs.claim(sampleClaim(runner))
  expect(await ofProject()).toBeUndefined()
  await Promise.all([1, 2, 3].map(() => test.stores.jobs.finish(id, END)))
  expect((await ofProject())?.jobs).toBe(1)
})

it('counts no job that was never run', async () => {
  const [waiting = 0] = await test.stores.jobs.create(samplePipeline(project.id))
  await test.stores.jobs.cancelWaiting(waiting)
  expect(await ofProject()).toBeUndefined()
})

it('separates months in UTC: a job counts in the month of its end', async () => {
  const id = await run({ runner: await newRunner() })
  await test.db.query(
    "update jobs set started_at = '2026-01-31T23:59:00Z', finished_at = '2026-02-01T00:00:00Z' where id = $1",
    [id],
  )
  expect(await ofProject('2026-01' as Month)).toBeUndefined()
  expect(await ofProject('2026-02' as Month)).toMatchObject({ jobs: 1, runSeconds: 60 })
  expect(await ofProject('2026-03' as Month)).toBeUndefined()
})

it('keeps the usage of a removed runner', async () => {
  const runner = await newRunner({ costFactor: 2 })
  await run({ runner, runSeconds: 60 })
  await test.stores.runners.remove(runner.id)
  expect(await ofRunner(runner.id)).toMatchObject({ description: null, costFactor: null, jobs: 1, computeMinutes: 2 })
})

it('returns how long jobs waited and ran, by tag', async () => {
  const [tag, other] = [unique(), unique()]
  const runner = await newRunner({ tagList: [tag, other] })
  for (let n = 0; n <= 10; n++) await run({ runner, tags: [tag], waitSeconds: n * 10, runSeconds: n })
  await run({ runner, tags: [tag, other], waitSeconds: 50, runSeconds: 5 })
  await run({ runner, waitSeconds: 7, runSeconds: 3 })

  const { all, tags } = await test.stores.usage.times({ hours: 1 })
  expect(all?.jobs).toBeGreaterThanOrEqual(13)
  expect(tags.find((times) => times.tag === other)).toEqual({
    tag: other,
    jobs: 1,
    queueWait: { p50: 50, p90: 50, p99: 50 },
    runTime: { p50: 5, p90: 5, p99: 5 },
  })
  expect(tags.map((times) => times.tag)).toContain(null)
  const asked = await test.stores.usage.times({ hours: 1, tag })
  expect(asked).toMatchObject({ all: null, tags: [{ tag, jobs: 12, queueWait: { p50: 50 }, runTime: { p50: 5 } }] })
  expect(asked.tags[0]?.queueWait.p90).toBeCloseTo(89, 5)
})

it('returns null when there are no jobs', async () => {
  expect((await test.stores.usage.times({ hours: 1, tag: unique() })).tags).toEqual([])
  expect(await test.stores.usage.projects('2001-01' as Month)).toEqual([])
})
