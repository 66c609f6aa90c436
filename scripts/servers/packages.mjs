import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findProgram } from './program.mjs'

/** The required programs, and their packages on Debian and its descendants. */
const NEEDED = {
  initdb: 'postgresql',
  postgres: 'postgresql',
  'redis-server': 'redis-server',
}

/**
 * Programs that can replace Playwright's own browser. The first one does not draw windows, which saves a fifth of the
 * time.
 */
const BROWSERS = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** Installs a browser if none is installed and this is possible; otherwise the browser tests say what is missing. */
export function ensureBrowser() {
  if (process.env.CHROMIUM_BIN || BROWSERS.some(findProgram) || !hasAptGet()) return
  console.log('Installing a Chromium with apt-get …')
  try {
    aptGet('update')
    const known = ['chromium-headless-shell', 'chromium'].find((name) => aptKnows(name)) ?? 'chromium'
    aptGet('install', '--yes', '--no-install-recommends', known)
  } catch (error) {
    console.error(error.message)
  }
}

const aptKnows = (name) => spawnSync('apt-cache', ['show', '--quiet', name], { stdio: 'ignore' }).status === 0

const hasAptGet = () => process.getuid?.() === 0 && existsSync('/etc/debian_version') && findProgram('apt-get') !== null

/**
 * Makes sure that these programs are installed, and installs them if possible.
 *
 * @param {readonly string[]} programs
 */
export function ensurePrograms(programs) {
  const missing = programs.filter((name) => !findProgram(name))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((name) => NEEDED[name]))]

  if (hasAptGet()) {
    console.log(`Installing ${packages.join(' and ')} with apt-get …`)
    aptGet('update')
    aptGet('install', '--yes', '--no-install-recommends', ...packages)
  }
  if (programs.every(findProgram)) return
  throw new Error(
    `${missing.join(', ')} not found. Install PostgreSQL and Redis (Debian: apt-get install ${packages.join(' ')}; ` +
      'macOS: brew install postgresql redis), or name running servers in TEST_DATABASE_URL and TEST_REDIS_URL.',
  )
}

function aptGet(...args) {
  const done = spawnSync('apt-get', ['--quiet', '--quiet', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (done.status !== 0) throw new Error(`apt-get ${args.join(' ')} failed:\n${done.stdout ?? ''}${done.stderr ?? ''}`)
}
