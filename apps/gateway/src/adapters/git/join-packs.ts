import type { StoredPack } from '@yardmaster/domain/ports'
import type { GitFailure, GitPlace } from './run-git.ts'
import { writePack } from './write-pack.ts'

/**
 * Returns the packs that are worth being joined: the smaller ones, up to the first that is more than twice as large as
 * all before it together. So what was joined is joined again only when as much has come, and large packs stay.
 */
export function packsToJoin(packs: readonly StoredPack[]): readonly StoredPack[] {
  const bySize = packs.toSorted((a, b) => a.bytes - b.bytes)
  let bytes = 0
  const end = bySize.findIndex((pack, index) => {
    const isLarge = index > 0 && pack.bytes > 2 * bytes
    bytes += pack.bytes
    return isLarge
  })
  return bySize.slice(0, end === -1 ? bySize.length : end)
}

/**
 * Writes a pack with all objects of several packs of a repository, also those that no ref names.
 *
 * @param names - of the packs in the repository, such as `pack-….pack`.
 */
export async function writeJoined(
  place: GitPlace,
  { dir, names, path, signal }: { dir: string; names: readonly string[]; path: string; signal: AbortSignal },
): Promise<GitFailure | null> {
  return await writePack(place, { dir, path, signal, args: ['--stdin-packs'], lines: names })
}
