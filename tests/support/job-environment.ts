import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobPayload } from './payload.ts'

/** The variables that jobs inherit from the runner's environment. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'USER']

/**
 * Returns the environment of a job: its variables. File variables are written below `directory` and become paths, and
 * references to other variables are expanded unless the variable is raw.
 */
export async function jobEnvironment(
  { id, variables }: JobPayload,
  { directory, project }: { directory: string; project: string },
): Promise<Record<string, string>> {
  const files = join(directory, `${id}.tmp`)
  await mkdir(files, { recursive: true, mode: 0o700 })
  const values = new Map<string, string>([
    ['CI_PROJECT_DIR', project],
    ['CI_BUILDS_DIR', directory],
    ['CI_SERVER', 'yes'],
  ])
  for (const { key, value, file } of variables) {
    if (!file) values.set(key, value)
    else {
      const path = join(files, key)
      await writeFile(path, value, { mode: 0o600 })
      values.set(key, path)
    }
  }
  const kept = new Set(variables.filter(({ raw, file }) => raw || file).map(({ key }) => key))
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries([
    ...inherited,
    ...[...values].map(([key, value]) => [key, kept.has(key) ? value : expand(value, values)] as const),
  ])
}

function expand(value: string, values: ReadonlyMap<string, string>): string {
  return value.replace(/\$\$|\$(?:\{(\w+)\}|(\w+))/g, (found, braced?: string, bare?: string) =>
    found === '$$' ? '$' : (values.get(braced ?? bare ?? '') ?? ''),
  )
}
