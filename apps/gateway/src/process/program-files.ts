import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** In a release `scripts/pack.mjs` puts it beside the bundle that this file is part of; the repository has no such file. */
const packedDemo = fileURLToPath(new URL('demo.js', import.meta.url))
const isRelease = existsSync(packedDemo)

const root = new URL(isRelease ? '../' : '../../../../', import.meta.url)

const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string }

/** The version of the program: that of the release, which is that of the repository's root. */
export const VERSION = version

/** What Vite built of `apps/admin-ui`. */
export const DASHBOARD = fileURLToPath(new URL(isRelease ? 'dashboard' : 'apps/admin-ui/dist', root))

/** The words that start the demo: the program and its arguments. */
export const DEMO: readonly string[] = isRelease ? ['node', packedDemo] : ['npm', 'run', 'demo']
