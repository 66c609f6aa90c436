import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The version that `scripts/run.mjs` requires. */
const OLDEST = [20, 19] as const

/**
 * Returns the PATH of a person who has not set anything up: without the repository's programs, and with the oldest
 * sufficient Node first. `version` is that Node's version.
 */
export function plainPath(): { path: string; version: string } {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  const found = folders.flatMap((folder) => {
    const version = versionIn(folder)
    return version ? [{ folder, version }] : []
  })
  const oldest = found.toSorted((a, b) => compare(a.version, b.version))[0]
  if (!oldest)
    throw new Error(`No Node.js ${OLDEST.join('.')} or newer with npm is on the PATH besides the pinned one.`)
  return { path: [oldest.folder, ...folders].join(delimiter), version: oldest.version.join('.') }
}

function versionIn(folder: string): number[] | null {
  try {
    for (const program of ['node', 'npm']) accessSync(join(folder, program), constants.X_OK)
    const version = execFileSync(join(folder, 'node'), ['-p', 'process.versions.node'], { encoding: 'utf8' })
    const parts = version.trim().split('.').map(Number)
    return compare(parts, OLDEST) >= 0 ? parts : null
  } catch {
    return null
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  return (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0)
}
