import { spawnSync } from 'node:child_process'

/**
 * Runs npm to its end.
 *
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} options
 * @throws with all of npm's output when it fails.
 */
export function npm(args, options) {
  // Inside `npm run`, this is the path of npm itself; `npm` on the PATH may be another one, or a script that can't be
  // spawned.
  const path = process.env.npm_execpath
  const [command, first] = path?.endsWith('.js') ? [process.execPath, [path]] : ['npm', []]
  const done = spawnSync(command, [...first, ...args], { encoding: 'utf8', ...options })
  if (done.status === 0) return
  throw new Error(`npm ${args[0]} failed:\n${done.error ?? ''}${done.stdout ?? ''}${done.stderr ?? ''}`)
}
