import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openPGlite } from '../pglite.ts'
import { TEMPLATE_FOLDER } from './template-folder.ts'

/**
 * Makes a directory with an empty embedded database, as a first start leaves it. Creating one takes seconds of work, so
 * the first test of a run creates it, and all get copies.
 *
 * @param dir - a directory that does not exist yet.
 */
export async function makeEmptyDirectory(dir: string): Promise<void> {
  const folder = process.env[TEMPLATE_FOLDER]
  if (!folder) throw new Error(`${TEMPLATE_FOLDER} is not set`)
  const template = join(folder, 'empty')
  if (!existsSync(template)) {
    const draft = join(folder, randomBytes(8).toString('hex'))
    await (await openPGlite(draft)).close()
    // Another worker may have been faster.
    await rename(draft, template).catch(() => rm(draft, { recursive: true }))
  }
  await cp(template, dir, { recursive: true })
}
