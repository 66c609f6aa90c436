import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '../support/fixtures.ts'
import { ROOT } from './command-blocks.ts'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const manifestIn = (folder: string) => JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest

const { version } = manifestIn('.')
const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  version: string
  packages: Readonly<Record<string, Manifest>>
}
const workspaces = Object.keys(lock.packages).filter((path) => path !== '' && !path.includes('node_modules/'))

test('the version is in the root’s package.json, and the lock file agrees', () => {
  expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  expect([lock.version, lock.packages['']?.version]).toEqual([version, version])
})

test('packages of the repository have no version of their own, because they are never published', () => {
  expect(workspaces).not.toEqual([])
  for (const path of workspaces) {
    const { version: own, dependencies, devDependencies } = manifestIn(path)
    const ours = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) =>
      name.startsWith('@yardmaster/'),
    )
    expect({ path, own, needs: ours.filter(([, wanted]) => wanted !== '0.0.0') }).toEqual({
      path,
      own: '0.0.0',
      needs: [],
    })
  }
})

test('the changelog begins with unreleased changes, followed by this version and its date', () => {
  const headings = [...readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8').matchAll(/^## (.+)$/gm)].map(([, text]) => text)
  expect(headings[0]).toBe('Unreleased')
  expect(headings[1]).toMatch(new RegExp(`^${version.replaceAll('.', '\\.')} – \\d{4}-\\d\\d-\\d\\d$`))
})

test('a running gateway reports the version', async ({ admin }) => {
  expect(await admin.query('settings.limits')).toMatchObject({ version })
})
