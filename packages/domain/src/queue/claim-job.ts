import { setTimeout as pause } from 'node:timers/promises'
import { err, NewerFormError, ok, type Result } from '@yardmaster/common'
import type { SearchIncomplete } from '../errors.ts'
import { type EndPorts, endJob } from '../execution/end-job.ts'
import type { LeftJob, Ports, TakenJob, TerminalSession } from '../ports.ts'
import { followUp } from '../processing/follow-up.ts'
import type { Runner } from '../runners/runner.ts'
import { digestOf, newJobToken } from '../tokens.ts'
import { encodeHint, jobTopic } from '../wakeups/job-events.ts'
import { giveBackJob } from './give-back-job.ts'
import type { HandOverFailure } from './hand-over-failure.ts'

/** Most candidates examined in one request (`docs/protocol/job-request.md 5`). */
const MOST_CANDIDATES = 45
/** The search is repeated when it found only locked jobs: a lock lasts for one statement. */
const LOCKED_TRIES = 8

export interface WorkSearch {
  readonly runner: Runner
  readonly managerId: number | null
  readonly features: readonly string[]
  /** Accepts only jobs queued longer than this many seconds. */
  readonly jobAge: number | null
  readonly session: TerminalSession | null
  /** Whether the request was held. */
  readonly answersHold: boolean
  /** Whether the client has disconnected: the job goes back to the queue. */
  isGone(): boolean
}

export interface Assignment<Payload> {
  readonly taken: TakenJob
  readonly payload: Payload
}

/**
 * Returns the next job for a runner, or null when no job fits; `left` when the jobs that fit were stored by a newer
 * release, whose processes may assign them at any time; `gone` when the client left meanwhile, and so has no job. Jobs
 * that fail a check before the assignment, or whose record is damaged (`data_integrity_failure`), are failed on the way.
 *
 * @param build - builds the payload. When it returns a failure the job fails with that, when it throws with
 * `scheduler_failure`, and the search continues.
 * @returns `search_incomplete` when a job that might fit was being claimed by another request, or too many were
 * examined.
 * @see `docs/protocol/job-request.md 5, 6, 7`
 */
export async function claimJob<Payload>(
  ports: EndPorts,
  request: WorkSearch,
  build: (taken: TakenJob, jobToken: string) => Promise<Result<Payload, HandOverFailure>>,
): Promise<Result<Assignment<Payload> | 'left' | 'gone' | null, SearchIncomplete>> {
  const { fairScheduling, archiveAfter } = await ports.settings.get()
  let examined = 0
  let locked = 0

  for (;;) {
    if (request.isGone()) return ok('gone')
    const jobToken = newJobToken()
    const outcome = await ports.jobs.claim({
      ...request,
      tokenDigest: digestOf(jobToken),
      fairScheduling,
      archiveAfter,
    })
    switch (outcome.kind) {
      case 'none':
        return ok(null)
      case 'left':
        return ok('left')
      case 'locked':
        locked += 1
        if (locked >= LOCKED_TRIES) return err({ kind: 'search_incomplete' })
        // Random, or the same requests would collide again.
        await pause(Math.random() * 4 * locked)
        continue
      case 'rejected': {
        examined += 1
        await announce(ports, outcome.jobId, 'failed')
        ports.background.run('follow up a job', () => followUpRejected(ports, outcome.jobId))
        if (outcome.remaining > 0 && examined >= MOST_CANDIDATES) return err({ kind: 'search_incomplete' })
        continue
      }
      case 'damaged': {
        examined += 1
        await endJob(ports, outcome.jobId, { event: 'drop', failureReason: 'data_integrity_failure' })
        if (outcome.remaining > 0 && examined >= MOST_CANDIDATES) return err({ kind: 'search_incomplete' })
        continue
      }
      case 'newer': {
        examined += 1
        const { jobId: id, part, version, timeout } = outcome
        await leaveToNewer(ports, { id, tokenDigest: digestOf(jobToken), part, version, timeout })
        if (examined >= MOST_CANDIDATES) return err({ kind: 'search_incomplete' })
        continue
      }
      case 'taken': {
        examined += 1
        const { id } = outcome.taken.job
        try {
          const built = await build(outcome.taken, jobToken)
          if (built.ok) {
            if (request.isGone()) {
              await giveBackJob(ports, outcome.taken, jobToken)
              return ok('gone')
            }
            await announce(ports, id, 'running')
            return ok({ taken: outcome.taken, payload: built.value })
          }
          await endJob(ports, id, { event: 'drop', ...built.error })
        } catch (error) {
          if (error instanceof NewerFormError) {
            const { version } = error
            const { timeout } = outcome.taken.definition
            await leaveToNewer(ports, { id, tokenDigest: digestOf(jobToken), part: 'job', version, timeout })
          } else {
            ports.background.report(`build the payload of job ${id}`, error)
            await endJob(ports, id, { event: 'drop', failureReason: 'scheduler_failure' })
          }
        }
        if (examined >= MOST_CANDIDATES) return err({ kind: 'search_incomplete' })
      }
    }
  }
}

/**
 * Puts the job back into the queue, for a process of the release that stored it. Claims of this release then skip it.
 */
async function leaveToNewer({ jobs, events }: EndPorts, left: LeftJob): Promise<void> {
  await jobs.leaveToNewer(left)
  await events.publish('jobs')
}

async function followUpRejected(ports: EndPorts, id: number): Promise<void> {
  const job = await ports.jobs.find(id)
  if (job) await followUp(ports, job)
}

async function announce({ events }: Pick<Ports, 'events'>, id: number, status: 'running' | 'failed'): Promise<void> {
  await Promise.all([events.publish(jobTopic(id), encodeHint({ from: 0, to: 0, status })), events.publish('jobs')])
}
