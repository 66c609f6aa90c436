import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const BUILD = ['run', 'build', '--output-logs=errors-only', '--log-prefix=none']

/**
 * Makes sure that the dashboard's build is up to date. When Turbo finds nothing to do, this takes a moment.
 *
 * @param {string} root - of the repository.
 * @param {Record<string, string | undefined>} env - with the repository's programs on the PATH.
 */
export function buildDashboard(root, env) {
  if (!existsSync(join(root, 'apps', 'admin-ui', 'dist'))) console.log('Building the dashboard …')
  const done = spawnSync('turbo', BUILD, { cwd: root, env, encoding: 'utf8' })
  if (done.status === 0) return
  throw new Error(`The dashboard could not be built:\n${done.error ?? ''}${done.stdout ?? ''}${done.stderr ?? ''}`)
}
