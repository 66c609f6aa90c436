import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Returns the licenses of all packages that a release may include parts of: all locked packages except development
 * dependencies.
 *
 * @param {string} root - of the repository.
 */
export function licensesOf(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return Object.entries(packages)
    .filter(([path, { dev, link, optional }]) => path.includes('node_modules/') && !dev && !link && !optional)
    .map(([path, { version, license }]) => {
      const name = path.split('node_modules/').at(-1)
      const texts = globSync('{LICEN[CS]E,COPYING,NOTICE}*', { cwd: join(root, path) })
        .sort()
        .map((file) => readFileSync(join(root, path, file), 'utf8').trim())
      return [`${name} ${version} (${license ?? 'see below'})`, ...texts].join('\n\n')
    })
    .join(`\n\n${'-'.repeat(80)}\n\n`)
    .concat('\n')
}
