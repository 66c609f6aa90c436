import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import { DatabaseRefusedError } from './database.ts'

/** Every database has it, and no half-made one can be under its name: see {@link make}. */
const VERSION_FILE = 'PG_VERSION'

/**
 * Makes sure that a whole database is in the directory, open to its owner only, and on the disk: what an earlier version
 * wrote there was never flushed.
 *
 * @returns the directory.
 * @throws DatabaseRefusedError when something else is in it.
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
      `${dir} holds files, but no database (${VERSION_FILE} is missing): restore a backup, or move the files away to begin anew`,
    )
  }
  return dir
}

/** Makes the database beside its place and gives it its name when it is whole and flushed. */
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

/** Files that are flushed at the same time: the disk does them together. */
const AT_A_TIME = 8

/** Flushes everything below, and takes from others the access that PGlite's first start gives them. */
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

/** Leaves access to its owner alone. */
async function close(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) await chmod(path, mode & 0o700)
}

async function flush(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}
