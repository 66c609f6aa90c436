import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Returns the version that the binary reports: `16.11.4`. */
export async function versionOf(binary: string): Promise<string> {
  const { stdout } = await promisify(execFile)(binary, ['--version'])
  const version = /^Version:\s+(\d+\.\d+\S*)/m.exec(stdout)?.[1]
  if (!version) throw new Error(`${binary} names no version:\n${stdout}`)
  return version
}

/** Returns whether `version` belongs to `release` (`16.10`) or a later one. */
export function isAtLeast(version: string, release: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = release.split('.').map(Number)
  return major === wantedMajor ? minor >= wantedMinor : major > wantedMajor
}
