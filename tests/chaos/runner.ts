import { setTimeout as pause } from 'node:timers/promises'
import type { FakeRunner } from '../support/fake-runner.ts'
import type { JobPayload } from '../support/payload.ts'
import { TakenJob } from '../support/taken-job.ts'
import { Attempt } from './ledger.ts'
import { planAttempt } from './plan.ts'
import { RunningJob } from './running-job.ts'
import type { Scene } from './scene.ts'

const REQUEST_MS = 30_000
const AFTER_NOTHING_MS = 100
const AFTER_FAILURE_MS = 300

/** Requests jobs and runs them one at a time until `over` aborts. */
export async function work(scene: Scene, runner: FakeRunner, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const payload = await request(scene, runner, over)
    if (payload) await run(scene, payload)
  }
}

async function request({ report }: Scene, runner: FakeRunner, over: AbortSignal): Promise<JobPayload | null> {
  try {
    const reply = await runner.request({}, AbortSignal.any([over, AbortSignal.timeout(REQUEST_MS)]))
    if (reply.status === 201) return reply.json<JobPayload>()
    if (reply.status === 403 || (reply.status < 500 && ![204, 409, 429].includes(reply.status))) {
      report.difference(`a job request of a valid runner was answered ${reply.status} ${reply.text}`)
    }
    await pause(reply.status === 204 ? AFTER_NOTHING_MS : AFTER_FAILURE_MS)
  } catch {
    // Without an answer, a job that it may have carried is retried automatically.
    await pause(AFTER_FAILURE_MS)
  }
  return null
}

async function run(scene: Scene, payload: JobPayload): Promise<void> {
  const { ledger, report, seed } = scene
  const { id } = payload
  const { name } = payload.job_info
  const plan = ledger.plan(name)
  if (!plan) return report.difference(`a runner was given job ${id} (${name}), which was never submitted`)
  if (ledger.attempts.has(id)) return report.difference(`job ${id} (${name}) was handed out twice`)
  for (const before of plan.after) {
    if (ledger.of(before).some(({ reported }) => reported === 'success')) continue
    report.difference(`job ${id} (${name}) was handed out before ${before} had passed`)
  }
  const attempt = new Attempt(new TakenJob(scene.installation.fleet.url, payload), plan)
  ledger.begin(attempt)
  await new RunningJob(scene, attempt, planAttempt(seed, plan, ledger.of(name).length)).run()
  attempt.endedAt = Date.now()
}
