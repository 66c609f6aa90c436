import { statfsSync } from 'node:fs'
import type { Config } from '../config.ts'
import { type Explain, messageOf } from './start-error.ts'
import { codeOf, findCause, isDiskFull } from './system-errors.ts'

/** Explains a failure of the embedded database in this directory. */
export function embeddedFailure(dir: string, error: unknown): string | null {
  // Embedded Postgres reports every cause with the same message, that it did not start.
  if (isDiskFull(error) || (/failed to initialize/.test(messageOf(error)) && hasNoRoom(dir))) return diskFull(dir)
  return fileFailure(dir, error)
}

/** To start, the embedded database needs room for a segment of its write-ahead log, 16 MiB. */
const ROOM_BYTES = 16 * 1_048_576

function hasNoRoom(dir: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dir)
    return bavail * bsize < ROOM_BYTES
  } catch {
    return false
  }
}

const diskFull = (path: string): string =>
  `The disk is full: nothing can be written to ${path} (DATA_DIR). Make room, or choose another DATA_DIR`

const FILES: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read or write it; change its owner or mode',
  EPERM: 'this user may not read or write it; change its owner or mode',
  EROFS: 'it is on a disk that is mounted read-only',
  ENOTDIR: 'there is a file where a directory should be; move it away',
  EEXIST: 'there is a file where a directory should be; move it away',
  EISDIR: 'there is a directory where a file should be; move it away',
  EMFILE: 'this process may not open more files; raise its limit (ulimit -n)',
  ENFILE: 'the system may not open more files',
  EIO: 'the disk reports an error',
  ENOENT: 'it is gone',
  ENAMETOOLONG: 'its path is too long',
  ELOOP: 'its path has a loop of symbolic links',
}

function fileFailure(path: string, error: unknown): string | null {
  const found = findCause(error, (cause) => FILES[String(codeOf(cause))] !== undefined)
  if (!found) return null
  const named = 'path' in found && typeof found.path === 'string' ? found.path : path
  return `${named} (DATA_DIR) can’t be used: ${FILES[String(codeOf(found))]}`
}

/** Explains failures with files in `DATA_DIR`. */
export function dataDirFailure({ dataDir }: Pick<Config, 'dataDir'>): Explain {
  return (error) => {
    if (isDiskFull(error)) return diskFull(dataDir)
    const ofFile = fileFailure(dataDir, error)
    if (ofFile !== null) return ofFile
    return error instanceof Error && error.name === 'DataDirError' ? error.message : null
  }
}
