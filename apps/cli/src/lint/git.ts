import { execFile } from 'node:child_process'
import { childEnvironment } from '../environment.ts'

const LARGEST_OUTPUT = 256 * 1_048_576
const TIMEOUT_MS = 10_000

/** Runs `git` without anything of the repository that could start a program. Returns null when it fails. */
export const git = (folder: string, ...args: readonly string[]): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(
      'git',
      ['-C', folder, '-c', 'core.fsmonitor=false', ...args],
      { encoding: 'utf8', maxBuffer: LARGEST_OUTPUT, timeout: TIMEOUT_MS, env: childEnvironment() },
      (error, stdout) => resolve(error ? null : stdout),
    )
  })
