import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Beside the bundle in a release (`scripts/pack.mjs`); the repository has no such file. */
const packedDemo = fileURLToPath(new URL('demo.js', import.meta.url))
const isRelease = existsSync(packedDemo)

const root = new URL(isRelease ? '../' : '../../../../', import.meta.url)

const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string }

/** The version of the release, taken from the `package.json` at the root. */
export const VERSION = version

/** The directory of the built dashboard, `apps/admin-ui`. */
export const DASHBOARD = fileURLToPath(new URL(isRelease ? 'dashboard' : 'apps/admin-ui/dist', root))

/** The program of the threads that compile configurations. */
export const COMPILE_WORKER = new URL(
  isRelease ? 'compile-worker.js' : '../adapters/compile-worker.ts',
  import.meta.url,
)

/** The command that starts the demo: the program and its arguments. */
export const DEMO: readonly string[] = isRelease ? ['node', packedDemo] : ['npm', 'run', 'demo']
