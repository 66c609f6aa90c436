import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { ObjectStore } from '@yardmaster/domain/ports'
import { attachment } from '../http/attachment.ts'
import { checkKey, untilAborted } from './object-body.ts'
import { openReadHandler, openWriteHandler } from './s3-connections.ts'
import { putInParts } from './s3-parts.ts'

/** Objects up to this size are written with one request. */
const SINGLE_BYTES = 5_242_880
/** The limit of S3 for one request. */
const DELETES_AT_ONCE = 1_000
const PROBE_TIMEOUT_MS = 5_000
/** A place that credentials limited to Yardmaster's own prefixes may write to. */
const PROBE_PREFIX = 'traces/probe-'
const PROBE = new Uint8Array(1)
const RECENT_WRITE_MS = 60_000

export interface S3Options {
  readonly bucket: string
  /** Absent for Amazon's own endpoint of the region. */
  readonly endpoint?: string | undefined
  readonly region: string
  /** Whether the bucket goes into the path instead of the host name, as most other servers require. */
  readonly forcePathStyle?: boolean | undefined
  /** Absent when the AWS SDK finds them (`AWS_*`, profile, instance role). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
}

/** Stores objects in a bucket of Amazon S3 or a compatible server. The bucket must exist. */
export class S3ObjectStore implements ObjectStore, AsyncDisposable {
  readonly #client: S3Client
  /** For requests with large answers. */
  readonly #reader: S3Client
  readonly #bucket: string
  /** When the last write succeeded, by `performance.now()`; minus infinity without one, or after a failed one. */
  #wroteAt = Number.NEGATIVE_INFINITY

  private constructor(client: S3Client, reader: S3Client, bucket: string) {
    this.#client = client
    this.#reader = reader
    this.#bucket = bucket
  }

  /** Connects at first use. */
  static open({ bucket, endpoint, region, forcePathStyle = false, credentials }: S3Options): S3ObjectStore {
    const about: S3ClientConfig = {
      region,
      forcePathStyle,
      ...(endpoint && { endpoint }),
      ...(credentials && { credentials }),
      // The SDK's default since 3.729 adds CRC trailers, which many other servers refuse.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }
    const client = new S3Client({ ...about, requestHandler: openWriteHandler(about) })
    const reader = new S3Client({ ...about, requestHandler: openReadHandler() })
    return new S3ObjectStore(client, reader, bucket)
  }

  /**
   * A request that has begun is not cut off by `signal`, because its outcome would be unknown. The outcome is awaited
   * instead, and an object that was created despite the signal is deleted.
   */
  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<{ bytes: number }> {
    checkKey(key)
    signal?.throwIfAborted()
    const putting = body instanceof Uint8Array ? this.#putBytes(key, body) : this.#putPieces(key, body, signal)
    const bytes = await this.#noted(putting)
    if (signal?.aborted) {
      await this.delete([key])
      throw signal.reason
    }
    return { bytes }
  }

  /** Keeps a connection until the returned body is read to its end or abandoned. */
  async get(key: string, range?: { start: number; end?: number }): Promise<AsyncIterable<Uint8Array> | null> {
    checkKey(key)
    const about = { Bucket: this.#bucket, Key: key }
    try {
      if (range?.end !== undefined && range.end <= range.start) {
        await this.#client.send(new HeadObjectCommand(about))
        return nothing()
      }
      const { Body } = await this.#reader.send(new GetObjectCommand({ ...about, ...spell(range) }))
      // In Node the SDK's body is a stream; the type also covers browsers.
      return Body instanceof Readable ? Body : nothing()
    } catch (error) {
      if (isMissing(error)) return null
      // The range begins after the last byte.
      if (statusOf(error) === 416) return nothing()
      throw error
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(key)
    for (let at = 0; at < keys.length; at += DELETES_AT_ONCE) {
      const Objects = keys.slice(at, at + DELETES_AT_ONCE).map((Key) => ({ Key }))
      const { Errors = [] } = await this.#client.send(
        new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } }),
      )
      const failed = Errors.find(({ Code }) => Code !== 'NoSuchKey')
      if (failed)
        throw new Error(`${failed.Key} can't be deleted from ${this.#bucket}: ${failed.Code} ${failed.Message}`)
    }
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; bytes: number; modifiedAt: Date }> {
    let ContinuationToken: string | undefined
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, ContinuationToken }),
      )
      for (const { Key, Size = 0, LastModified } of page.Contents ?? []) {
        if (Key && LastModified) yield { key: Key, bytes: Size, modifiedAt: LastModified }
      }
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (ContinuationToken)
  }

  /** Signs the link without a request, so it may name an object that is gone. */
  async link(key: string, { filename, seconds }: { filename: string; seconds: number }): Promise<string> {
    checkKey(key)
    const command = new GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      ResponseContentType: 'application/octet-stream',
      ResponseContentDisposition: attachment(filename),
    })
    return await getSignedUrl(this.#client, command, { expiresIn: seconds })
  }

  /** Writes a small object, unless there was a write recently: many providers charge for writes. */
  async probe(): Promise<void> {
    const abortSignal = AbortSignal.timeout(PROBE_TIMEOUT_MS)
    const about = { Bucket: this.#bucket }
    try {
      if (performance.now() - this.#wroteAt < RECENT_WRITE_MS) {
        await this.#client.send(new HeadBucketCommand(about), { abortSignal })
        return
      }
      const probe = { ...about, Key: `${PROBE_PREFIX}${randomUUID()}` }
      await this.#noted(this.#client.send(new PutObjectCommand({ ...probe, Body: PROBE }), { abortSignal }))
      await this.#client.send(new DeleteObjectCommand(probe), { abortSignal })
    } catch (error) {
      throw new Error(`The bucket ${this.#bucket} can't be used: ${reasonOf(error)}`, { cause: error })
    }
  }

  /** Remembers whether the last write succeeded. */
  async #noted<T>(writing: Promise<T>): Promise<T> {
    this.#wroteAt = Number.NEGATIVE_INFINITY
    const written = await writing
    this.#wroteAt = performance.now()
    return written
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy()
    this.#reader.destroy()
  }

  async #putBytes(key: string, bytes: Uint8Array): Promise<number> {
    const about = { Bucket: this.#bucket, Key: key }
    if (bytes.length <= SINGLE_BYTES) await this.#client.send(new PutObjectCommand({ ...about, Body: bytes }))
    else await putInParts(this.#client, about, once(bytes))
    return bytes.length
  }

  async #putPieces(key: string, body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<number> {
    let bytes = 0
    async function* counted() {
      for await (const chunk of untilAborted(body, signal)) {
        bytes += chunk.length
        yield chunk
      }
    }
    await putInParts(this.#client, { Bucket: this.#bucket, Key: key }, counted())
    return bytes
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** HTTP names the last byte, not the one after it. */
function spell(range: { start: number; end?: number } | undefined): { Range?: string } {
  if (!range || (range.start === 0 && range.end === undefined)) return {}
  return { Range: `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}` }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined

/** Goes by the status, because an answer to HEAD has no body to name the error. A missing bucket is a real failure. */
const isMissing = (error: unknown): boolean =>
  statusOf(error) === 404 && error instanceof S3ServiceException && error.name !== 'NoSuchBucket'

function reasonOf(error: unknown): string {
  const status = statusOf(error)
  const text = error instanceof Error ? `${error.name} ${error.message}`.trim() : String(error)
  return status === undefined ? text : `${status} ${text}`
}
