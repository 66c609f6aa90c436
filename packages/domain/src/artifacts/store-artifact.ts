import { parseExpiry } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { ArtifactInvalid, ArtifactsDisabled, ArtifactTooLarge, QuotaExceeded, StorageFailed } from '../errors.ts'
import { authenticateJob, type JobUnauthorized } from '../jobs/authorize-job.ts'
import type { ObjectStore, Ports } from '../ports.ts'
import type { Services } from '../services.ts'
import type { Policy } from '../settings.ts'
import { newOpaqueValue } from '../tokens.ts'
import { admitUpload } from './admit-upload.ts'
import { type Accessibility, type ArtifactFormat, formatOf, largestUpload } from './artifact.ts'
import { safeFilename } from './filename.ts'
import { writeListing } from './formats/zip-listing.ts'
import { listArchive } from './list-archive.ts'
import { MOST_BYTES_TO_READ, readReport } from './read-report.ts'
import { readTests } from './read-tests.ts'
import { receiveUpload } from './receive-upload.ts'
import { storageFailed } from './storage-failed.ts'
import type { TestReport } from './test-case.ts'
import { writeTests } from './test-listing.ts'

/** How a runner wants its file to be stored. */
export interface UploadChoice {
  readonly type: string
  readonly format: ArtifactFormat
  /** In the words of `expire_in`. Empty means never; undefined means the instance's default. */
  readonly expireIn: string | undefined
  /** Undefined means as in the job's definition. */
  readonly accessibility: Accessibility | undefined
}

/** One uploaded file. */
export interface ArtifactUpload {
  /** The job's id. */
  readonly id: number
  readonly token: string | null | undefined
  /** As sent; only its last segment is used, made safe. */
  readonly filename: string
  /** The sender's choice so far. It is final once the body was read, because form fields may follow the file. */
  readonly choice: () => UploadChoice
  readonly body: AsyncIterable<Uint8Array>
  /** Aborts when the sender disconnects. */
  readonly signal: AbortSignal
}

type StoringPorts = Pick<Services, 'jobs' | 'artifacts' | 'objects' | 'events' | 'policy' | 'quotas' | 'clock'>
type Refusal = ArtifactInvalid | ArtifactTooLarge | JobUnauthorized | ArtifactsDisabled | QuotaExceeded | StorageFailed

/** No upload takes this long: a runner gives up after an hour. After this time its objects are deleted as strays. */
const ABANDONED_MS = 6 * 3_600_000
/** The clocks of several processes differ by less. An upload this close to the deletion of its objects is given up. */
const CLOCK_SKEW_MS = 600_000

/**
 * Stores an artifact after `admitUpload` admitted it: streams its bytes to the object store, then records it, in whole
 * or not at all. Its objects are announced before a byte is written and deleted when they are not used, so that no
 * interruption leaves an object for ever.
 *
 * @returns `present` if the job already has this very file. `artifact_too_large` as soon as the body exceeds the limit;
 * the rest of it is not read.
 * @throws the body's error, or the reason of the aborted signal; nothing is stored then.
 * @see `docs/protocol/artifacts.md 3.3, steps 6 to 17`
 */
export async function storeArtifact(
  ports: StoringPorts,
  upload: ArtifactUpload,
): Promise<Result<'stored' | 'present', Refusal>> {
  const { jobs, artifacts, objects, events, policy, quotas, clock } = ports
  // Errors known by now are refused before a byte is stored.
  const early = upload.choice()
  if (expiryOf(early, policy) === null) return invalid(WRONG_EXPIRY)

  const job = await jobs.find(upload.id)
  if (!job) return err({ kind: 'job_refused' })
  await quotas.room(job.projectId)
  using reserved = quotas.reserve(job.projectId)
  let isFull = false
  async function* withinQuota(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      isFull = !reserved.take(chunk.length)
      if (isFull) throw new Error('the project’s storage quota is exceeded')
      yield chunk
    }
  }

  const begun = clock.now().getTime()
  const removeAfter = new Date(begun + ABANDONED_MS)
  const key = `artifacts/${upload.id}/${newOpaqueValue()}`
  const announced: string[] = []
  const announce = async (name: string) => {
    announced.push(name)
    await artifacts.announce([name], removeAfter)
  }
  let unused = true
  try {
    await announce(key)
    const received = await receiveUpload(objects, {
      key,
      body: withinQuota(upload.body),
      largest: largestUpload(early.type, policy.maxArtifactBytes),
      keep: MOST_BYTES_TO_READ,
      signal: upload.signal,
    })
    if (!received.ok) return received
    const { size, sha256, bytes } = received.value
    const { type, format, accessibility, ...choice } = upload.choice()
    if (size > largestUpload(type, policy.maxArtifactBytes)) return err({ kind: 'artifact_too_large' })
    const expiry = expiryOf(choice, policy)
    if (expiry === null) return invalid(WRONG_EXPIRY)
    const isArchive = type === 'archive' && format === 'zip'
    const listing = isArchive ? await listArchive(objects, { key, size }) : ok(null)
    if (!listing.ok) return listing

    // The reservation stays until the bytes count as stored: another upload would take their room meanwhile.
    const again = await admitUpload(ports, { ...upload, type, fileSize: size, holding: size })
    if (!again.ok) return again
    const held = await artifacts.find(upload.id, type)
    if (held?.sha256 === sha256) return ok('present')
    if (formatOf(type) !== format) return invalid(WRONG_FORMAT)
    const report = await readReport(ports, { id: upload.id, type }, bytes)
    if (!report.ok) return report
    if (held) return another()

    const tests = type === 'junit' ? await listTests(objects, key) : ok(null)
    if (!tests.ok) return tests
    const derived =
      (listing.value && { name: `${key}-listing.gz`, content: writeListing(listing.value) }) ||
      (tests.value && { name: `${key}-tests.gz`, content: writeTests(tests.value) })
    if (derived) {
      await announce(derived.name)
      const failure = await put(objects, derived.name, derived.content)
      if (failure) return err(failure)
    }
    if (clock.now().getTime() > removeAfter.getTime() - CLOCK_SKEW_MS) return err(storageFailed('it took too long'))

    const artifact = {
      jobId: upload.id,
      type,
      format,
      filename: safeFilename(upload.filename, type),
      size,
      sha256,
      accessibility: accessibility ?? (await declaredAccessibility(ports, upload.id)),
      key,
      listingKey: derived?.name ?? null,
      expireAt: expiry === 'never' ? null : new Date(clock.now().getTime() + expiry * 1000),
      ...report.value,
    }
    // When this fails, it is unknown whether a record names the objects: they must stay.
    unused = false
    const outcome = await artifacts.store(artifact)
    if (outcome === 'stored') {
      quotas.note(job.projectId, size)
      reserved[Symbol.dispose]()
      await events.publish('jobs')
      return ok('stored')
    }
    unused = true
    return await explain(ports, { ...upload, type }, outcome, sha256)
  } catch (error) {
    if (isFull) return err({ kind: 'quota_exceeded' })
    throw error
  } finally {
    if (unused) await discard(ports, announced)
  }
}

/** Returns the tests of a stored report. A broken one is stored all the same. */
async function listTests(
  objects: Pick<ObjectStore, 'get'>,
  key: string,
): Promise<Result<TestReport | null, StorageFailed>> {
  try {
    const body = await objects.get(key)
    return ok(body && (await readTests(body)))
  } catch (error) {
    return err(storageFailed(error))
  }
}

/** In seconds; null when the words are invalid. */
const expiryOf = ({ expireIn }: Pick<UploadChoice, 'expireIn'>, policy: Policy): number | 'never' | null =>
  expireIn === undefined ? (policy.artifactExpireSeconds ?? 'never') : parseExpiry(expireIn)

async function put(
  objects: Pick<ObjectStore, 'put'>,
  key: string,
  body: AsyncIterable<Uint8Array>,
): Promise<StorageFailed | null> {
  try {
    await objects.put(key, body)
    return null
  } catch (error) {
    return storageFailed(error)
  }
}

/** Explains why a record was not stored, with the refusal that the check itself would now give. */
async function explain(
  ports: StoringPorts,
  upload: Pick<ArtifactUpload, 'id' | 'token'> & Pick<UploadChoice, 'type'>,
  outcome: 'exists' | 'not_executing' | 'swept',
  sha256: string,
): Promise<Result<'present', Refusal>> {
  if (outcome === 'swept') return err(storageFailed('the upload’s objects were deleted meanwhile'))
  const again = await authenticateJob(ports, upload)
  if (!again.ok) return again
  const held = await ports.artifacts.find(upload.id, upload.type)
  return held?.sha256 === sha256 ? ok('present') : another()
}

/** It is unknown whether an unreadable definition said `public`, so it counts as private. */
async function declaredAccessibility({ jobs }: Pick<Ports, 'jobs'>, id: number): Promise<Accessibility> {
  const definition = await jobs.definition(id)
  return definition === null || definition === 'newer' ? 'private' : (definition.artifacts?.accessibility ?? 'public')
}

/** Objects that can't be deleted here are deleted later, by the sweep of strays. */
async function discard({ artifacts, objects }: StoringPorts, keys: readonly string[]): Promise<void> {
  try {
    await objects.delete(keys)
    await artifacts.forget(keys)
  } catch {}
}

const WRONG_EXPIRY = 'expire_in is not a duration such as 1 week'
const WRONG_FORMAT = 'Validation failed: Invalid file format with specified file type'

const invalid = (reason: string): { ok: false; error: ArtifactInvalid } => err({ kind: 'artifact_invalid', reason })

const another = () => invalid('another artifact of the same type already exists')
