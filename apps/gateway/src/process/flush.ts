import { open } from 'node:fs/promises'

/** What file systems say that can't flush a directory: some of networks and of user space, and Windows. */
const CANNOT = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EBADF'])

/**
 * Flushes the names in a directory: a file that was made or renamed is durable only after that.
 *
 * @returns `unsupported` when the file system has no such flush; the start says so (`data-dir.ts`).
 */
export async function flushDirectory(path: string): Promise<'flushed' | 'gone' | 'unsupported'> {
  try {
    await using directory = await open(path, 'r')
    await directory.sync()
    return 'flushed'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'gone'
    if (code !== undefined && CANNOT.has(code)) return 'unsupported'
    throw error
  }
}
