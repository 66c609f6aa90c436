import { statfsSync } from 'node:fs'
import type { Config } from '../config.ts'
import { type Explain, messageOf } from './start-error.ts'
import { codeOf, findCause, isDiskFull } from './system-errors.ts'

/** For the embedded database in this directory. */
export function embeddedFailure(dir: string, error: unknown): string | null {
  // Postgres inside this process says only that it did not start, whatever kept it from that.
  if (isDiskFull(error) || (/failed to initialize/.test(messageOf(error)) && hasNoRoom(dir))) return diskFull(dir)
  return fileFailure(dir, error)
}

/** The embedded database needs a segment of its log, of 16 MiB, to start. */
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
  EIO: 'the disk does not work',
  ENOENT: 'it is gone',
  ENAMETOOLONG: 'its path is too long',
  ELOOP: 'its path leads in a circle',
}

function fileFailure(path: string, error: unknown): string | null {
  const found = findCause(error, (cause) => FILES[String(codeOf(cause))] !== undefined)
  if (!found) return null
  const named = 'path' in found && typeof found.path === 'string' ? found.path : path
  return `${named} (DATA_DIR) can’t be used: ${FILES[String(codeOf(found))]}`
}

/** For what is done with files in `DATA_DIR`. */
export function dataDirFailure({ dataDir }: Pick<Config, 'dataDir'>): Explain {
  return (error) => {
    if (isDiskFull(error)) return diskFull(dataDir)
    const ofFile = fileFailure(dataDir, error)
    if (ofFile !== null) return ofFile
    return error instanceof Error && error.name === 'DataDirError' ? error.message : null
  }
}
