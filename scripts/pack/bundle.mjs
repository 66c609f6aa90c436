import { cpSync, globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The sources of the programs by name: the gateway, its threads, and the command that talks to it. */
export const PROGRAMS = {
  main: 'apps/gateway/src/main.ts',
  'compile-worker': 'apps/gateway/src/adapters/compile-worker.ts',
  cli: 'apps/cli/src/main.ts',
}

/**
 * Bundles programs with all their imports, and with license comments only. Names are kept for stack traces.
 *
 * @param {string} folder - what is written into: `NAME.js` for each program and the files that it opens.
 * @param {Record<string, string>} programs - sources by name.
 */
export async function bundle(folder, programs) {
  const input = Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, join(ROOT, path)]))
  const bundler = await rolldown({ input, cwd: ROOT, platform: 'node', onLog: refuse })
  await bundler.write({ dir: folder, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' })
  await bundler.close()
  // The embedded database opens its files in the folder of the program that includes it.
  for (const path of globSync('node_modules/@electric-sql/pglite/dist/*.{wasm,data}', { cwd: ROOT })) {
    cpSync(join(ROOT, path), join(folder, basename(path)))
  }
}

/**
 * PGlite's compiled code uses `eval`. Any other warning may mean that the release does not work where it is unpacked.
 */
function refuse(level, { code, message }) {
  if (code !== 'EVAL' || !message.includes('/pglite/')) throw new Error(`${level}: ${message}`)
}
