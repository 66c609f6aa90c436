import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { git } from './git.ts'

/** The files around a configuration, as a commit of them would have them. */
export interface WorkingTree {
  /** The top folder. */
  readonly root: string
  /** The texts of all files by path, each of which is read when it is asked for. */
  readonly files: Readonly<Record<string, string>>
  /** The texts that were asked for. */
  readonly read: ReadonlyMap<string, string>
  /** The branch that is checked out; null when there is none. */
  readonly branch: string | null
  readonly defaultBranch: string | null
}

/** Folders that are no part of any commit, where there is no git to say so. */
const LEFT_OUT = new Set(['.git', 'node_modules'])
/** Files that are looked at where there is no git. */
const MOST_FILES = 20_000
/** Bytes that are read of a file: more than the compiler takes, so that it is the one that refuses. */
const MOST_BYTES = 4 * 1_048_576

/** Opens the working tree of a folder: what git tracks or would add; without git the files below the folder. */
export async function openWorkingTree(folder: string): Promise<WorkingTree> {
  const [top, branch, remoteHead] = await Promise.all([
    git(folder, 'rev-parse', '--show-toplevel'),
    git(folder, 'symbolic-ref', '--quiet', '--short', 'HEAD'),
    git(folder, 'symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD'),
  ])
  const root = top?.replace(/\r?\n$/, '') || folder
  const listed = top === null ? null : await git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard')
  const read = new Map<string, string>()
  return {
    root,
    files: filesOf(root, listed === null ? walk(root) : listed.split('\0').filter(Boolean), read),
    read,
    branch: branch?.trim() || null,
    defaultBranch: remoteHead?.trim().replace(/^origin\//, '') || null,
  }
}

/** Returns an object of texts by path. A file that is gone has none. */
function filesOf(root: string, paths: Iterable<string>, read: Map<string, string>): Record<string, string> {
  const files: Record<string, string> = Object.create(null)
  const readOnce = (path: string): string | undefined => {
    const known = read.get(path)
    if (known !== undefined) return known
    const text = textOf(join(root, path))
    if (text !== null) read.set(path, text)
    return text ?? undefined
  }
  for (const path of paths) {
    Object.defineProperty(files, path, { enumerable: true, configurable: true, get: () => readOnce(path) })
  }
  return files
}

/** Reads a file as git would store it: of a symbolic link, the place where it leads. */
function textOf(path: string): string | null {
  try {
    const stat = lstatSync(path)
    if (stat.isSymbolicLink()) return readlinkSync(path)
    return stat.isFile() ? firstOf(path) : null
  } catch {
    return null
  }
}

function firstOf(path: string): string {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(Math.min(fstatSync(file).size, MOST_BYTES))
    const length = readSync(file, bytes, 0, bytes.length, 0)
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, length))
  } finally {
    closeSync(file)
  }
}

/** Lists files without following links. */
function walk(root: string): string[] {
  const paths: string[] = []
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined && paths.length < MOST_FILES; folder = folders.pop()) {
    try {
      for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`
        if (!entry.isDirectory()) paths.push(path)
        else if (!LEFT_OUT.has(entry.name)) folders.push(path)
      }
    } catch {
      // A folder that may not be read has nothing for a commit.
    }
  }
  return paths.slice(0, MOST_FILES)
}
