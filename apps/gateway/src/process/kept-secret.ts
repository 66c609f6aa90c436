import { chmod, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DataDirError } from './data-dir.ts'
import { flushDirectory } from './flush.ts'
import { codeOf } from './system-errors.ts'

/** A kind of secret: where it is stored, how it is created, and what form it has. */
export interface Secret {
  /** Name of its file in the data directory. */
  readonly name: string
  /** The environment variable that sets it. */
  readonly variable: string
  make(): string
  isWhole(text: string): boolean
  /** Returns the place of data that can't be read without it, so that it is never replaced; null when there is none. */
  neededBy(): Promise<string | null>
}

/**
 * Returns the given secret, else the one stored in the data directory, else a new one, which is stored readable by its
 * owner only and is on disk when this resolves.
 *
 * @throws DataDirError when the stored secret is damaged, or missing beside data that needs it.
 */
export async function keptSecret(dir: string, secret: Secret, given: string | undefined): Promise<string> {
  if (given !== undefined) return given
  const file = join(dir, secret.name)
  const stored = await readStored(file)
  if (stored !== null) return whole(stored, file, secret)

  const data = await secret.neededBy()
  if (data !== null) {
    throw new DataDirError(
      `${file} is missing, and ${data} can't be read without it: restore it from a backup, or give it in ${secret.variable}`,
    )
  }
  const made = secret.make()
  await storeFlushed(dir, secret.name, `${made}\n`)
  return made
}

async function readStored(file: string): Promise<string | null> {
  try {
    const text = await readFile(file, 'utf8')
    await chmod(file, 0o600).catch(() => undefined)
    return text
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** Returns a stored secret that is whole. The line break is written last: without it the rest may be cut off, too. */
function whole(stored: string, file: string, { isWhole, variable }: Secret): string {
  const text = stored.trim()
  if (stored.endsWith('\n') && isWhole(text)) return text
  const fault =
    text === '' ? 'is empty' : isWhole(text) ? 'has no line break at its end, so it may be cut off' : 'is damaged'
  throw new DataDirError(
    `${file} ${fault}. It is not replaced, because what is stored may depend on it: restore it from a backup, or give it in ${variable}`,
  )
}

/** Writes a draft and renames it, so that there is either the whole file under its name or none. */
async function storeFlushed(dir: string, name: string, text: string): Promise<void> {
  const file = join(dir, name)
  const draft = `${file}.new`
  await rm(draft, { force: true })
  {
    await using handle = await open(draft, 'wx', 0o600)
    await handle.writeFile(text)
    await handle.sync()
  }
  await rename(draft, file)
  await flushDirectory(dir)
}
