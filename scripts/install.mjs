import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { npm } from './npm.mjs'

/** Installs the dependencies unless exactly the locked ones are there already. */
export function ensureDependencies(root) {
  if (isInstalled(root)) return
  console.log('Installing dependencies (once, about a minute) …')
  npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env: { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
  })
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
