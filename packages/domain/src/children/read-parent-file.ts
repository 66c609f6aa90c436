import type { ParentFile, ParentPath } from '@yardmaster/ci-config'
import { openArchivedFile } from '../artifacts/browse-archive.ts'
import { DamagedFile } from '../artifacts/formats/unzip.ts'
import type { Ports } from '../ports.ts'

type Answer = ParentFile['answer']

/** Bytes of a file that is included. */
const MOST_BYTES = 2_097_152

/**
 * Reads a file out of the archive of a job of the parent pipeline, for `include:artifact`. The newest attempt of the job
 * counts. A file that cannot be included is answered by a sentence.
 *
 * @throws when the storage is not available now.
 * @see `docs/pipelines.md 8`
 */
export async function readParentFile(
  ports: Pick<Ports, 'pipelines' | 'artifacts' | 'objects' | 'clock'>,
  parentId: number,
  { job, path }: ParentPath,
): Promise<Answer> {
  const owner = (await ports.pipelines.jobs(parentId)).find(({ name }) => name === job)
  if (!owner) return { missing: 'job' }
  const file = await openArchivedFile(ports, owner.id, path)
  if (file.ok) return await textOf(file.value, path)
  switch (file.error.kind) {
    case 'artifact_not_found':
      return (await ports.artifacts.find(owner.id, 'archive'))
        ? { error: `File \`${path}\` not found in the artifacts of job \`${job}\`!` }
        : { missing: 'job' }
    case 'artifact_invalid':
      return { error: `File \`${path}\` in the artifacts of job \`${job}\` cannot be read. ${file.error.reason}` }
    case 'storage_failed':
      throw new Error(file.error.reason, { cause: file.error.cause })
  }
}

async function textOf(
  { size, body }: { readonly size: number; readonly body: AsyncIterable<Uint8Array> },
  path: string,
) {
  if (size > MOST_BYTES)
    return { error: `File \`${path}\` is too large: it has ${size} bytes, allowed are ${MOST_BYTES}.` }
  try {
    const bytes = Buffer.concat(await Array.fromAsync(body))
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch (error) {
    if (error instanceof DamagedFile) return { error: `File \`${path}\` is damaged. ${error.message}` }
    if (error instanceof TypeError) return { error: `File \`${path}\` is not a text in UTF-8.` }
    throw error
  }
}
