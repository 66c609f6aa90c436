import { setTimeout as pause } from 'node:timers/promises'
import type { Admin } from '../support/admin.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { notNull } from '../support/not-null.ts'
import type { TakenJob } from '../support/taken-job.ts'
import { type Conduct, pretends } from './conducts.ts'

/** Pause after a request without a job, which a restarting installation may answer at once. */
const AGAIN_MS = 500

/** Two working runners, a paused one, and one that never made contact. */
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

/** Returns the key by which `conductOf` finds a job; all attempts of a job share it. */
export const keyOf = (pipelineId: number | string, name: string): string => `${pipelineId}/${name}`

/**
 * Registers runners, which then work until `signal` aborts.
 *
 * @param conducts - by `keyOf`; for all other jobs the runners only pretend.
 * @returns a promise that resolves when they have stopped.
 */
export async function startFleet(
  admin: Admin,
  conducts: ReadonlyMap<string, Conduct>,
  signal: AbortSignal,
): Promise<{ readonly stopped: Promise<unknown> }> {
  const registrationToken = notNull((await admin.query('settings.get')).registrationToken)
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

/** Runs a job. If that fails, the job is left to time out. */
async function carryOut(job: TakenJob, conducts: ReadonlyMap<string, Conduct>, signal: AbortSignal): Promise<void> {
  const pipelineId = job.payload.variables.find(({ key }) => key === 'CI_PIPELINE_ID')?.value ?? ''
  const conduct = conducts.get(keyOf(pipelineId, job.payload.job_info.name)) ?? pretends
  await conduct(job, signal).catch((error: unknown) => {
    if (!signal.aborted) console.error(`job ${job.id} broke off: ${error}`)
  })
}
