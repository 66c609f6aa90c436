import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type GitFailure, type GitPlace, startGit } from './run-git.ts'

/** Milliseconds. */
const WRITE_MS = 600_000

interface PackToWrite {
  readonly dir: string
  /** The file that is made. */
  readonly path: string
  readonly signal: AbortSignal
}

/** Writes a pack of objects of a repository: `args` and `lines` say which, as `git pack-objects` takes them. */
export async function writePack(
  place: GitPlace,
  { dir, path, signal, args, lines }: PackToWrite & { args: readonly string[]; lines: readonly string[] },
): Promise<GitFailure | null> {
  const git = startGit(place, {
    args: ['-c', 'pack.threads=1', 'pack-objects', '--quiet', '--delta-base-offset', '--stdout', ...args],
    dir,
    timeMs: WRITE_MS,
    signal,
  })
  git.stdin.end(lines.map((line) => `${line}\n`).join(''))
  await pipeline(git.stdout, createWriteStream(path, { mode: 0o600 })).catch((error: unknown) => {
    git.end('aborted')
    throw error
  })
  return await git.ended
}

/** Writes a pack of all objects that commits and tags reach. */
export const writeReachable = (
  place: GitPlace,
  { tips, ...pack }: PackToWrite & { readonly tips: readonly string[] },
): Promise<GitFailure | null> => writePack(place, { ...pack, args: ['--revs'], lines: [...new Set(tips)] })
