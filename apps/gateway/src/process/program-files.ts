import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Beside the bundle (`scripts/pack/bundle.mjs`); the sources have no such file. */
const bundledWorker = new URL('compile-worker.js', import.meta.url)
const isBundle = existsSync(bundledWorker)

const root = new URL(isBundle ? '../' : '../../../../', import.meta.url)

const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string }

/** The version of the release, taken from the `package.json` at the root. */
export const VERSION = version

/** The directory of the built dashboard, `apps/admin-ui`. */
export const DASHBOARD = fileURLToPath(new URL(isBundle ? 'dashboard' : 'apps/admin-ui/dist', root))

/** The program of the threads that compile configurations. */
export const COMPILE_WORKER = isBundle ? bundledWorker : new URL('../adapters/compile-worker.ts', import.meta.url)

/** Only a release has this file. */
const packedDemo = fileURLToPath(new URL('demo.js', import.meta.url))

/** The command that starts the demo: the program and its arguments. */
export const DEMO: readonly string[] = existsSync(packedDemo) ? ['node', packedDemo] : ['npm', 'run', 'demo']
