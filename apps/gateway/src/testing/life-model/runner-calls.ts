import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { storeArtifact } from '@yardmaster/domain/artifacts'
import { eraseJob, updateJob } from '@yardmaster/domain/execution'
import { retryPipeline } from '@yardmaster/domain/pipelines'
import { retryJob } from '@yardmaster/domain/processing'
import { type CrashableProcess, isCutOff } from './crashable-process.ts'
import { logText } from './log-text.ts'
import type { HeldJob, World } from './world.ts'

/** Picks a job, mostly one that is not over for its runner. */
function someHeld({ random, held }: World): HeldJob | undefined {
  const all = [...held.values()]
  return random.pick(random.chance(0.9) ? all.filter(({ over }) => !over) : all)
}

/** Waits for all acts to end, even if some fail; then throws the first failure. */
export async function together(acts: readonly Promise<unknown>[]): Promise<void> {
  const ended = await Promise.allSettled(acts)
  for (const act of ended) if (act.status === 'rejected') throw act.reason
}

/**
 * Sends the next piece, the last one again, one that leaves a gap or overlaps, one with another job's token, or the
 * same piece through two processes at once.
 */
export async function sendPiece(world: World, process: CrashableProcess, job = someHeld(world)): Promise<void> {
  const { random } = world
  if (!job) return
  const next = {
    start: job.accepted,
    bytes: random.chance(0.05) ? 0 : 1 + random.below(random.chance(0.1) ? 9_000 : 400),
  }
  const kind = random.below(10)
  if (kind === 0 && job.last) return await send(world, process, job, job.last)
  if (kind === 1) return await send(world, process, job, { ...next, start: next.start + 7 })
  if (kind === 2) return await send(world, process, job, { ...next, start: Math.max(0, next.start - 5) })
  if (kind === 3) {
    const other = world.process()
    await together([send(world, process, job, next), send(world, other, job, next)])
    return
  }
  if (kind === 5) {
    // First a valid piece, so that the process has authorized the job's sender before.
    await send(world, process, job, { start: job.accepted, bytes: next.bytes || 1 })
    return await sendAsAnother(world, process, job)
  }
  if (kind === 4) await chatter(world, process, job)
  else await send(world, process, job, { start: job.accepted, bytes: next.bytes || 1 })
}

/** Sends many short pieces, so that they are merged while the job runs. */
async function chatter(world: World, process: CrashableProcess, job: HeldJob): Promise<void> {
  for (let n = 0; n < 33; n++) await send(world, process, job, { start: job.accepted, bytes: 1 + (n % 50) })
}

/** Sends short pieces and ends the job, so that they are merged and sealed at once. */
export async function talkAndEnd(world: World, process: CrashableProcess): Promise<void> {
  const job = someHeld(world)
  if (!job) return
  await chatter(world, process, job)
  await report(world, world.process(), job)
}

/** Sends a piece with the token of another running job. */
async function sendAsAnother(world: World, process: CrashableProcess, job: HeldJob): Promise<void> {
  const other = someHeld(world)
  if (!other || other.id === job.id) return
  const { id, accepted: start } = job
  const bytes = logText(id, start, start + 10)
  const answer = await process.append({ id, token: other.token, ipAddress: null, start, bytes, debug: false })
  if (answer.ok || answer.error.kind !== 'job_refused')
    world.violations.push(`job ${id} let job ${other.id} write to its log`)
}

async function send(
  { violations, unread }: World,
  process: CrashableProcess,
  job: HeldJob,
  piece: { readonly start: number; readonly bytes: number },
): Promise<void> {
  const { start } = piece
  const end = start + piece.bytes
  const wasOver = job.over
  job.last = piece
  unread.add(job.id)
  job.sent = Math.max(job.sent, end)
  try {
    const answer = await process.append({
      id: job.id,
      token: job.token,
      ipAddress: null,
      start,
      bytes: logText(job.id, start, end),
      debug: false,
    })
    if (answer.ok) {
      if (wasOver) violations.push(`job ${job.id} was over and accepted a piece of log`)
      if (answer.value.storedBytes < end) violations.push(`job ${job.id} holds less than it accepted`)
      job.accepted = Math.max(job.accepted, end)
    } else if (answer.error.kind === 'trace_gap') {
      const { storedBytes } = answer.error
      if (storedBytes > job.sent) violations.push(`job ${job.id} holds more than was ever sent`)
      job.accepted = Math.max(job.accepted, storedBytes)
    } else if (answer.error.kind !== 'trace_too_large') job.over = true
  } catch (error) {
    if (isCutOff(error)) job.inDoubt = true
    throw error
  }
}

const STATES = ['running', 'success', 'success', 'failed', 'failed', 'unheard of']
const REASONS = ['script_failure', 'runner_system_failure', 'job_execution_timeout', null]

/** Reports a heartbeat or a final state; sometimes the same final state twice at once, as after a lost answer. */
export async function report(world: World, process: CrashableProcess, job = someHeld(world)): Promise<void> {
  const { random, violations, unread } = world
  const state = random.pick(STATES)
  const failureReason = random.pick(REASONS) ?? null
  const exitCode = random.pick([1, 3, null]) ?? null
  if (!job || state === undefined) return
  const wasOver = job.over
  const update = async (through: CrashableProcess) => {
    const answer = await updateJob(through.services, {
      id: job.id,
      token: job.token,
      ipAddress: null,
      state,
      failureReason,
      exitCode,
      checksum: `crc32:${crc32(logText(job.id, 0, job.accepted))
        .toString(16)
        .padStart(8, '0')}`,
      bytesize: job.accepted,
    })
    if (!answer.ok) {
      if (answer.error.kind !== 'state_unknown') job.over = true
      return false
    }
    if (wasOver) violations.push(`job ${job.id} was over and accepted ${state}`)
    return state !== 'running'
  }
  const other = random.chance(0.15) ? world.process() : null
  // A user waits for its end to retry or erase it.
  const retrying = random.chance(0.4) ? world.process() : null
  const erasing = random.chance(0.25) ? world.process() : null
  const [retryAfterMs, eraseAfterMs] = [random.below(10), random.below(60)]
  unread.add(job.id)
  const ended = await Promise.allSettled([update(process), ...(other ? [update(other)] : [])])
  const accepted = ended.filter((answer) => answer.status === 'fulfilled' && answer.value)
  if (accepted.length > 1) violations.push(`job ${job.id} ended twice`)
  if (accepted.length > 0) {
    job.over = true
    await together([
      ...(retrying ? [pause(retryAfterMs).then(() => tryAgain(world, retrying, job.id))] : []),
      // By then its log is just being sealed.
      ...(erasing ? [pause(eraseAfterMs).then(() => eraseJob(erasing.services, job.id))] : []),
    ])
  }
  for (const answer of ended) if (answer.status === 'rejected') throw answer.reason
}

/** Retries a job on behalf of a user. */
export async function tryAgain({ retriesRequested }: World, process: CrashableProcess, id: number): Promise<void> {
  retriesRequested.set(id, (retriesRequested.get(id) ?? 0) + 1)
  await retryJob(process.services, id)
}

/** Retries on behalf of a user what failed or was canceled in a pipeline; that may be any of its jobs. */
export async function tryPipelineAgain(
  { database, retriesRequested }: World,
  process: CrashableProcess,
  pipelineId: number,
): Promise<void> {
  const jobs = await database.stores.jobs.list({ pipelineId, limit: 100 })
  for (const { id } of jobs) retriesRequested.set(id, (retriesRequested.get(id) ?? 0) + 1)
  await retryPipeline(process.services, pipelineId)
}

/** Uploads a small artifact; at times two of the same type at once. */
export async function upload(world: World, process: CrashableProcess): Promise<void> {
  const { random } = world
  const job = someHeld(world)
  if (!job) return
  const type = random.pick(['junit', 'metrics', 'sast']) ?? 'junit'
  const content = randomBytes(1 + random.below(300))
  const expireIn = random.pick(['1 second', '1 week', '', undefined])
  const put = (through: CrashableProcess, bytes: Uint8Array) =>
    storeArtifact(through.services, {
      id: job.id,
      token: job.token,
      filename: `${type}.gz`,
      choice: () => ({ type, format: type === 'sast' ? 'raw' : 'gzip', expireIn, accessibility: undefined }),
      body: once(bytes),
      signal: new AbortController().signal,
    })
  if (random.chance(0.8)) return void (await put(process, content))
  await together([put(process, content), put(world.process(), random.chance(0.5) ? content : randomBytes(20))])
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
