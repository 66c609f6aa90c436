import type { ArtifactInvalid, ArtifactsDisabled, ArtifactTooLarge, StorageFailed } from '../errors.ts'
import { authenticateJob, type JobUnauthorized } from '../jobs/authorize-job.ts'
import { parseExpiry } from '../jobs/duration.ts'
import type { Ports } from '../ports.ts'
import { err, ok, type Result } from '../result.ts'
import { newOpaqueValue } from '../tokens.ts'
import { admitUpload } from './admit-upload.ts'
import { type Accessibility, type ArtifactFormat, formatOf, largestUpload } from './artifact.ts'
import { safeFilename } from './filename.ts'
import { receiveUpload } from './receive-upload.ts'
import { storageFailed } from './storage-failed.ts'

/** One file as a runner uploads it. */
export interface ArtifactUpload {
  /** The job's. */
  readonly id: number
  readonly token: string | null | undefined
  readonly type: string
  readonly format: ArtifactFormat
  /** As sent; only its last segment counts, made safe. */
  readonly filename: string
  /** In the words of `expire_in`; empty: never; undefined: as the instance says. */
  readonly expireIn: string | undefined
  /** Undefined: as the job's definition says. */
  readonly accessibility: Accessibility | undefined
  readonly body: AsyncIterable<Uint8Array>
  /** Aborts when the sender has hung up. */
  readonly signal: AbortSignal
}

type StoringPorts = Pick<Ports, 'jobs' | 'artifacts' | 'objects' | 'events' | 'policy' | 'clock'>
type Refusal = ArtifactInvalid | ArtifactTooLarge | JobUnauthorized | ArtifactsDisabled | StorageFailed

/** No upload takes this long: a runner gives up after an hour. Then its objects are swept away. */
const ABANDONED_MS = 6 * 3_600_000
/** Clocks of several processes differ by less. An upload this close to being swept is given up. */
const CLOCK_SKEW_MS = 600_000

/**
 * Takes one artifact: streams it away, then makes it the job's, all of it or nothing. Its objects are announced before
 * a byte is written and deleted when they are not used, so that whatever breaks off, nothing stays for ever.
 *
 * @returns `present` if the job has this very file already. `artifact_too_large` as soon as the body is longer than
 *   allowed: the rest of it is unread.
 * @throws what the body fails with, and the reason of the aborted signal; nothing is stored then.
 * @see `artifacts.md` 3.3, steps 6 to 17
 */
export async function storeArtifact(
  ports: StoringPorts,
  upload: ArtifactUpload,
): Promise<Result<'stored' | 'present', Refusal>> {
  const { artifacts, objects, events, policy, clock } = ports
  const expiry =
    upload.expireIn === undefined ? (policy.artifactExpireSeconds ?? 'never') : parseExpiry(upload.expireIn)
  if (expiry === null) {
    return invalid(`expire_in can't be understood: ${JSON.stringify(upload.expireIn?.slice(0, 60))}`)
  }
  const admitted = await admitUpload(ports, upload)
  if (!admitted.ok) return admitted

  const key = `artifacts/${upload.id}/${newOpaqueValue()}`
  const begun = clock.now().getTime()
  await artifacts.announce([key], new Date(begun + ABANDONED_MS))
  let unused = true
  try {
    const received = await receiveUpload(objects, {
      key,
      body: upload.body,
      largest: largestUpload(upload.type, policy.maxArtifactBytes),
      keep: 0,
      signal: upload.signal,
    })
    if (!received.ok) return received
    const { size, sha256 } = received.value

    const again = await admitUpload(ports, { ...upload, fileSize: size })
    if (!again.ok) return again
    const held = await artifacts.find(upload.id, upload.type)
    if (held) return held.sha256 === sha256 ? ok('present') : another()
    if (formatOf(upload.type) !== upload.format) return invalid(WRONG_FORMAT)
    if (clock.now().getTime() > begun + ABANDONED_MS - CLOCK_SKEW_MS) return err(storageFailed('too slow'))

    // From here on nobody knows whether a record names the object, until the store has said that none does.
    unused = false
    const outcome = await artifacts.store({
      jobId: upload.id,
      type: upload.type,
      format: upload.format,
      filename: safeFilename(upload.filename),
      size,
      sha256,
      accessibility: upload.accessibility ?? (await declaredAccessibility(ports, upload.id)),
      key,
      listingKey: null,
      expireAt: expiry === 'never' ? null : new Date(clock.now().getTime() + expiry * 1000),
    })
    if (outcome === 'stored') {
      await events.publish('jobs')
      return ok('stored')
    }
    unused = true
    return await explain(ports, upload, outcome, sha256)
  } finally {
    if (unused) await discard(ports, [key])
  }
}

/** Why a record was not stored, in the words of the check that would have said so a moment later. */
async function explain(
  ports: StoringPorts,
  upload: ArtifactUpload,
  outcome: 'exists' | 'not_executing' | 'swept',
  sha256: string,
): Promise<Result<'present', Refusal>> {
  if (outcome === 'swept') return err(storageFailed('the upload was swept away'))
  const again = await authenticateJob(ports, upload)
  if (!again.ok) return again
  const held = await ports.artifacts.find(upload.id, upload.type)
  return held?.sha256 === sha256 ? ok('present') : another()
}

async function declaredAccessibility({ jobs }: Pick<Ports, 'jobs'>, id: number): Promise<Accessibility> {
  return (await jobs.definition(id))?.artifacts?.accessibility ?? 'public'
}

/** What fails here the sweep of strays does later. */
async function discard({ artifacts, objects }: StoringPorts, keys: readonly string[]): Promise<void> {
  try {
    await objects.delete(keys)
    await artifacts.forget(keys)
  } catch {}
}

const WRONG_FORMAT = 'Validation failed: Invalid file format with specified file type'

const invalid = (reason: string): { ok: false; error: ArtifactInvalid } => err({ kind: 'artifact_invalid', reason })

const another = () => invalid('another artifact of the same type already exists')
