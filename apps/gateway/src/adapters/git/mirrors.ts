import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { err, ok, type Result } from '@yardmaster/common'
import { limitConcurrency } from '@yardmaster/domain'
import { isRefName } from '@yardmaster/domain/git'
import { z } from 'zod'
import { explainFailure, isOfServer } from './explain-failure.ts'
import { folderSize } from './folder-size.ts'
import { type GitAccess, NO_ACCESS, REMOTE, type RepositoryAccess, withAccess } from './git-access.ts'
import { type GitCommand, type GitFailure, type GitPlace, runGit, startGit } from './run-git.ts'

/** A repository that this process has a copy of. */
export interface Mirrored {
  readonly projectId: number
  /** Null for the project's own repository, which is here. */
  readonly access: RepositoryAccess | null
  /** Whether contents of files are fetched only when they are read. */
  readonly isPartial: boolean
  readonly defaultBranch: string
}

/** Why a repository can't be used: none is there, or a sentence without secrets. */
export type MirrorRefusal =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unavailable'; readonly reason: string }
  | { readonly kind: 'no_commit' }

/** Brings the copy of a project's own repository up to date; `dir` may not be there yet. */
export type BringUpToDate = (
  repository: Mirrored,
  dir: string,
  signal: AbortSignal,
) => Promise<Result<void, MirrorRefusal>>

/** Which state of a repository is needed: what it is now, any that is here, or any that has a commit. */
export type Needed = 'newest' | 'any' | { readonly sha: string }

/** A copy in use. */
export interface UsedMirror {
  /** The repository for git. */
  readonly dir: string
  /** What git needs to read everything: a partial mirror fetches what it lacks. */
  readonly access: GitAccess
}

export interface MirrorState {
  readonly isThere: boolean
  readonly isFetching: boolean
  /** Bytes on the disk. */
  readonly size: number
  readonly fetchedAt: Date | null
  /** Why the last attempt failed, as a sentence; null when it did not. */
  readonly message: string | null
}

export interface MirrorLimits {
  /** Bytes of one mirror. */
  readonly mostBytes: number
  /** Bytes of all mirrors, above which the ones that were used least recently go. */
  readonly mostBytesTogether: number
  /** Milliseconds that one attempt to fetch may take. */
  readonly fetchMs: number
  /** Milliseconds that a caller waits for it. The attempt goes on. */
  readonly waitMs: number
}

const MIRROR_LIMITS = { fetchMs: 900_000, waitMs: 50_000 } as const

interface Mirror {
  readonly dir: string
  /** Callers that wait for it or read it: it is not evicted. */
  users: number
  /** Those who read it: it is not replaced, for a while. */
  readers: number
  usedAt: number
  size: number
  message: string | null
  /** What the next attempt fetches. */
  wanted: Mirrored | null
  fetching: Promise<MirrorRefusal | null> | null
  next: Promise<MirrorRefusal | null> | null
  /** Whether what a killed process left has been looked for. */
  isTidied: boolean
}

/** What is noted inside a mirror when it is whole. Its file's time is that of the last fetch. */
const About = z.object({ version: z.literal(1), address: z.string(), partial: z.boolean() })
const ABOUT = 'mirror.json'

const HEADS_AND_TAGS = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'] as const
const SIZE_LOOK_MS = 500
/** Milliseconds that a new mirror waits for those who read the one that it replaces. */
const REPLACE_MS = 30_000
/** Milliseconds after which a lock of git belongs to no program that runs. */
const STALE_LOCK_MS = 1_200_000
const FETCHES_AT_A_TIME = 4
/** Packs of a mirror above which they are joined: each fetch adds one. */
const MOST_PACKS = 40
/** Milliseconds for small work in a repository. */
const SMALL_MS = 60_000
const JOIN_MS = 600_000

/**
 * Keeps copies of repositories in a folder, `<project id>.git` for each, and brings them up to date by git. One fetch of
 * a repository runs at a time, and all who ask meanwhile share the next one. A copy is whole or not there: it is made
 * elsewhere and renamed. Objects are never removed from a copy, so that jobs of commits that no ref names still find
 * them.
 *
 * Other processes have copies of their own.
 */
export class Mirrors implements AsyncDisposable {
  readonly place: GitPlace
  readonly #root: string
  readonly #limits: MirrorLimits
  readonly #bringOwn: BringUpToDate
  readonly #known = new Map<number, Mirror>()
  readonly #fetches = limitConcurrency(FETCHES_AT_A_TIME)
  readonly #stopping = new AbortController()
  readonly #work = new Set<Promise<unknown>>()
  #measured: Promise<void> | null = null

  private constructor(root: string, options: MirrorOptions) {
    this.#root = root
    this.#limits = { ...MIRROR_LIMITS, ...options.limits }
    this.#bringOwn = options.bringOwn ?? (async () => err({ kind: 'missing' }))
    this.place = { home: this.temporary, environment: options.environment }
  }

  /** Creates the folder if necessary, and removes what a killed process left unfinished in it. */
  static async open(root: string, options: MirrorOptions): Promise<Mirrors> {
    const mirrors = new Mirrors(root, options)
    await mkdir(root, { recursive: true, mode: 0o700 })
    await rm(mirrors.temporary, { recursive: true, force: true })
    await mkdir(mirrors.temporary, { mode: 0o700 })
    for (const id of await mirrors.ids()) mirrors.#mirror(id)
    return mirrors
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await Promise.allSettled([...this.#work])
  }

  /** A folder for what is unfinished. It is emptied at the start. */
  get temporary(): string {
    return temporaryIn(this.#root)
  }

  /** Aborts when this process stops. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** Returns the ids of the projects that have a copy here. */
  async ids(): Promise<number[]> {
    const names = await readdir(this.#root)
    return names.flatMap((name) => {
      const id = /^([1-9]\d*)\.git$/.exec(name)?.[1]
      return id === undefined ? [] : [Number(id)]
    })
  }

  /**
   * Brings a copy into the needed state and works with it. It is not removed meanwhile.
   *
   * @returns why there is no such state.
   */
  async use<T>(
    repository: Mirrored,
    needed: Needed,
    work: (mirror: UsedMirror) => Promise<T>,
  ): Promise<Result<T, MirrorRefusal>> {
    const mirror = this.#mirror(repository.projectId)
    mirror.users += 1
    try {
      const refusal = await this.#provide(mirror, repository, needed)
      if (refusal) return err(refusal)
      this.#noteUse(mirror)
      mirror.readers += 1
      try {
        return ok(await this.#withAccess(mirror, repository, (access) => work({ dir: mirror.dir, access })))
      } finally {
        mirror.readers -= 1
      }
    } finally {
      mirror.users -= 1
      this.#noteUse(mirror)
    }
  }

  /** Brings a copy up to date. */
  async refresh(repository: Mirrored): Promise<Result<void, MirrorRefusal>> {
    const refusal = await this.#patiently(this.#bringUpToDate(this.#mirror(repository.projectId), repository))
    return refusal ? err(refusal) : ok(undefined)
  }

  async state(repository: Mirrored): Promise<MirrorState> {
    const mirror = this.#mirror(repository.projectId)
    const isOwn = repository.access === null
    const [isThere, fits, fetchedAt] = await Promise.all([
      exists(mirror.dir),
      this.#fits(mirror, repository),
      stat(join(mirror.dir, ABOUT)).then(
        ({ mtime }) => mtime,
        () => null,
      ),
    ])
    const isUsable = isOwn ? isThere && fetchedAt === null : fits
    const isSame = mirror.wanted === null || addressOf(mirror.wanted) === addressOf(repository)
    return {
      isThere: isUsable,
      isFetching: mirror.fetching !== null,
      size: isUsable ? await folderSize(mirror.dir) : 0,
      fetchedAt: isUsable ? fetchedAt : null,
      message: isSame ? mirror.message : null,
    }
  }

  /** Removes the copy of a project that is gone. */
  async remove(projectId: number): Promise<void> {
    const mirror = this.#mirror(projectId)
    await mirror.fetching
    await this.#removeDir(mirror)
    this.#known.delete(projectId)
  }

  #mirror(projectId: number): Mirror {
    const known = this.#known.get(projectId)
    if (known) return known
    const mirror: Mirror = {
      dir: join(this.#root, `${projectId}.git`),
      ...{
        users: 0,
        readers: 0,
        usedAt: 0,
        size: 0,
        message: null,
        wanted: null,
        fetching: null,
        next: null,
        isTidied: false,
      },
    }
    this.#known.set(projectId, mirror)
    return mirror
  }

  async #provide(mirror: Mirror, repository: Mirrored, needed: Needed): Promise<MirrorRefusal | null> {
    if (needed === 'any' && (await this.#isUsable(mirror, repository))) return null
    if (typeof needed === 'string') return await this.#patiently(this.#bringUpToDate(mirror, repository))
    if (await this.#has(mirror, repository, needed.sha)) return null
    const refusal = await this.#patiently(this.#bringUpToDate(mirror, repository))
    if (refusal) return refusal
    if (await this.#has(mirror, repository, needed.sha)) return null
    return await this.#patiently(this.#fetchCommit(mirror, repository, needed.sha))
  }

  /** Waits for a fetch, but not longer than callers can. */
  async #patiently(fetching: Promise<MirrorRefusal | null>): Promise<MirrorRefusal | null> {
    const done = new AbortController()
    const late = pause(this.#limits.waitMs, null, { signal: done.signal, ref: false }).then(
      (): MirrorRefusal => ({
        kind: 'unavailable',
        reason: 'The repository is still being fetched: try again in a moment.',
      }),
      () => null,
    )
    try {
      return await Promise.race([fetching, late])
    } finally {
      done.abort()
    }
  }

  #bringUpToDate(mirror: Mirror, repository: Mirrored): Promise<MirrorRefusal | null> {
    mirror.wanted = repository
    if (mirror.fetching === null) {
      mirror.fetching = this.#keep(this.#attempt(mirror)).finally(() => {
        mirror.fetching = null
      })
      return mirror.fetching
    }
    // The fetch under way may have begun before the caller's commit was there.
    const before = mirror.fetching.catch(() => null)
    mirror.next ??= before.then(() => {
      mirror.next = null
      return this.#bringUpToDate(mirror, mirror.wanted ?? repository)
    })
    return mirror.next
  }

  async #attempt(mirror: Mirror): Promise<MirrorRefusal | null> {
    const refusal = await this.#fetches(async () => {
      const repository = mirror.wanted
      if (this.stopping.aborted || repository === null) return stopped()
      return await this.#fetch(mirror, repository)
    }).catch((error: NodeJS.ErrnoException): MirrorRefusal => {
      if (error.code === undefined) throw error
      return { kind: 'unavailable', reason: `The copy of the repository can’t be written: ${error.code}.` }
    })
    mirror.message = refusal?.kind === 'unavailable' ? refusal.reason : null
    return refusal
  }

  async #fetch(mirror: Mirror, repository: Mirrored): Promise<MirrorRefusal | null> {
    const about = await readAbout(mirror.dir)
    if (repository.access === null) {
      if (about) await this.#removeDir(mirror)
      const brought = await this.#bringOwn(repository, mirror.dir, this.stopping)
      mirror.size = await folderSize(mirror.dir)
      if (!brought.ok) return brought.error
      await this.#evict(mirror)
      return null
    }
    if (await this.#fits(mirror, repository)) {
      await tidy(mirror)
      const failure = await this.#fetchInto(mirror.dir, repository, HEADS_AND_TAGS)
      if (failure === null) {
        await this.#finish(mirror, repository)
        return null
      }
      await tidy(mirror)
      // A copy that is too large or damaged may be smaller or whole when it is made anew.
      if (isOfServer(failure) || failure.kind === 'aborted' || failure.kind === 'too_slow')
        return this.#refused(failure)
    }
    return await this.#make(mirror, repository)
  }

  /** Makes a copy, and lets it take the place of an older one. */
  async #make(mirror: Mirror, repository: Mirrored): Promise<MirrorRefusal | null> {
    const made = join(this.temporary, `${randomUUID()}.git`)
    try {
      const args = ['init', '--bare', '--quiet', '--template=', '--initial-branch=main', made]
      const notMade = await this.#small({ args })
      if (notMade) return this.#refused(notMade)
      await writeFile(join(made, 'config'), configOf(repository))
      const failure = await this.#fetchInto(made, repository, HEADS_AND_TAGS)
      if (failure) return this.#refused(failure)
      const about = { version: 1, address: addressOf(repository), partial: repository.isPartial }
      await writeFlushed(join(made, ABOUT), JSON.stringify(about))
      await idle(mirror, REPLACE_MS, this.stopping)
      await this.#removeDir(mirror)
      await rename(made, mirror.dir)
      mirror.isTidied = true
      await this.#finish(mirror, repository)
      return null
    } finally {
      await rm(made, { recursive: true, force: true })
    }
  }

  async #fetchCommit(mirror: Mirror, repository: Mirrored, sha: string): Promise<MirrorRefusal | null> {
    if (repository.access === null) return { kind: 'no_commit' }
    const failure = await this.#keep(this.#fetches(() => this.#fetchInto(mirror.dir, repository, [sha])))
    if (failure === null) return (await this.#has(mirror, repository, sha)) ? null : { kind: 'no_commit' }
    return isOfServer(failure) || failure.kind !== 'failed' ? this.#refused(failure) : { kind: 'no_commit' }
  }

  /** Fetches into a folder, whose size is looked at meanwhile. */
  async #fetchInto(dir: string, repository: Mirrored, refspecs: readonly string[]): Promise<GitFailure | null> {
    const { access } = repository
    if (access === null) throw new Error('an own repository is not fetched')
    const { mostBytes } = this.#limits
    const all = refspecs === HEADS_AND_TAGS
    const args = [
      ...['fetch', '--quiet', '--force', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'],
      ...['--no-recurse-submodules', '--no-show-forced-updates', '--refmap='],
      ...(all ? ['--prune'] : []),
      ...(repository.isPartial && (await isPartialDir(dir)) ? ['--filter=blob:none'] : []),
      ...['--end-of-options', REMOTE, ...refspecs],
    ]
    return await withAccess(access, this.#files, async (given) => {
      const git = startGit(this.place, {
        args,
        dir,
        access: given,
        timeMs: this.#limits.fetchMs,
        signal: this.stopping,
      })
      git.stdin.end()
      git.stdout.resume()
      const over = new AbortController()
      const looking = endWhenTooLarge(dir, mostBytes, () => git.end('too_much'), over.signal)
      const failure = await git.ended
      over.abort()
      await looking
      return failure ?? ((await folderSize(dir)) > mostBytes ? { kind: 'too_much' } : null)
    })
  }

  /** Does what every fetched copy needs: its default branch, few files, the limit of all copies. */
  async #finish(mirror: Mirror, { defaultBranch }: Mirrored): Promise<void> {
    if (isRefName(defaultBranch)) {
      await this.#small({ args: ['symbolic-ref', 'HEAD', `refs/heads/${defaultBranch}`], dir: mirror.dir })
    }
    await this.#small({ args: ['pack-refs', '--all'], dir: mirror.dir })
    const now = new Date()
    await utimes(join(mirror.dir, ABOUT), now, now)
    if ((await packsIn(mirror.dir)) > MOST_PACKS && !(await isPartialDir(mirror.dir))) {
      // Objects that no ref names stay as well.
      const args = ['repack', '-d', '--geometric=2', '--quiet']
      await this.#small({ args, dir: mirror.dir, timeMs: JOIN_MS })
    }
    mirror.size = await folderSize(mirror.dir)
    this.#noteUse(mirror)
    await this.#evict(mirror)
  }

  /** Removes copies that were not used for long, until all together are small enough. */
  async #evict(kept: Mirror): Promise<void> {
    this.#measured ??= this.#measure()
    await this.#measured
    const { mostBytesTogether } = this.#limits
    const byAge = [...this.#known.values()].sort((a, b) => a.usedAt - b.usedAt)
    let together = byAge.reduce((sum, { size }) => sum + size, 0)
    for (const mirror of byAge) {
      if (together <= mostBytesTogether) return
      const isFree = mirror !== kept && mirror.users === 0 && mirror.fetching === null
      if (!isFree) continue
      together -= mirror.size
      await this.#removeDir(mirror)
    }
  }

  /** Looks at the copies of an earlier process: their sizes, and when they were used. */
  async #measure(): Promise<void> {
    for (const mirror of this.#known.values()) {
      if (mirror.usedAt > 0) continue
      mirror.size = await folderSize(mirror.dir)
      mirror.usedAt ||= (await stat(mirror.dir).catch(() => null))?.mtimeMs ?? 0
    }
  }

  #noteUse(mirror: Mirror): void {
    mirror.usedAt = Date.now()
    const now = new Date(mirror.usedAt)
    this.#keep(utimes(mirror.dir, now, now).catch(() => undefined))
  }

  /** Renames first, so that nothing half removed is taken for a copy. */
  async #removeDir(mirror: Mirror): Promise<void> {
    const removed = join(this.temporary, randomUUID())
    try {
      await rename(mirror.dir, removed)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      throw error
    }
    mirror.size = 0
    await rm(removed, { recursive: true, force: true })
  }

  /** Returns whether a copy is of the repository's present address and has what is needed of it. */
  async #fits(mirror: Mirror, repository: Mirrored): Promise<boolean> {
    const about = await readAbout(mirror.dir)
    return about !== null && about.address === addressOf(repository) && (repository.isPartial || !about.partial)
  }

  async #has(mirror: Mirror, repository: Mirrored, sha: string): Promise<boolean> {
    if (!(await this.#isUsable(mirror, repository))) return false
    return (await this.#small({ args: ['cat-file', '-e', `${sha}^{commit}`], dir: mirror.dir })) === null
  }

  async #isUsable(mirror: Mirror, repository: Mirrored): Promise<boolean> {
    if (repository.access !== null) return await this.#fits(mirror, repository)
    return !(await readAbout(mirror.dir)) && (await exists(mirror.dir))
  }

  async #withAccess<T>(mirror: Mirror, { access }: Mirrored, work: (access: GitAccess) => Promise<T>): Promise<T> {
    if (access === null || !(await isPartialDir(mirror.dir))) return await work(NO_ACCESS)
    return await withAccess(access, this.#files, work)
  }

  async #small(command: Pick<GitCommand, 'args' | 'dir'> & { timeMs?: number }): Promise<GitFailure | null> {
    const answer = await runGit(this.place, { timeMs: SMALL_MS, signal: this.stopping, most: 65_536, ...command })
    return answer.ok ? null : answer.failure
  }

  get #files() {
    return { folder: this.temporary, knownHosts: join(this.#root, 'known_hosts') }
  }

  #refused(failure: GitFailure): MirrorRefusal {
    const mib = Math.floor(this.#limits.mostBytes / 1_048_576)
    const reason =
      failure.kind === 'too_much'
        ? `The repository is too large: MAX_REPOSITORY_MIB allows ${mib} MiB.`
        : explainFailure(failure, this.#limits.fetchMs / 1000)
    return { kind: 'unavailable', reason }
  }

  #keep<T>(work: Promise<T>): Promise<T> {
    const kept = work.finally(() => this.#work.delete(kept))
    // Its failure is for those who wait for it.
    kept.catch(() => undefined)
    this.#work.add(kept)
    return kept
  }
}

export interface MirrorOptions {
  readonly limits: Pick<MirrorLimits, 'mostBytes' | 'mostBytesTogether'> & Partial<MirrorLimits>
  readonly environment: GitPlace['environment']
  readonly bringOwn?: BringUpToDate | undefined
}

/** Returns the folder for what is unfinished. */
export const temporaryIn = (root: string): string => join(root, 'tmp')

const stopped = (): MirrorRefusal => ({ kind: 'unavailable', reason: explainFailure({ kind: 'aborted' }, 0) })

/** Returns what tells addresses apart; no credentials are in it. */
const addressOf = ({ access }: Mirrored): string =>
  access === null ? '' : createHash('sha256').update(access.address).digest('hex')

const configOf = ({ isPartial }: Mirrored): string =>
  isPartial
    ? `[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tpartialClone = ${REMOTE}\n[remote "${REMOTE}"]\n\tpromisor = true\n\tpartialclonefilter = blob:none\n`
    : '[core]\n\trepositoryformatversion = 0\n\tbare = true\n'

async function readAbout(dir: string): Promise<z.infer<typeof About> | null> {
  try {
    return About.parse(JSON.parse(await readFile(join(dir, ABOUT), 'utf8')))
  } catch {
    return null
  }
}

const isPartialDir = async (dir: string): Promise<boolean> =>
  /partialClone/i.test(await readFile(join(dir, 'config'), 'utf8').catch(() => ''))

const packsIn = async (dir: string): Promise<number> =>
  (await readdir(join(dir, 'objects', 'pack')).catch(() => [])).filter((name) => name.endsWith('.pack')).length

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Waits until nobody reads a copy, or for the given time. */
async function idle(mirror: Mirror, mostMs: number, signal: AbortSignal): Promise<void> {
  const end = Date.now() + mostMs
  while (mirror.readers > 0 && Date.now() < end && !signal.aborted) await pause(50)
}

/** Removes what killed programs of git left: parts of packs, and locks that would refuse every later change. */
async function tidy(mirror: Mirror): Promise<void> {
  const isFirst = !mirror.isTidied
  mirror.isTidied = true
  for (const name of await readdir(join(mirror.dir, 'objects', 'pack')).catch(() => [])) {
    if (/^(?:\.?tmp|\.tmp-)/.test(name)) await rm(join(mirror.dir, 'objects', 'pack', name), { force: true })
  }
  const names = await readdir(mirror.dir).catch(() => [])
  const refs = isFirst ? await readdir(join(mirror.dir, 'refs'), { recursive: true }).catch(() => []) : []
  for (const name of [...names, ...refs.map((ref) => join('refs', ref))]) {
    if (!name.endsWith('.lock')) continue
    const path = join(mirror.dir, name)
    const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Date.now())
    if (isFirst || age > STALE_LOCK_MS) await rm(path, { force: true })
  }
}

async function endWhenTooLarge(dir: string, mostBytes: number, end: () => void, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await pause(SIZE_LOOK_MS, undefined, { signal: over }).catch(() => undefined)
    if (over.aborted) return
    if ((await folderSize(dir).catch(() => 0)) > mostBytes) return end()
  }
}

async function writeFlushed(path: string, text: string): Promise<void> {
  await using file = await open(path, 'w', 0o600)
  await file.writeFile(text)
  await file.sync()
}
