import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Returns the bytes of all files in a folder and its folders. What vanishes meanwhile has none. */
export async function folderSize(folder: string): Promise<number> {
  let bytes = 0
  try {
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) bytes += await folderSize(path)
      else bytes += (await stat(path).catch(() => null))?.size ?? 0
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return bytes
}
