import { glob, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { JobPayload } from './payload.ts'
import type { TakenJob } from './taken-job.ts'
import { zipOf } from './zip.ts'

type Wanted = NonNullable<JobPayload['artifacts']>[number]

/** Uploads from `directory` the artifacts that the payload names for this outcome. Returns false when any failed. */
export async function leaveArtifacts(
  job: TakenJob,
  { directory, succeeded, say }: { directory: string; succeeded: boolean; say: (text: string) => void },
): Promise<boolean> {
  let whole = true
  for (const wanted of job.payload.artifacts ?? []) {
    const { when, artifact_type: type, artifact_format: format, expire_in } = wanted
    if (when !== 'always' && (when === 'on_failure') === succeeded) continue
    const files = await find(wanted, directory)
    say(`Uploading artifacts: ${type}, ${files.length} ${files.length === 1 ? 'file' : 'files'}\n`)
    if (files.length === 0) {
      say('\x1b[0;33mWARNING: there is nothing to upload\x1b[0;m\n')
      continue
    }
    const { status } = await job.upload(await pack(format, files, directory), {
      type,
      format,
      filename: fileName(wanted),
      ...(expire_in && { expireIn: expire_in }),
    })
    if (status === 201) continue
    say(`\x1b[31;1mERROR: the upload was refused: ${status}\x1b[0;m\n`)
    whole = false
  }
  return whole
}

/** Returns the paths of files below the directory, in order; a directory includes everything in it. */
async function find({ paths, exclude }: Wanted, directory: string): Promise<string[]> {
  const patterns = (paths ?? []).flatMap((path) => [path.replace(/\/$/, ''), `${path.replace(/\/$/, '')}/**`])
  const found = new Set<string>()
  for await (const path of glob(patterns, { cwd: directory, exclude: [...(exclude ?? [])] })) {
    if ((await stat(join(directory, path))).isFile()) found.add(path)
  }
  return [...found].sort()
}

async function pack(format: string, files: readonly string[], directory: string): Promise<Buffer> {
  const read = files.map(async (name) => ({ name, bytes: await readFile(join(directory, name)) }))
  const contents = await Promise.all(read)
  if (format === 'zip') return zipOf(contents)
  // One gzip member per file, concatenated.
  if (format === 'gzip') return Buffer.concat(contents.map(({ bytes }) => gzipSync(bytes)))
  return Buffer.concat(contents.map(({ bytes }) => bytes))
}

const fileName = ({ name, artifact_format }: Wanted): string => {
  const extension = { zip: '.zip', gzip: '.gz' }[artifact_format] ?? ''
  return `${basename(name || 'default')}${extension}`
}
