import { open } from 'node:fs/promises'

/** What file systems say that can't flush a directory: some of networks and of user space, and Windows. */
const CANNOT = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EBADF'])

/**
 * Flushes the names in a directory: a file that was made or renamed is durable only after that.
 *
 * @returns false when the file system has no such flush; the start says so (`data-dir.ts`). True when the directory is gone.
 */
export async function flushDirectory(path: string): Promise<boolean> {
  try {
    await using directory = await open(path, 'r')
    await directory.sync()
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return true
    if (code !== undefined && CANNOT.has(code)) return false
    throw error
  }
}
