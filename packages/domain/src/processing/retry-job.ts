import type { RetryDefinition } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { JobNotFound, TransitionImpossible } from '../errors.ts'
import { isOfRemovedProject } from '../jobs/is-of-removed-project.ts'
import { isRetryable, type Job } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import { announceQueued } from './advance-pipeline.ts'
import { isArchived } from './is-archived.ts'

export type RetryPorts = Pick<Ports, 'jobs' | 'runners' | 'settings' | 'scratch' | 'events' | 'clock'>

/**
 * Retries a finished job as a new job, which names the old one as the one that it retries.
 *
 * @returns the new job; `transition_impossible` for a job that is not finished, was retried already, is archived, or
 * belongs to a removed project.
 * @see `docs/protocol/job-update.md 10`
 */
export async function retryJob(
  ports: RetryPorts,
  id: number,
): Promise<Result<Job, JobNotFound | TransitionImpossible>> {
  const job = await ports.jobs.find(id)
  if (!job) return err({ kind: 'job_not_found', id })
  const refuse = (reason?: string) =>
    err({ kind: 'transition_impossible' as const, id, status: job.status, ...(reason && { reason }) })
  if (!isRetryable(job.status)) return refuse()
  if (job.retriedBy !== null) return refuse(`Job ${id} has been retried already, by job ${job.retriedBy}.`)
  if (await isOfRemovedProject(ports, id)) return refuse(`The project of job ${id} has been removed.`)
  if (await isArchived(ports, id)) return refuse(`Job ${id} is too old to be run again.`)
  const definition = await ports.jobs.definition(id)
  if (definition === 'newer') return refuse(`A newer release created job ${id}: only that one can run it again.`)
  if (!definition) return refuse(`The record of job ${id} is damaged: it cannot be run again.`)
  const made = await tryAgain(ports, job)
  return made ? ok(made) : refuse(`Job ${id} has been retried already.`)
}

/**
 * Retries a failed job automatically if its definition or the server's own rules say so. Repeated calls decide the
 * same: an attempt has one successor.
 *
 * @see `docs/protocol/job-update.md 10`
 */
export async function retryIfDue(ports: RetryPorts, job: Job): Promise<void> {
  const { id, status, failureReason, exitCode, retriedBy } = job
  if (status !== 'failed') return
  const definition = await ports.jobs.definition(id)
  // The newer release decides.
  if (definition === 'newer') return
  const most = definition ? mostRetries(definition.retry, failureReason ?? 'unknown_failure', exitCode) : 0
  const due =
    retriedBy === null && most > 0 && most > (await ports.jobs.earlierAttempts(id)) && !(await isArchived(ports, id))
  if (!due || !(await tryAgain(ports, job))) await ports.jobs.decideNoRetry(id)
}

const NEVER: ReadonlySet<string> = new Set([
  'project_deleted',
  'ci_quota_exceeded',
  'no_matching_runner',
  'missing_dependency_failure',
  'forward_deployment_failure',
  'environment_creation_failure',
])

/** Assignments that failed on our side are retried by default. */
const BY_THEMSELVES: ReadonlySet<string> = new Set(['scheduler_failure', 'runner_provisioning_timeout'])
const MOST_BY_THEMSELVES = 2

/** Reasons that older words of `retry.when` include besides themselves, since they were split. */
const SPLIT: Readonly<Record<string, readonly string[]>> = {
  stuck_or_timeout_failure: [
    'stuck_pending_with_matching_runners',
    'stuck_pending_no_matching_runners',
    'no_updates_running',
    'no_updates_canceling',
    'server_timeout_running',
    'server_timeout_canceling',
  ],
  job_execution_timeout: ['job_execution_server_timeout', 'server_timeout_running'],
  job_execution_server_timeout: ['server_timeout_running', 'server_timeout_canceling'],
  script_failure: ['runner_configuration_error'],
  runner_system_failure: ['runner_external_dependency_failure', 'runner_interrupted', 'image_pull_failure'],
}

/** Returns how many attempts may follow the first, for a failure of this kind. */
export function mostRetries(retry: RetryDefinition, failureReason: string, exitCode: number | null): number {
  if (NEVER.has(failureReason)) return 0
  const wanted = retry.when.some(
    (word) => word === 'always' || word === failureReason || SPLIT[word]?.includes(failureReason),
  )
  if (retry.max > 0 && (wanted || (exitCode !== null && retry.exitCodes.includes(exitCode)))) return retry.max
  return BY_THEMSELVES.has(failureReason) ? MOST_BY_THEMSELVES : 0
}

async function tryAgain(ports: RetryPorts, job: Job): Promise<Job | null> {
  const definition = await ports.jobs.definition(job.id)
  if (!definition || definition === 'newer') return null
  const { tags, allowFailure, timeout } = definition
  const id = await ports.jobs.retry(job.id, { tags, allowFailure, timeout })
  if (id === null) return null
  const found = await ports.jobs.find(id)
  return found && (await announceQueued(ports, found))
}
