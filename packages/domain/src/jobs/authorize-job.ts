import { err, ok, type Result } from '@yardmaster/common'
import type { JobErased, JobNotExecuting, JobProjectDeleted, JobRefused } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Services } from '../services.ts'
import { digestOf } from '../tokens.ts'
import { isExecuting, type Job } from './job.ts'

export type JobUnauthorized = JobRefused | JobProjectDeleted | JobErased | JobNotExecuting

/**
 * Returns the job that a job token authenticates, if the token may be used now. Does not count as contact with the
 * runner, unlike `authorizeJob`: uploads are not heartbeats.
 *
 * @returns `job_refused` for an unknown job and for a token of another job; after that it checks, in this order,
 * whether the project is gone, the job is erased, or the job is not being executed.
 * @see `docs/protocol/job-update.md 1.3, steps 3 to 7`
 */
export async function authenticateJob(
  { jobs }: Pick<Ports, 'jobs'>,
  { id, token }: { id: number; token: string | null | undefined },
): Promise<Result<Job, JobUnauthorized>> {
  if (!token) return err({ kind: 'job_refused' })
  const credentials = await jobs.credentials(id)
  // Comparing digests of high-entropy tokens leaks nothing about the token itself.
  if (!credentials || credentials.tokenDigest !== digestOf(token)) return err({ kind: 'job_refused' })
  const { job } = credentials
  if (credentials.projectDeleted) return err({ kind: 'job_project_deleted' })
  if (job.erasedAt) return err({ kind: 'job_erased' })
  if (!isExecuting(job.status)) return err({ kind: 'job_not_executing', status: job.status })
  return ok(job)
}

/**
 * As `authenticateJob`, but counts as contact with the job's runner.
 *
 * @see `docs/protocol/job-update.md 1.3, steps 3 to 8`
 */
export async function authorizeJob(
  { jobs, contacts, clock }: Pick<Services, 'jobs' | 'contacts' | 'clock'>,
  { id, token, ipAddress }: { id: number; token: string | null | undefined; ipAddress: string | null },
): Promise<Result<Job, JobUnauthorized>> {
  const authenticated = await authenticateJob({ jobs }, { id, token })
  if (!authenticated.ok) return authenticated
  const { runnerId, managerId } = authenticated.value
  if (runnerId !== null) contacts.note({ runnerId, managerId, at: clock.now(), ipAddress })
  return authenticated
}
