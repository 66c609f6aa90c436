import { execFile } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDERS = ['apps', 'packages', 'scripts', 'tests']
const FILES = ['package.json', 'knip.jsonc', 'tsconfig.base.json', 'turbo.json', 'vitest.config.ts', 'biome.json']
const NOT_COPIED = new Set(['node_modules', 'dist'])

/** A copy of the sources, so that faults added to it do not affect other tests. */
let copy

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'yardmaster-lint-'))
  for (const name of [...FILES, ...FOLDERS]) {
    cpSync(join(ROOT, name), join(copy, name), {
      recursive: true,
      filter: (path) => !NOT_COPIED.has(basename(path)),
    })
  }
  await linkModules()
})

afterAll(() => rmSync(copy, { recursive: true, force: true }))

/** Links the dependencies of the repository, and the packages of the copy. */
async function linkModules() {
  const modules = join(copy, 'node_modules')
  mkdirSync(join(modules, '@yardmaster'), { recursive: true })
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name !== '@yardmaster') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
  for (const folder of ['apps', 'packages']) {
    for (const name of await readdir(join(copy, folder))) {
      symlinkSync(join(copy, folder, name), join(modules, '@yardmaster', name))
    }
  }
}

/** @returns {Promise<{ code: number, output: string }>} */
const lint = (...names) =>
  new Promise((resolve) => {
    const PATH = `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`
    const options = { cwd: copy, env: { ...process.env, PATH }, maxBuffer: 16_777_216 }
    execFile(process.execPath, ['scripts/lint.mjs', ...names], options, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, output: stdout + stderr }),
    )
  })

describe('lint', () => {
  it('names each unused item that is added', async () => {
    add('packages/domain/src/jobs/unused-file.ts', 'export const fromUnusedFile = 1\n')
    add('packages/domain/src/jobs/slug.ts', 'export const unusedExport = 1\n')
    add('packages/db/src/index.ts', 'export interface UnusedEntry {}\n')
    add('packages/domain/src/testing.ts', 'export const unusedOfTests = 1\n')
    add('apps/admin-ui/src/lib/time.ts', 'export type UnusedType = string\n')
    add('scripts/child.mjs', 'export const unusedInScripts = 1\n')
    add('tests/support/api.ts', 'export const unusedInTests = 1\n')
    change('apps/gateway/package.json', (manifest) => {
      manifest.dependencies['unused-dependency'] = '1.0.0'
    })
    change('package.json', (manifest) => {
      manifest.devDependencies['unused-tool'] = '1.0.0'
    })
    add('tests/support/api.ts', "import 'undeclared-dependency'\n")
    replace('knip.jsonc', '"apt-get"', '"apt-get", "unused-exception"')

    const { code, output } = await lint('unused')
    expect(code).toBe(1)
    for (const name of [
      'packages/domain/src/jobs/unused-file.ts',
      ...['unusedExport', 'UnusedEntry', 'unusedOfTests', 'UnusedType', 'unusedInScripts', 'unusedInTests'],
      ...['unused-dependency', 'unused-tool', 'undeclared-dependency', 'unused-exception'],
    ]) {
      expect(output).toContain(name)
    }
    // Seconds of work, which can be minutes on a busy machine.
  }, 300_000)

  it('refuses unknown checks and names the known ones', async () => {
    expect(await lint('spelling')).toEqual({
      code: 1,
      output: 'There is no check spelling; known checks: style, imports, citations, unused.\n',
    })
  })
})

function add(path, line) {
  mkdirSync(dirname(join(copy, path)), { recursive: true })
  appendFileSync(join(copy, path), `\n${line}`)
}

function replace(path, from, to) {
  writeFileSync(join(copy, path), readFileSync(join(copy, path), 'utf8').replace(from, to))
}

function change(path, edit) {
  const manifest = JSON.parse(readFileSync(join(copy, path), 'utf8'))
  edit(manifest)
  writeFileSync(join(copy, path), JSON.stringify(manifest))
}
