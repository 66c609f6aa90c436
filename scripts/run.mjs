// Runs the commands of package.json from a fresh clone: checks Node, installs what is missing, and starts the command
// with the Node version that this repository pins. Until then, everything runs on any Node ≥ 20.19.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = [20, 19]
const PINNED_MAJOR = 24

/** The arguments for the pinned Node, followed by those of the command. */
const COMMANDS = {
  start: ['apps/gateway/src/main.ts'],
  dev: ['scripts/dev.mjs'],
  demo: ['tests/demo.ts'],
  chaos: ['tests/chaos/main.ts'],
  'ci-corpus': ['tests/ci-corpus/main.ts'],
  fuzz: ['tests/fuzz/main.ts'],
  'fuzz:document': ['tests/fuzz/document/main.ts'],
  bench: ['scripts/servers.mjs', '--durable', 'node', 'tests/bench/main.ts'],
  test: ['scripts/test.mjs'],
  lint: ['scripts/lint.mjs'],
  'test:unit': ['node_modules/vitest/vitest.mjs'],
  'test:real-runner': [
    ...['scripts/servers.mjs', 'playwright', 'test', '--config', 'tests/playwright.config.ts'],
    '--project=real-runner',
  ],
  'with-servers': ['scripts/servers.mjs'],
  pack: ['scripts/pack.mjs'],
}

/** Commands that serve the built dashboard; `test` builds it as one of its checks. */
const WITH_DASHBOARD = new Set(['start', 'dev', 'bench', 'fuzz', 'with-servers', 'pack'])

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  stop(`Yardmaster needs Node.js ${OLDEST_NODE.join('.')} or newer to set itself up; this is ${process.version}.`)
}

const [name, ...args] = process.argv.slice(2)
const command = COMMANDS[name]
if (!command) stop(`Usage: node scripts/run.mjs ${Object.keys(COMMANDS).join('|')}`)

const root = fileURLToPath(new URL('..', import.meta.url))
// Imported only now: an old Node may fail to read these files, and should print the message above first.
const { ensureDependencies } = await import('./install.mjs')
const { buildDashboard } = await import('./build.mjs')
const { run, stopWithParent } = await import('./child.mjs')
const bin = join(root, 'node_modules', '.bin')
const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
}
try {
  ensureDependencies(root)
  if (WITH_DASHBOARD.has(name)) buildDashboard(root, env)
} catch (error) {
  stop(error.message)
}
// Without npm in between, a parent that ends may have left this process running on purpose.
if (process.env.npm_lifecycle_event) stopWithParent()
process.exitCode = await run(pinnedNode(), [...command, ...args], { cwd: root, env })

/**
 * The pinned Node is installed by a script of its package. Where such scripts are switched off, the present Node may
 * do.
 */
function pinnedNode() {
  const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(pinned)) return pinned
  if (major >= PINNED_MAJOR) return process.execPath
  return stop(
    `The pinned Node.js is missing: npm did not run the install script of the package "node". ` +
      `Allow it (npm config ignore-scripts), remove node_modules and try again, or use Node.js ${PINNED_MAJOR}.`,
  )
}

function stop(sentence) {
  console.error(sentence)
  process.exit(1)
}
