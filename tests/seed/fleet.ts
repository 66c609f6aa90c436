import { setTimeout as pause } from 'node:timers/promises'
import type { Admin } from '../support/admin.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import type { TakenJob } from '../support/taken-job.ts'
import { type Conduct, pretends } from './conducts.ts'

/** After a request that brought nothing, which an installation that restarts may answer at once. */
const AGAIN_MS = 500

/** Two that work, one that is paused, and one that never came. */
const WORKING = [
  { description: 'build machine in Frankfurt', costFactor: 1 },
  { description: 'build machine in Oregon', costFactor: 2 },
]
const PAUSED = { description: 'Mac mini under the desk', tagList: 'macos', paused: true }
const AWAITED = {
  description: 'GPU server, on order',
  runnerType: 'instance_type',
  tagList: ['gpu'],
  runUntagged: false,
}

/** What `conductOf` finds a job by: attempts of a job share it. */
export const keyOf = (pipelineId: number | string, name: string): string => `${pipelineId}/${name}`

/**
 * Registers runners and lets them work until `signal` aborts.
 *
 * @param conducts - by `keyOf`; other jobs are pretended.
 * @returns what resolves when they have stopped.
 */
export async function startFleet(
  admin: Admin,
  conducts: ReadonlyMap<string, Conduct>,
  signal: AbortSignal,
): Promise<{ readonly stopped: Promise<unknown> }> {
  const { registrationToken } = await admin.query<{ registrationToken: string }>('settings.get')
  await admin.mutate('runners.create', AWAITED)
  await FakeRunner.register(admin.url, registrationToken, PAUSED)
  const working = []
  for (const { costFactor, ...options } of WORKING) {
    const runner = await FakeRunner.register(admin.url, registrationToken, options)
    await admin.mutate('runners.update', { id: runner.id, costFactor })
    working.push(work(runner, conducts, signal))
  }
  return { stopped: Promise.all(working) }
}

async function work(runner: FakeRunner, conducts: ReadonlyMap<string, Conduct>, signal: AbortSignal): Promise<void> {
  const jobs: Promise<void>[] = []
  while (!signal.aborted) {
    const job = await runner.tryTake(signal).catch(() => null)
    if (job) jobs.push(carryOut(job, conducts, signal))
    else await pause(AGAIN_MS, undefined, { signal }).catch(() => undefined)
  }
  await Promise.all(jobs)
}

/** A job that breaks off is left to time out. */
async function carryOut(job: TakenJob, conducts: ReadonlyMap<string, Conduct>, signal: AbortSignal): Promise<void> {
  const pipelineId = job.payload.variables.find(({ key }) => key === 'CI_PIPELINE_ID')?.value ?? ''
  const conduct = conducts.get(keyOf(pipelineId, job.payload.job_info.name)) ?? pretends
  await conduct(job, signal).catch((error: unknown) => {
    if (!signal.aborted) console.error(`job ${job.id} broke off: ${error}`)
  })
}
