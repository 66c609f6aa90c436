import { err, ok, type Result } from '@yardmaster/common'
import type { TraceGap, TraceTooLarge } from '../errors.ts'
import { authorizeJob, type JobUnauthorized } from '../jobs/authorize-job.ts'
import type { JobStatus } from '../jobs/job.ts'
import type { Services } from '../services.ts'
import { digestOf } from '../tokens.ts'
import { crcOf } from '../traces/checksum.ts'
import { hideToken } from '../traces/hide-token.ts'
import { mergeTrace, PIECES_PER_MERGE } from '../traces/merge-trace.ts'
import { readWindow } from '../traces/read-trace.ts'
import { traceWriter } from '../traces/write-together.ts'
import { encodeHint, HINT_BYTES, jobTopic, watchedKey } from '../wakeups/job-events.ts'
import { type EndPorts, endJob } from './end-job.ts'

/** A patch as a runner sent it. */
export interface TracePatch {
  readonly id: number
  readonly token: string | null | undefined
  readonly ipAddress: string | null
  /** Offset of its first byte, from 0. */
  readonly start: number
  readonly bytes: Uint8Array
  readonly debug: boolean
}

export interface TraceAppended {
  /** The log's length after the patch, in bytes. */
  readonly storedBytes: number
  readonly status: JobStatus
  /** Whether the log is being watched, so that the runner should report often. */
  readonly watched: boolean
}

export type AppendRefused = JobUnauthorized | TraceGap | TraceTooLarge

type AppendPorts = EndPorts & Pick<Services, 'contacts' | 'policy' | 'quotas' | 'clock'>

const MIB = 1_048_576
const REMEMBERED_JOBS = 10_000

/**
 * The sender of a job's log, remembered from an earlier authorized patch. A job's token and runner never change once it
 * runs, so the conditional update alone can check the rest: whether the job still runs and the log ends there.
 */
interface Sender {
  readonly projectId: number
  readonly tokenDigest: string
  readonly runnerId: number | null
  readonly managerId: number | null
  appendedPieces: number
  /** The end of what it sent, with the job's token not yet hidden, and the offset after it. */
  lastSent: { readonly end: number; readonly bytes: Uint8Array } | null
}

/**
 * Returns a function that appends patches to logs. A patch is durable when it resolves: bytes go to the object store
 * first, then one conditional update moves the length, so that no byte is ever confirmed that is not stored. Patches of
 * many jobs that arrive at the same time are written together (`traceWriter`).
 *
 * Refuses as `authorizeJob` does; with `trace_too_large`, in which case the job has failed; and with `trace_gap` and
 * the offset to resume from when the patch neither starts nor ends where the log ends.
 *
 * @see `docs/protocol/trace.md 1.1, 3, 4, 6`
 */
export function traceAppender(ports: AppendPorts): {
  /**
   * Checks, before the body is read, whether a patch of this sender may be received. The patch may still be refused.
   */
  admit(sender: Pick<TracePatch, 'id' | 'token' | 'ipAddress'>): Promise<Result<void, JobUnauthorized>>
  append(patch: TracePatch): Promise<Result<TraceAppended, AppendRefused>>
} {
  const senders = new Map<number, Sender>()
  const write = traceWriter(ports)

  function remember(id: number, sender: Sender): void {
    if (senders.size >= REMEMBERED_JOBS) senders.delete(senders.keys().next().value ?? id)
    senders.set(id, sender)
  }

  const isKnown = (known: Sender | undefined, token: string | null | undefined): known is Sender =>
    known !== undefined && Boolean(token) && known.tokenDigest === digestOf(token ?? '')

  /** Authorizes the job and remembers its sender. */
  async function authorize(sender: Pick<TracePatch, 'id' | 'token' | 'ipAddress'>) {
    const known = senders.get(sender.id)
    const authorized = await authorizeJob(ports, sender)
    if (!authorized.ok) {
      // A wrong token must not remove the real sender.
      if (isKnown(known, sender.token)) senders.delete(sender.id)
      return authorized
    }
    const job = authorized.value
    const remembered: Sender = {
      projectId: job.projectId,
      tokenDigest: digestOf(sender.token ?? ''),
      runnerId: job.runnerId,
      managerId: job.managerId,
      appendedPieces: known?.appendedPieces ?? 0,
      lastSent: known?.lastSent ?? null,
    }
    remember(job.id, remembered)
    return ok({ job, sender: remembered })
  }

  async function admit(sender: Pick<TracePatch, 'id' | 'token' | 'ipAddress'>) {
    if (isKnown(senders.get(sender.id), sender.token)) return ok(undefined)
    const authorized = await authorize(sender)
    if (!authorized.ok) return authorized
    // The body may arrive slowly. A job whose first piece is on its way has been received by its runner.
    await ports.jobs.touch(authorized.value.job.id)
    return ok(undefined)
  }

  /** Returns whether the project may store the patch. A repeated patch is left to the comparison. */
  async function fits({ projectId }: Sender, { bytes }: TracePatch): Promise<boolean> {
    const room = bytes.length === 0 ? null : await ports.quotas.room(projectId)
    return room === null || bytes.length <= room
  }

  async function append(patch: TracePatch): Promise<Result<TraceAppended, AppendRefused>> {
    const known = senders.get(patch.id)
    const end = patch.start + patch.bytes.length
    const plain = patch.start > 0 && !exceeds(ports.policy.maxTraceMib, end)
    if (plain && isKnown(known, patch.token) && (await fits(known, patch))) {
      const appended = await store(ports, write, patch, known)
      if (appended) {
        const { runnerId, managerId } = known
        if (runnerId !== null) {
          ports.contacts.note({ runnerId, managerId, at: ports.clock.now(), ipAddress: patch.ipAddress })
        }
        return ok(appended)
      }
    }

    const authorized = await authorize(patch)
    if (!authorized.ok) return authorized
    const { job, sender } = authorized.value

    if (patch.debug && patch.start === 0 && !job.debugTrace) await ports.jobs.markDebug(job.id)
    if (exceeds(ports.policy.maxTraceMib, end)) {
      await endJob(ports, job.id, { event: 'drop', failureReason: 'trace_size_exceeded' })
      return err({ kind: 'trace_too_large' })
    }
    if (patch.start === job.traceSize) {
      // As at the limit of one log: the job fails with a reason, and no output is dropped silently.
      if (!(await fits(sender, patch))) {
        await endJob(ports, job.id, { event: 'drop', failureReason: 'trace_size_exceeded' })
        return err({ kind: 'trace_too_large' })
      }
      const appended = await store(ports, write, patch, sender)
      if (appended) return ok(appended)
    }
    return compare(ports, patch)
  }

  return { admit, append }
}

/** Whole MiB are compared, so the largest log is one byte short of the limit (`docs/protocol/trace.md 4`). */
const exceeds = (limitMib: number, end: number): boolean => limitMib > 0 && Math.floor(end / MIB) >= limitMib

/**
 * Stores the bytes, then the offset. Returns null when the log does not end where the patch begins, or the job is over.
 */
async function store(
  ports: AppendPorts,
  write: ReturnType<typeof traceWriter>,
  patch: TracePatch,
  sender: Sender,
): Promise<TraceAppended | null> {
  const { id, start } = patch
  const token = patch.token ?? ''
  const bytes = await hideToken(patch.bytes, token, async (most) =>
    sender.lastSent?.end === start && sender.lastSent.bytes.length >= Math.min(start, most)
      ? { bytes: sender.lastSent.bytes, asSent: true }
      : { bytes: await readWindow(ports, id, { from: Math.max(0, start - most), to: start }), asSent: false },
  )
  const end = start + bytes.length

  const watching = ports.scratch.get(watchedKey(id))
  const advanced = await write({ jobId: id, start, bytes, crc: await crcOf(bytes) })
  const watched = (await watching) !== null
  if (!advanced) return null

  if (bytes.length > 0) {
    ports.quotas.note(sender.projectId, bytes.length)
    sender.lastSent = { end, bytes: lastOf(sender.lastSent, patch, token.length) }
    const hint = { from: start, to: end, status: advanced.status }
    const carried = watched && bytes.length <= HINT_BYTES ? { ...hint, bytes } : hint
    await ports.events.publish(jobTopic(id), encodeHint(carried))
    sender.appendedPieces += 1
    if (sender.appendedPieces % PIECES_PER_MERGE === 0) {
      ports.background.run('merge trace', () => mergeTrace(ports, id))
    }
  }
  return { ...advanced, watched }
}

/** Returns up to `most` bytes from the end of what was sent, including this patch. */
function lastOf(before: Sender['lastSent'], { start, bytes }: TracePatch, most: number): Uint8Array {
  const earlier = before?.end === start && bytes.length < most ? before.bytes : Buffer.alloc(0)
  return Buffer.concat([earlier, bytes.subarray(-most)]).subarray(-most)
}

/** Answers a patch that was not appended, according to where the log really ends. */
async function compare(ports: AppendPorts, patch: TracePatch): Promise<Result<TraceAppended, AppendRefused>> {
  const authorized = await authorizeJob(ports, patch)
  if (!authorized.ok) return authorized
  const { traceSize: storedBytes, status } = authorized.value
  // Repeated because its answer was lost: it ends where the log ends, so it counts as stored.
  if (patch.start !== storedBytes && patch.start + patch.bytes.length === storedBytes) {
    const watched = (await ports.scratch.get(watchedKey(patch.id))) !== null
    return ok({ storedBytes, status, watched })
  }
  return err({ kind: 'trace_gap', storedBytes })
}
