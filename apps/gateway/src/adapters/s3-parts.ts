import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { Blocks, inBlocks } from '../http/blocks.ts'

/** The minimum size of S3 for all parts but the last. Its limit of 10,000 parts allows 48 GiB. */
const PART_BYTES = 5_242_880
/** One more part is being filled meanwhile, so an upload keeps three in memory. */
const PARTS_AT_ONCE = 2

/**
 * Puts a body of unknown length, in one request if it fits into one part. After a failure, of the body as well, its
 * parts are deleted before this rejects.
 *
 * The SDK's own `Upload` keeps the body's chunks and joins them for every part, which takes more than 100 MiB for each
 * upload.
 */
export async function putInParts(
  client: S3Client,
  about: { readonly Bucket: string; readonly Key: string },
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  let upload: { readonly UploadId: string | undefined } | null = null
  using blocks = new Blocks({ count: PARTS_AT_ONCE + 1, size: PART_BYTES })
  const parts: CompletedPart[] = []
  const sending: Promise<CompletedPart>[] = []
  try {
    for await (const block of inBlocks(body, blocks)) {
      if (!upload) {
        if (block.length < PART_BYTES) return await putWhole(client, about, block)
        const { UploadId } = await client.send(new CreateMultipartUploadCommand(about))
        upload = { UploadId }
      }
      if (sending.length === PARTS_AT_ONCE) parts.push(...(await Promise.all(sending.splice(0, 1))))
      const part = sendPart(client, { ...about, ...upload, PartNumber: parts.length + sending.length + 1 }, block)
      // A failure is reported when the part is awaited.
      part.catch(() => undefined)
      sending.push(part)
    }
    if (!upload) return await putWhole(client, about, new Uint8Array())
    const Parts = [...parts, ...(await Promise.all(sending))]
    await client.send(new CompleteMultipartUploadCommand({ ...about, ...upload, MultipartUpload: { Parts } }))
  } catch (error) {
    // A part that arrives after the end of its upload would stay.
    await Promise.allSettled(sending)
    if (upload) await client.send(new AbortMultipartUploadCommand({ ...about, ...upload })).catch(() => undefined)
    throw error
  }
}

async function putWhole(client: S3Client, about: { Bucket: string; Key: string }, Body: Uint8Array): Promise<void> {
  await client.send(new PutObjectCommand({ ...about, Body }))
}

async function sendPart(
  client: S3Client,
  part: { Bucket: string; Key: string; UploadId: string | undefined; PartNumber: number },
  Body: Uint8Array,
): Promise<CompletedPart> {
  const { ETag } = await client.send(new UploadPartCommand({ ...part, Body }))
  return { ETag, PartNumber: part.PartNumber }
}
