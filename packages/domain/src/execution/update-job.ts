import { failureReason } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { StateUnknown } from '../errors.ts'
import { authorizeJob, type JobUnauthorized } from '../jobs/authorize-job.ts'
import type { JobStatus } from '../jobs/job.ts'
import type { Services } from '../services.ts'
import { type EndPorts, endJob } from './end-job.ts'

/** A runner's report on its job. */
export interface JobReport {
  readonly id: number
  readonly token: string | null
  readonly ipAddress: string | null
  readonly state: string | null
  readonly failureReason: string | null
  readonly exitCode: number | null
  readonly checksum: string | null
  /** In bytes. */
  readonly bytesize: number | null
}

/**
 * Applies a runner's report: a heartbeat, success or failure. Every accepted log byte is already durable, so a final
 * state is applied at once and never answered with 202.
 *
 * @returns the job's status afterwards; the refusals of `authorizeJob`; `state_unknown` for any other state, which
 * changes nothing.
 * @see `docs/protocol/job-update.md 3, 5`
 */
export async function updateJob(
  ports: EndPorts & Pick<Services, 'contacts'>,
  report: JobReport,
): Promise<Result<JobStatus, JobUnauthorized | StateUnknown>> {
  const authorized = await authorizeJob(ports, report)
  if (!authorized.ok) return authorized
  const { id, status } = authorized.value

  const after = await apply(ports, report)
  if (after === 'unknown') return err({ kind: 'state_unknown', status })
  if (after !== null) return ok(after)
  // The job ended between the two steps: answer as a moment later.
  const again = await authorizeJob(ports, report)
  return again.ok ? err({ kind: 'job_not_executing', status: (await ports.jobs.find(id))?.status ?? status }) : again
}

async function apply(
  ports: EndPorts,
  { id, state, exitCode, checksum, bytesize, failureReason: reason }: JobReport,
): Promise<JobStatus | 'unknown' | null> {
  const reported = { checksum, bytesize }
  switch (state) {
    case 'running':
      return await ports.jobs.touch(id)
    case 'success':
      return (await endJob(ports, id, { event: 'success', reported }))?.status ?? null
    case 'failed':
      return (
        (await endJob(ports, id, { event: 'drop', failureReason: failureReason(reason), exitCode, reported }))
          ?.status ?? null
      )
    default:
      return 'unknown'
  }
}
