import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { localFailure } from '../failure.ts'
import { type GitRun, runGit, tryGit } from './run-git.ts'

/** The working tree as a commit, whose new objects are in a folder of their own. */
export interface Snapshot extends AsyncDisposable {
  readonly root: string
  /** The commit that is checked out; null when there is none yet. */
  readonly head: string | null
  /** The branch that is checked out; null when there is none. */
  readonly branch: string | null
  /** The commit of the tree: `head` itself when nothing was changed. */
  readonly sha: string
  /** How many files differ from `head`. */
  readonly changed: number
  /** Folders that were left out because they are repositories of their own. */
  readonly leftOut: readonly string[]
  /** A folder for what is to be removed with it. */
  readonly temporary: string
  /** Runs git where the new objects are known, and those of earlier runs. */
  readonly git: (args: readonly string[], input?: string) => GitRun
  /** Makes a commit of the same tree without its history. */
  readonly withoutHistory: () => Promise<string>
}

/** What is used where git does not know who the user is. */
const NOBODY = { NAME: 'yardmaster', EMAIL: 'yardmaster@localhost' }
const GITLINK = '160000'

/**
 * Makes a commit of the working tree around a folder: tracked, changed and untracked files, without those that are
 * ignored. Nothing of the repository changes, neither its index nor its objects.
 *
 * @param options.cacheHome - where the new objects stay, so that the next run sends only what is new.
 * @throws Failure when the folder is in no repository, or git can't read it.
 */
export async function takeSnapshot(
  folder: string,
  { cacheHome, signal }: { readonly cacheHome: string; readonly signal: AbortSignal },
): Promise<Snapshot> {
  const at = (args: readonly string[]): GitRun => ({ folder, args, signal })
  const top = await tryGit(at(['rev-parse', '--show-toplevel']))
  if (top === null) {
    throw localFailure(`${folder} is in no working tree of git.`, 'Run it in a checkout, or begin one: git init')
  }
  const root = top.replace(/\r?\n$/, '')
  const ask = async (...args: readonly string[]): Promise<string | null> =>
    (await tryGit({ folder: root, args, signal }))?.trim() || null
  if (((await ask('rev-parse', '--show-object-format')) ?? 'sha1') !== 'sha1') {
    throw localFailure('The repository names its objects by SHA-256, which the server does not take.')
  }
  const [head, branch, index, objects] = await Promise.all([
    ask('rev-parse', '--verify', '--quiet', 'HEAD^{commit}'),
    ask('symbolic-ref', '--quiet', '--short', 'HEAD'),
    ask('rev-parse', '--git-path', 'index'),
    ask('rev-parse', '--git-path', 'objects'),
  ])
  const temporary = await mkdtemp(join(tmpdir(), 'yardmaster-run-'))
  const remove = () => rm(temporary, { recursive: true, force: true })
  try {
    const env = {
      GIT_INDEX_FILE: join(temporary, 'index'),
      GIT_OBJECT_DIRECTORY: (await openCache(cacheHome, root)) ?? join(temporary, 'objects'),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted(resolve(root, objects ?? '.git/objects')),
      ...(await identity(root, signal)),
    }
    await mkdir(env.GIT_OBJECT_DIRECTORY, { recursive: true })
    if (index !== null) await copyIndex(resolve(root, index), env.GIT_INDEX_FILE)
    const git = (args: readonly string[], input?: string): GitRun => ({
      ...{ folder: root, args, env, signal },
      ...(input !== undefined && { input }),
    })
    await runGit(git(['add', '--all']))
    const before = head ?? (await runGit(git(['mktree'], ''))).trim()
    const compare = ['diff-index', '--cached', '--raw', '-z', '--no-renames', '--ignore-submodules=none', before]
    const changes = rawChanges(await runGit(git(compare)))
    const leftOut: string[] = []
    for (const { path, mode } of changes) {
      if (mode !== GITLINK) continue
      // A submodule is in the index of the repository.
      if (await ask('ls-files', '--stage', '--', `:(top,literal)${path}`)) continue
      await runGit(git(['update-index', '--force-remove', '--', path]))
      leftOut.push(path)
    }
    const tree = (await runGit(git(['write-tree']))).trim()
    const isHead = head !== null && tree === (await ask('rev-parse', `${head}^{tree}`))
    const commit = async (parents: readonly string[]): Promise<string> => {
      const title = head === null ? null : await ask('log', '--max-count=1', '--format=%s', head)
      const message = head === null ? 'Working tree' : `Working tree at ${head.slice(0, 8)}: ${title ?? ''}`.trim()
      return (
        await runGit(git(['commit-tree', ...parents.flatMap((parent) => ['-p', parent]), tree], `${message}\n`))
      ).trim()
    }
    const sha = isHead ? head : await commit(head === null ? [] : [head])
    return {
      ...{ root, head, branch, sha, leftOut, temporary, git },
      changed: changes.length - leftOut.length,
      withoutHistory: () => commit([]),
      [Symbol.asyncDispose]: remove,
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Bytes of objects that are kept for later runs of one repository. */
const MOST_CACHED_BYTES = 512 * 1_048_576

/** Opens the folder with the objects of earlier runs; null when nothing can be kept. */
async function openCache(cacheHome: string, root: string): Promise<string | null> {
  const folder = join(cacheHome, 'yardmaster', 'runs', createHash('sha256').update(root).digest('hex').slice(0, 32))
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if ((await sizeOf(folder)) > MOST_CACHED_BYTES) await rm(folder, { recursive: true, force: true })
    return folder
  } catch {
    return null
  }
}

async function sizeOf(folder: string): Promise<number> {
  let size = 0
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) size += (await stat(join(file.parentPath, file.name))).size
  }
  return size
}

/** Keeps the time, by which git sees which files may have changed right after the index was written. */
async function copyIndex(from: string, to: string): Promise<void> {
  const before = await stat(from).catch(() => null)
  // A repository without a commit may have none.
  if (!before) return
  await copyFile(from, to)
  await utimes(to, before.atime, new Date(Math.floor(before.mtimeMs)))
}

async function identity(folder: string, signal: AbortSignal): Promise<Record<string, string>> {
  const known = await Promise.all(
    (['AUTHOR', 'COMMITTER'] as const).map(async (role) => {
      const ident = await tryGit({ folder, args: ['var', `GIT_${role}_IDENT`], signal })
      return ident === null ? Object.entries(NOBODY).map(([part, value]) => [`GIT_${role}_${part}`, value]) : []
    }),
  )
  return Object.fromEntries(known.flat())
}

/** Quotes a path for a list that is separated by colons. */
const quoted = (path: string): string => `"${path.replaceAll(/[\\"]/g, '\\$&')}"`

/** Reads what `git diff-index --raw -z` writes. */
export function rawChanges(raw: string): { readonly path: string; readonly mode: string }[] {
  const parts = raw.split('\0')
  return parts.flatMap((part, position) => {
    const mode = /^:\d{6} (\d{6}) /.exec(part)?.[1]
    return position % 2 === 0 && mode !== undefined ? [{ mode, path: parts[position + 1] ?? '' }] : []
  })
}

/**
 * Returns the commit that the tree is compared with: the one that the server's branch would have before a push. Null
 * when it is not known.
 */
export async function comparedWith({ root, head, git }: Snapshot, signal: AbortSignal): Promise<string | null> {
  if (head === null) return null
  const ask = async (...args: readonly string[]) => (await tryGit({ folder: root, args, signal }))?.trim() || null
  for (const name of ['@{upstream}', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main']) {
    if (!(await ask('rev-parse', '--verify', '--quiet', `${name}^{commit}`))) continue
    const base = (await tryGit(git(['merge-base', name, head])))?.trim()
    if (base) return base
  }
  return head
}

/** Returns the commits of a shallow clone whose parents are missing. */
export async function shallowCommits({ root }: Snapshot, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const path = (await tryGit({ folder: root, args: ['rev-parse', '--git-path', 'shallow'], signal }))?.trim()
  const text = path ? await readFile(resolve(root, path), 'utf8').catch(() => '') : ''
  return new Set(text.split('\n').filter(Boolean))
}
