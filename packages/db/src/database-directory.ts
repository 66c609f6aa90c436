import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import { DatabaseRefusedError } from './database.ts'

/** Every database has this file, and an incomplete one never has its final name: see {@link make}. */
const VERSION_FILE = 'PG_VERSION'

/**
 * Makes sure that a complete database is in the directory, accessible to its owner only, and flushed to the disk:
 * earlier versions never flushed.
 *
 * @returns the directory.
 * @throws DatabaseRefusedError when the directory has other files.
 */
export async function prepareDirectory(dir: string): Promise<string> {
  const entries = await readdir(dir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (entries.length === 0) await make(dir)
  else if (entries.includes(VERSION_FILE)) await secure(dir)
  else {
    throw new DatabaseRefusedError(
      `${dir} holds files, but no database (${VERSION_FILE} is missing): restore a backup, or move the files away to start with an empty one`,
    )
  }
  return dir
}

/** Creates the database next to its final place and renames it once it is complete and flushed. */
async function make(dir: string): Promise<void> {
  const draft = `${dir}.new`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true, mode: 0o700 })
  const pglite = await PGlite.create({ fs: new NodeFS(draft) })
  await pglite.close()
  await secure(draft)
  await rename(draft, dir)
  await flush(dirname(dir))
}

/** Files flushed at the same time: the disk does them together. */
const AT_A_TIME = 8

/** Flushes everything below, and removes the access for others that PGlite's first start allows. */
async function secure(directory: string): Promise<void> {
  await close(directory)
  const entries = await readdir(directory, { withFileTypes: true })
  for (const entry of entries) if (entry.isDirectory()) await secure(join(directory, entry.name))
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(directory, name))
  for (let at = 0; at < files.length; at += AT_A_TIME) {
    await Promise.all(files.slice(at, at + AT_A_TIME).map((file) => close(file).then(() => flush(file))))
  }
  await flush(directory)
}

/** Restricts access to the owner. */
async function close(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) await chmod(path, mode & 0o700)
}

async function flush(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}
