import type { ArtifactsDisabled, ArtifactTooLarge } from '../errors.ts'
import { authenticateJob, type JobUnauthorized } from '../jobs/authorize-job.ts'
import type { Job } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import { err, type Result } from '../result.ts'
import { largestUpload } from './artifact.ts'

/**
 * Whether an upload may begin; to be asked before its body is read. No contact of the runner.
 *
 * @param upload.fileSize - bytes, if the sender says.
 * @see `artifacts.md` 2; 3.3, steps 2 to 4
 */
export async function admitUpload(
  { jobs, policy }: Pick<Ports, 'jobs' | 'policy'>,
  upload: {
    readonly id: number
    readonly token: string | null | undefined
    readonly type: string
    readonly fileSize?: number | undefined
  },
): Promise<Result<Job, ArtifactsDisabled | JobUnauthorized | ArtifactTooLarge>> {
  if (!policy.artifactsEnabled) return err({ kind: 'artifacts_disabled' })
  const authenticated = await authenticateJob({ jobs }, upload)
  if (!authenticated.ok) return authenticated
  const tooLarge = (upload.fileSize ?? 0) > largestUpload(upload.type, policy.maxArtifactBytes)
  return tooLarge ? err({ kind: 'artifact_too_large' }) : authenticated
}
