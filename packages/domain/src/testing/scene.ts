import { arrange, type TestDatabase } from '@yardmaster/db/testing'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { cancelJob } from '../execution/cancel-job.ts'
import type { JobLimits } from '../execution/time-out-jobs.ts'
import { updateJob } from '../execution/update-job.ts'
import type { Job, JobStatus } from '../jobs/job.ts'
import { createJob } from '../pipelines/create-job.ts'
import { createPipeline } from '../pipelines/create-pipeline.ts'
import type { HandedJob } from '../queue/hand-over-job.ts'
import { type WorkAnswer, type WorkRequest, WorkRequests } from '../queue/request-work.ts'
import { registerRunner } from '../runners/register-runner.ts'
import type { RunnerChanges } from '../runners/validate-runner.ts'
import type { Services } from '../services.ts'
import { openTestServices } from './test-services.ts'

/** A runner or a job, as its token's holder knows it. */
export interface Holder {
  readonly id: number
  readonly token: string
}

export let services: Services
export let database: TestDatabase
export let runner: Holder

/** Gives a test file of use cases services of its own, and a runner that takes every job. */
export function setUpScene(): void {
  let close: (() => PromiseLike<void>) | undefined
  beforeAll(async () => {
    const opened = await openTestServices()
    close = () => opened[Symbol.asyncDispose]()
    services = opened.services
    database = opened.database
    runner = await register()
  })
  afterAll(() => close?.())
  beforeEach(async () => {
    await services.background.settle()
    // The runner sees the jobs of every test.
    await arrange(
      database.db,
      "delete from pending_jobs; delete from resources; update jobs set status = 'canceled', finished_at = now()",
    )
    await services.settings.update({ archiveAfter: null })
  })
}

export const HOUR = 3600
const YEAR = 365 * 24 * HOUR
/** Limits that no job of a test exceeds. */
export const PATIENT: JobLimits = {
  silenceSeconds: YEAR,
  acceptSeconds: YEAR,
  pendingSeconds: YEAR,
  stuckPendingSeconds: YEAR,
  timeoutGraceSeconds: YEAR,
}
/** As the time since which a process has been listening: it was never away. */
export const EVER = new Date(0)

/** Registers an instance runner. */
export async function register(attributes: RunnerChanges = {}): Promise<Holder> {
  const token = await services.settings.registrationToken()
  const made = await registerRunner(services, { token, attributes, name: null })
  if (!made.ok) throw new Error(made.error.kind)
  return made.value
}

export async function create(definition: object = {}, projectId?: number): Promise<number> {
  const made = await createJob(services, { projectId, name: 'a', definition: { script: ['true'], ...definition } })
  if (!made.ok) throw new Error(JSON.stringify(made.error))
  return made.value
}

/** Creates a pipeline of jobs with the given names. Returns their ids. */
export async function createMany(jobs: Readonly<Record<string, object>>): Promise<readonly number[]> {
  const named = Object.entries(jobs).map(([name, definition]) => ({
    name,
    definition: { script: ['true'], ...definition },
  }))
  const made = await createPipeline(services, { jobs: named })
  if (!made.ok) throw new Error(JSON.stringify(made.error))
  return made.value
}

export const workRequest = ({
  features = { cancel_gracefully: true },
  ...given
}: Partial<WorkRequest> = {}): WorkRequest => ({
  token: runner.token,
  systemId: 's_1',
  lastUpdate: '',
  info: { features },
  features,
  ipAddress: null,
  jobAge: null,
  session: null,
  isGone: () => false,
  ...given,
})

/** Asks for work, and does not wait for it. */
export const ask = (given: Partial<WorkRequest> = {}) =>
  new WorkRequests(services, (handed: HandedJob) => handed).answer(workRequest(given), false)

/** Returns the job that is the answer to a request for work. */
export function jobIn(answer: WorkAnswer<unknown> | { readonly kind: 'may_be_held' }): Holder {
  if (answer.kind !== 'job') throw new Error(`no job: ${JSON.stringify(answer)}`)
  return { id: answer.handed.taken.job.id, token: answer.handed.jobToken }
}

/** Takes the next job, with a runner that has more features than to cancel gracefully. */
export const take = async (features: object = {}): Promise<Holder> =>
  jobIn(await ask({ features: { cancel_gracefully: true, ...features } }))

/** Reports the state of a job. */
export const say = ({ id, token }: Holder, state: string) =>
  updateJob(services, {
    id,
    token,
    ipAddress: null,
    state,
    failureReason: null,
    exitCode: 1,
    checksum: null,
    bytesize: null,
  })

/** Returns a job once all that follows from the latest change has been done. */
export async function find(id: number): Promise<Job> {
  await services.background.settle()
  const job = await services.jobs.find(id)
  if (!job) throw new Error(`no job ${id}`)
  return job
}
export const statusOf = async (id: number): Promise<JobStatus> => (await find(id)).status

export async function cancel(id: number): Promise<void> {
  const canceled = await cancelJob(services, { id })
  if (!canceled.ok) throw new Error(JSON.stringify(canceled.error))
}

/** Sets one of a job's times back. */
export const age = (id: number, column: string, seconds: number) =>
  database.db.query(`update jobs set ${column} = ${column} - $2 * interval '1 second' where id = $1`, [id, seconds])

/** Sets the creation of a job's pipeline back. */
export const ageOfPipeline = (id: number, seconds: number) =>
  database.db.query(
    `update pipelines set created_at = created_at - $2 * interval '1 second'
      where id = (select pipeline_id from jobs where id = $1)`,
    [id, seconds],
  )

/** Returns background work whose failures are only recorded, by the names of the tasks. */
export function recordFailures(failures: string[]): Services['background'] {
  const { run, settle } = services.background
  return {
    run: (name, task) => run(name, () => task().catch(() => void failures.push(name))),
    report: (name) => void failures.push(name),
    settle,
  }
}
