import { open } from 'node:fs/promises'

/** Error codes of file systems that can't flush a directory: some network and user-space ones, and Windows. */
const CANNOT = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EBADF'])

/**
 * Flushes the names in a directory: a created or renamed file is durable only after that.
 *
 * @returns `unsupported` when the file system can't do that; `data-dir.ts` warns of it at start.
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
