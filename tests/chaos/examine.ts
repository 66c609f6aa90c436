import { crc32 } from 'node:zlib'
import type { Job } from '../support/api.ts'
import { type Attempt, type Pipeline, sha256 } from './ledger.ts'
import type { JobPlan } from './plan.ts'
import type { Scene } from './scene.ts'

/** How often jobs whose hand-over was lost are retried automatically. */
const LOST_HAND_OVERS = 2

/**
 * Compares a pipeline with what its runners did: outcomes, attempts, logs and artifacts.
 *
 * @returns all faults, in a state in which everything should be over.
 */
export async function examine(scene: Scene, pipeline: Pipeline): Promise<string[]> {
  const wrong: string[] = []
  const lasts = new Map<string, Job | undefined>()
  for (const plan of pipeline.jobs) {
    const attempts = await attemptsOf(scene, plan.name)
    lasts.set(plan.name, attempts.at(-1))
    wrong.push(...chain(plan, attempts))
    for (const job of attempts) wrong.push(...(await examineJob(scene, job)))
  }
  const there = pipeline.jobs.filter(({ name }) => lasts.get(name))
  if (there.length === 0 && !pipeline.certain) return wrong
  for (const plan of pipeline.jobs) {
    const last = lasts.get(plan.name)
    if (!last) wrong.push(`${plan.name} is missing, though ${there.length} jobs of its pipeline are there`)
    else wrong.push(...order(plan, last, lasts))
  }
  return wrong
}

/** Returns all attempts of a job, oldest first. */
export async function attemptsOf({ admin, projectId }: Scene, name: string): Promise<Job[]> {
  const { items } = await admin.query('jobs.list', { projectId, name, limit: 100 })
  return items.toSorted((a, b) => a.id - b.id)
}

/** Checks that every attempt except the first follows a failed one that may be retried, and that no others exist. */
function chain(plan: JobPlan, attempts: readonly Job[]): string[] {
  const wrong: string[] = []
  attempts.forEach(({ id, status, failureReason, retryOf, retriedBy }, earlier) => {
    const before = attempts[earlier - 1]?.id ?? null
    if (retryOf !== before) wrong.push(`job ${id} (${plan.name}) is a retry of ${retryOf}, not of ${before}`)
    const most = plan.retries || (failureReason === 'runner_provisioning_timeout' ? LOST_HAND_OVERS : 0)
    const due = status === 'failed' && earlier < most
    const next = attempts[earlier + 1]?.id ?? null
    if (due !== (retriedBy !== null) || retriedBy !== next) {
      wrong.push(`job ${id} (${plan.name}), ${status} after ${earlier} others, was retried by ${retriedBy}`)
    }
  })
  return wrong
}

/** Checks that a job was skipped if and only if a job it waits for did not pass. */
function order(plan: JobPlan, { id, status }: Job, lasts: ReadonlyMap<string, Job | undefined>): string[] {
  if (status === 'canceled' || plan.after.length === 0) return []
  const passed = plan.after.every((name) => lasts.get(name)?.status === 'success')
  if (passed === (status !== 'skipped')) return []
  const before = plan.after.map((name) => `${name} ${lasts.get(name)?.status}`)
  return [`job ${id} (${plan.name}) is ${status} after ${before.join(', ')}`]
}

async function examineJob(scene: Scene, job: Job): Promise<string[]> {
  const attempt = scene.ledger.attempts.get(job.id)
  const wrong = [...end(scene, job, attempt)]
  if (attempt) {
    wrong.push(...(await log(scene, job, attempt)))
    wrong.push(...(await artifacts(scene, job, attempt)))
  } else if (job.traceSize > 0 || job.artifacts.length > 0) {
    wrong.push('it has a log or artifacts that no runner sent')
  }
  return wrong.map((sentence) => `job ${job.id} (${job.name}): ${sentence}`)
}

/** Checks that a job ended in a way that the reports and cancellations explain. */
function end({ ledger }: Scene, { id, status, failureReason }: Job, attempt: Attempt | undefined): string[] {
  const canceled = ledger.canceled.has(id)
  const asked = ledger.canceled.get(id)
  if (attempt && attempt.endedAt === null) return ['its runner is still at work']
  if (status === 'canceled') return canceled ? [] : ['it is canceled, but was not asked to be']
  if (asked === 'canceled' || asked === 'canceling') return [`its cancellation was confirmed, and it is ${status}`]
  const because = failureReason ? ` (${failureReason})` : ''
  if (status === 'failed' && failureReason === 'runner_provisioning_timeout') {
    return attempt?.heard ? ['it counts as never accepted, though calls of its runner were accepted'] : []
  }
  if (status === 'skipped') return attempt ? ['it is skipped, though a runner had it'] : []
  if (!attempt) return [`it is ${status}${because}, though no runner has it`]
  if (status !== attempt.reported) return [`it is ${status}${because}; its runner reported ${attempt.reported}`]
  if (status === 'failed' && failureReason !== 'script_failure') return [`it failed for ${failureReason}`]
  return []
}

/** Checks that the stored log is a beginning of the written one, and has everything that was accepted. */
async function log({ admin }: Scene, job: Job, attempt: Attempt): Promise<string[]> {
  const written = attempt.job.log
  if (written.length === 0) return job.traceSize === 0 ? [] : [`its empty log has ${job.traceSize} bytes`]
  if (job.traceSize === 0)
    return attempt.acknowledged === 0 ? [] : [`all ${attempt.acknowledged} accepted bytes of its log are missing`]
  const stored = await admin.log(job.id)
  const wrong: string[] = []
  const least = attempt.reportTaken ? written.length : attempt.acknowledged
  if (stored.length < least) wrong.push(`its log has ${stored.length} bytes; ${least} were accepted`)
  if (!stored.equals(written.subarray(0, stored.length))) wrong.push('its log differs from what was sent')
  if (stored.length !== job.traceSize) wrong.push(`its log has ${stored.length} bytes, the job says ${job.traceSize}`)
  const checksum = `crc32:${crc32(stored).toString(16).padStart(8, '0')}`
  if (job.traceChecksum !== checksum)
    wrong.push(`its log has the checksum ${checksum}, the job says ${job.traceChecksum}`)
  if (job.traceInvalid || job.traceCorrupted) wrong.push('its log is marked as incomplete or damaged')
  return wrong
}

async function artifacts({ admin }: Scene, job: Job, { uploads }: Attempt): Promise<string[]> {
  const wrong: string[] = []
  for (const { type, bytes, sha256: digest, stored } of uploads) {
    const kept = job.artifacts.find((artifact) => artifact.type === type)
    if (!kept) {
      if (stored) wrong.push(`its artifact ${type} was accepted, but is missing`)
      continue
    }
    if (kept.size !== bytes || kept.sha256 !== digest)
      wrong.push(`its artifact ${type} has another size or checksum than the upload`)
    const reply = await admin.send('GET', `/download/jobs/${job.id}/artifacts/${type}`)
    if (reply.status !== 200) wrong.push(`the download of its artifact ${type} is answered ${reply.status}`)
    else if (sha256(reply.body) !== digest) wrong.push(`its artifact ${type} differs from what was sent`)
  }
  const never = job.artifacts.filter(({ type }) => !uploads.some((upload) => upload.type === type))
  return [...wrong, ...never.map(({ type }) => `its artifact ${type} was never sent`)]
}
