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

/** From byte `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number
  readonly end?: number
}

/** An artifact as people see it: from its expiry on it is gone, deleted or not (`docs/protocol/artifacts.md 8.2`). */
export async function findArtifact(
  { artifacts, clock }: Pick<Ports, 'artifacts' | 'clock'>,
  jobId: number,
  type: string,
): Promise<Result<StoredArtifact, ArtifactNotFound>> {
  const artifact = await artifacts.find(jobId, type)
  const isThere = artifact && !hasExpired(artifact, clock.now())
  return isThere ? ok(artifact) : err({ kind: 'artifact_not_found' })
}

/** Whether people no longer see it. */
export const hasExpired = ({ expireAt }: Pick<StoredArtifact, 'expireAt'>, now: Date): boolean =>
  expireAt !== null && expireAt <= now

/**
 * The bytes of an artifact, in whole or in part; nobody else holds the memory of its chunks. `artifact_not_found`: it
 * was deleted meanwhile.
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

/** `findArtifact` and `readArtifact` in one, for people. */
export async function openArtifact(
  ports: Pick<Ports, 'artifacts' | 'objects' | 'clock'>,
  jobId: number,
  type: string,
  range?: ByteRange,
): Promise<
  Result<
    { readonly artifact: StoredArtifact; readonly body: AsyncIterable<Uint8Array> },
    ArtifactNotFound | StorageFailed
  >
> {
  const found = await findArtifact(ports, jobId, type)
  if (!found.ok) return found
  const body = await readArtifact(ports, found.value, range)
  return body.ok ? ok({ artifact: found.value, body: body.value }) : body
}

/**
 * The archive of a job, for another job that is being executed. Neither the owner's status nor the expiry counts: until
 * it is deleted it is served. No contact of the runner.
 *
 * @param download.id - the job that owns the archive.
 * @param download.token - of the job that asks.
 * @returns `download_unauthorized` unless the token is one of an executing job; `download_refused` for an unknown owner
 *   and where the owner's project is gone or keeps the asking project out; `job_project_deleted` where the asking one is.
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
  if (asking.job.projectId !== owner.job.projectId) {
    const project = await projects.find(owner.job.projectId)
    if (!project?.jobTokenAllowlist.includes(asking.job.projectId)) return err({ kind: 'download_refused' })
  }

  const archive = await artifacts.find(download.id, 'archive')
  return archive ? ok(archive) : err({ kind: 'artifact_not_found' })
}
