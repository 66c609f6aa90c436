import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { npm } from './npm.mjs'

/** Installs the dependencies unless exactly the locked ones are already installed. */
export function ensureDependencies(root) {
  if (isInstalled(root)) return
  console.log('Installing dependencies (once, about a minute) …')
  npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env: { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
  })
}

/** Compares our lock file with npm's own record of what is installed, which npm writes last. */
function isInstalled(root) {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'))
  const locked = packagesOf(join(root, 'package-lock.json'))
  if (!installed || !locked) return false
  return Object.entries(locked).every(([path, { version, optional, link, integrity }]) => {
    if (!path.includes('node_modules/')) return true
    const there = installed[path]
    // Optional packages may be for other platforms.
    if (!there) return optional === true
    return link ? there.link === true : there.version === version && there.integrity === integrity
  })
}

function packagesOf(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : null
}
