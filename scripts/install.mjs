import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Installs the dependencies unless exactly the locked ones are there already. */
export function ensureDependencies(root) {
  if (isInstalled(root)) return
  console.log('Installing dependencies (once, about a minute) …')
  // Inside `npm run` this names npm itself; `npm` on the PATH may be another one, or a script that can't be spawned.
  const npm = process.env.npm_execpath
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  const done = spawnSync(command, [...first, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
  })
  if (done.status === 0) return
  throw new Error(`npm ci failed:\n${done.error ?? ''}${done.stdout ?? ''}${done.stderr ?? ''}`)
}

/** npm notes what it installed in a lock file of its own, last of all; it is compared with ours. */
function isInstalled(root) {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'))
  const locked = packagesOf(join(root, 'package-lock.json'))
  if (!installed || !locked) return false
  return Object.entries(locked).every(([path, { version, optional, link, integrity }]) => {
    if (!path.includes('node_modules/')) return true
    const there = installed[path]
    // Optional ones belong to other platforms.
    if (!there) return optional === true
    return link ? there.link === true : there.version === version && there.integrity === integrity
  })
}

function packagesOf(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : null
}
