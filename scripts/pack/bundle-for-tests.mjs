import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle, PROGRAMS } from './bundle.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What the gateway opens, beside its bundle. The dashboard need not be built yet. */
const OPENED = {
  'package.json': 'package.json',
  dashboard: 'apps/admin-ui/dist',
  migrations: 'packages/db/migrations',
}

/**
 * Bundles the gateway and the command into a folder: they start in half the time that the sources take.
 *
 * @param {string} folder
 * @returns {Promise<string>} the path of the gateway; the command is beside it.
 */
export async function bundleForTests(folder) {
  mkdirSync(folder)
  for (const [name, path] of Object.entries(OPENED)) symlinkSync(join(ROOT, path), join(folder, name))
  await bundle(join(folder, 'server'), PROGRAMS)
  return join(folder, 'server', 'main.js')
}
