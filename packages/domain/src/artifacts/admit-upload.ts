import { err, type Result } from '@yardmaster/common'
import type { ArtifactsDisabled, ArtifactTooLarge, QuotaExceeded } from '../errors.ts'
import { authenticateJob, type JobUnauthorized } from '../jobs/authorize-job.ts'
import type { Job } from '../jobs/job.ts'
import type { Services } from '../services.ts'
import { largestUpload } from './artifact.ts'

/**
 * Checks whether an upload may begin. Call it before reading the body. It does not count as contact with the runner.
 *
 * @param upload.fileSize - in bytes, if the sender announces it.
 * @param upload.holding - bytes of it that count against the project's quota already.
 * @see `docs/protocol/artifacts.md 2`, `docs/protocol/artifacts.md 3.3, steps 2 to 4`
 */
export async function admitUpload(
  { jobs, policy, quotas }: Pick<Services, 'jobs' | 'policy' | 'quotas'>,
  upload: {
    readonly id: number
    readonly token: string | null | undefined
    readonly type: string
    readonly fileSize?: number | undefined
    readonly holding?: number | undefined
  },
): Promise<Result<Job, ArtifactsDisabled | JobUnauthorized | ArtifactTooLarge | QuotaExceeded>> {
  if (!policy.artifactsEnabled) return err({ kind: 'artifacts_disabled' })
  const authenticated = await authenticateJob({ jobs }, upload)
  if (!authenticated.ok) return authenticated
  const tooLarge = (upload.fileSize ?? 0) > largestUpload(upload.type, policy.maxArtifactBytes)
  if (tooLarge) return err({ kind: 'artifact_too_large' })
  const room = await quotas.room(authenticated.value.projectId, upload.holding)
  const full = room !== null && (room === 0 || (upload.fileSize ?? 0) > room)
  return full ? err({ kind: 'quota_exceeded' }) : authenticated
}
