// `npm run pack [-- --to DIRECTORY]`: builds a release, `dist/yardmaster-VERSION.tgz`. It is an npm package that needs
// only Node.js: unpacked anywhere, `node main.js` is the command `yardmaster`, which starts the server without a verb.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { npm } from './npm.mjs'
import { bundle, PROGRAMS } from './pack/bundle.mjs'
import { licensesOf } from './pack/licenses.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Bundled, because Node does not run TypeScript inside `node_modules`, where a release may be installed. */
const PACKED = { ...PROGRAMS, demo: 'tests/demo.ts' }

/** The source of each file or folder of the release. Files that a program opens lie beside it, as in the repository. */
const FILES = {
  'main.js': 'scripts/pack/main.js',
  'healthcheck.js': 'scripts/pack/healthcheck.js',
  dashboard: 'apps/admin-ui/dist',
  migrations: 'packages/db/migrations',
  'README.md': 'README.md',
  'CHANGELOG.md': 'CHANGELOG.md',
  LICENSE: 'LICENSE',
  '.env.example': '.env.example',
}

const { values } = parseArgs({ options: { to: { type: 'string', default: join(ROOT, 'dist') } } })
const built = mkdtempSync(join(tmpdir(), 'yardmaster-pack-'))
try {
  const path = await pack(built, resolve(values.to))
  console.log(`Packed ${relative('.', path)}`)
} finally {
  rmSync(built, { recursive: true, force: true })
}

/** @returns the path of the package. */
async function pack(folder, to) {
  const { name, version, description, license, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  )
  for (const [path, source] of Object.entries(FILES))
    cpSync(join(ROOT, source), join(folder, path), { recursive: true })
  await bundle(join(folder, 'server'), PACKED)
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES'), licensesOf(ROOT))
  const manifest = {
    ...{ name, version, description, license },
    type: 'module',
    bin: { yardmaster: 'main.js' },
    engines: { node: `>=${Number.parseInt(devDependencies.node, 10)}` },
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  mkdirSync(to, { recursive: true })
  npm(['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', to], { cwd: folder })
  return join(to, `${name}-${version}.tgz`)
}
