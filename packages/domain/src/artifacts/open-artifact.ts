import { err, ok, type Result } from '@yardmaster/common'
import type {
  ArtifactNotFound,
  DownloadRefused,
  DownloadUnauthorized,
  JobProjectDeleted,
  StorageFailed,
} from '../errors.ts'
import { isExecuting } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import { digestOf } from '../tokens.ts'
import type { StoredArtifact } from './artifact.ts'
import { storageFailed } from './storage-failed.ts'

/** From byte `start` up to but not including `end`. */
export interface ByteRange {
  readonly start: number
  readonly end?: number
}

/** Finds an artifact for people. An expired one is not found, deleted or not (`docs/protocol/artifacts.md 8.2`). */
export async function findArtifact(
  { artifacts, clock }: Pick<Ports, 'artifacts' | 'clock'>,
  jobId: number,
  type: string,
): Promise<Result<StoredArtifact, ArtifactNotFound>> {
  const artifact = await artifacts.find(jobId, type)
  const isThere = artifact && !hasExpired(artifact, clock.now())
  return isThere ? ok(artifact) : err({ kind: 'artifact_not_found' })
}

/** Returns whether the artifact is hidden from people. */
export const hasExpired = ({ expireAt }: Pick<StoredArtifact, 'expireAt'>, now: Date): boolean =>
  expireAt !== null && expireAt <= now

/**
 * Returns the bytes of an artifact, in whole or in part; the memory of its chunks is not shared. Returns
 * `artifact_not_found` when it was deleted meanwhile.
 */
export async function readArtifact(
  { objects }: Pick<Ports, 'objects'>,
  artifact: Pick<StoredArtifact, 'key'>,
  range?: ByteRange,
): Promise<Result<AsyncIterable<Uint8Array>, ArtifactNotFound | StorageFailed>> {
  try {
    const body = await objects.get(artifact.key, range)
    return body ? ok(body) : err({ kind: 'artifact_not_found' })
  } catch (error) {
    return err(storageFailed(error))
  }
}

/**
 * Authorizes a running job to download another job's archive. Neither the owner's status nor the expiry matters: the
 * archive is served until it is deleted. It does not count as contact with the runner.
 *
 * @param download.id - the job that owns the archive.
 * @param download.token - the token of the requesting job.
 * @returns `download_unauthorized` unless the token belongs to an executing job; `download_refused` for an unknown
 * owner and when the owner's project is removed or does not admit the requesting project; `job_project_deleted` when
 * the requesting project is removed. A job of a fork's merge request may only download from its own pipeline's family.
 * @see `docs/protocol/artifacts.md 6.2`
 */
export async function authorizeDownload(
  { jobs, projects, artifacts }: Pick<Ports, 'jobs' | 'projects' | 'artifacts'>,
  download: { readonly id: number; readonly token: string | null | undefined },
): Promise<Result<StoredArtifact, DownloadUnauthorized | DownloadRefused | JobProjectDeleted | ArtifactNotFound>> {
  const asking = download.token ? await jobs.byToken(digestOf(download.token)) : null
  if (asking?.projectDeleted) return err({ kind: 'job_project_deleted' })
  if (!asking || asking.job.erasedAt || !isExecuting(asking.job.status)) return err({ kind: 'download_unauthorized' })

  const owner = await jobs.credentials(download.id)
  if (!owner || owner.projectDeleted) return err({ kind: 'download_refused' })
  // Artifacts of other pipelines may hold what a fork must not see.
  if (asking.fromFork && asking.familyId !== owner.familyId) return err({ kind: 'download_refused' })
  if (asking.job.projectId !== owner.job.projectId) {
    const project = await projects.find(owner.job.projectId)
    if (!project?.jobTokenAllowlist.includes(asking.job.projectId)) return err({ kind: 'download_refused' })
  }

  const archive = await artifacts.find(download.id, 'archive')
  return archive ? ok(archive) : err({ kind: 'artifact_not_found' })
}
