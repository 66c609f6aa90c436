import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { err, ok, type Result } from '@yardmaster/common'
import { newOpaqueValue } from '@yardmaster/domain'
import type {
  ArtifactStore,
  ObjectStore,
  OwnRepositoryStore,
  PushedChange,
  PushOutcome,
  PushRequest,
  StoredPack,
  StoredRepository,
} from '@yardmaster/domain/ports'
import { feedGit } from './feed-git.ts'
import { packsToJoin, writeJoined } from './join-packs.ts'
import type { Mirrored, MirrorRefusal } from './mirrors.ts'
import { type GitCommand, type GitFailure, type GitPlace, runGit, startGit } from './run-git.ts'
import { writeReachable } from './write-pack.ts'

export interface OwnRepositoryParts {
  readonly store: OwnRepositoryStore
  readonly objects: ObjectStore
  readonly artifacts: Pick<ArtifactStore, 'announce' | 'forget'>
  /** Where git runs, with a folder for what is unfinished as its home. */
  readonly place: GitPlace
  /** Bytes of one repository. */
  readonly mostBytes: number
  /** Bytes of the pack of a working tree. */
  readonly mostRunBytes: number
}

const NOTHING: StoredRepository = { version: 0, removals: 0, bytes: 0, refs: [], packs: [] }
/** The note in a copy of the version that it has. */
const VERSION = 'version'
/** Milliseconds for a pack to arrive and to be checked. */
const PACK_MS = 3_600_000
const SMALL_MS = 60_000
/** Where working trees are pushed to. */
const RUNS = 'refs/runs/'
/** No push takes this long. After this time its pack is deleted as a stray. */
const ABANDONED_MS = 6 * 3_600_000
/** Longer than any program of git runs that may still read a pack that was joined. */
const KEPT_MS = 2 * 3_600_000
/** The end of the name of a mark beside such a pack, whose time says since when. */
const UNUSED = 'unused'
/** Faults of old commits that hosting servers let pass. */
const TOLERATED = 'badTimezone=ignore,missingSpaceBeforeDate=ignore,zeroPaddedFilemode=ignore'
const NO_CHANGES = { names: [], deliveryId: null }
const CHANGED = 'it has changed in the meantime: fetch first'

/**
 * Keeps the repositories of projects without an address: their refs in the database, their packs in the object store.
 * The repository on the disk of a process is a copy, made of these.
 */
export class OwnRepositories {
  readonly #parts: OwnRepositoryParts

  constructor(parts: OwnRepositoryParts) {
    this.#parts = parts
  }

  /** Brings a copy up to date. A new one is made elsewhere and renamed, so that it is whole or not there. */
  async bring(
    { projectId, defaultBranch }: Pick<Mirrored, 'projectId' | 'defaultBranch'>,
    dir: string,
    signal: AbortSignal,
  ): Promise<Result<void, MirrorRefusal>> {
    const { store } = this.#parts
    const present = await readFile(join(dir, VERSION), 'utf8').catch(() => null)
    if (present === stateOf(await store.version(projectId), defaultBranch)) return ok(undefined)
    const stored = await store.find(projectId)
    if (!stored || stored.refs.length === 0) return err({ kind: 'missing' })
    const made = present === null ? join(this.#parts.place.home, `${randomUUID()}.git`) : dir
    try {
      if (present === null) await makeEmpty(made)
      for (const pack of stored.packs) {
        const failure = await this.#fetchPack(made, pack, signal)
        if (failure) return err({ kind: 'unavailable', reason: failure })
      }
      await forgetPacks(made, stored.packs)
      await replace(join(made, 'packed-refs'), packedRefs(stored))
      await replace(join(made, 'HEAD'), `ref: refs/heads/${defaultBranch}\n`)
      await replace(join(made, VERSION), stateOf(stored.version, defaultBranch))
      if (made !== dir) {
        // What a crash or a changed address left there is no copy of this.
        await rm(dir, { recursive: true, force: true })
        await rename(made, dir)
      }
      return ok(undefined)
    } finally {
      if (made !== dir) await rm(made, { recursive: true, force: true })
    }
  }

  /**
   * Takes a push. Its pack is checked beside the repository and stored before a ref names its objects.
   *
   * @param dir - an up to date copy; null when nothing was pushed yet.
   */
  async receive(projectId: number, dir: string | null, push: PushRequest): Promise<PushOutcome> {
    const { store, place, mostBytes, mostRunBytes } = this.#parts
    const stored = (await store.find(projectId)) ?? NOTHING
    const all = (reason: string, ofPack: string | null = null): PushOutcome => ({
      pack: ofPack,
      refs: new Map(push.changes.map(({ name }) => [name, reason])),
      deliveryId: null,
    })
    const quarantine = join(place.home, `${randomUUID()}.git`)
    try {
      await makeEmpty(quarantine)
      if (dir !== null) await writeFile(join(quarantine, 'objects', 'info', 'alternates'), `${join(dir, 'objects')}\n`)
      const added = push.changes.flatMap(({ to }) => (to === null ? [] : [to]))
      let received: { path: string; bytes: number } | null = null
      if (added.length > 0) {
        const isRun = push.changes.every(({ name }) => name.startsWith(RUNS))
        const room = Math.min(mostBytes - stored.bytes, isRun ? mostRunBytes : mostBytes)
        if (room <= 0) return all('the repository is full', `the repository has more than ${mib(mostBytes)}`)
        const failure = await this.#index(quarantine, push, room)
        if (failure) {
          const limit =
            room === mostRunBytes ? `the working tree has more than ${mib(mostRunBytes, 'MAX_RUN_MIB')}` : null
          return all(
            'unpacker error',
            packFailure(failure, limit ?? `the repository would have more than ${mib(mostBytes)}`),
          )
        }
        received = await packIn(quarantine)
      }
      const faults = await this.#check(quarantine, push, stored)
      const refused = push.changes.filter(({ name }) => faults.has(name))
      const good = push.isAtomic && refused.length > 0 ? [] : push.changes.filter(({ name }) => !faults.has(name))
      const made =
        good.length === 0
          ? NO_CHANGES
          : await this.#store(projectId, quarantine, { ...push, changes: good, removals: stored.removals }, received)
      if (made === 'removed') return all('the project has been removed')
      if (made === 'swept') return all('it took too long')
      if (made === 'outdated') return all('the repository was tidied up in the meantime: push again')
      const changed = new Set(made.names)
      const reason = (name: string): string | null => {
        if (changed.has(name)) return null
        const fault = faults.get(name)
        if (fault !== undefined) return fault
        return push.isAtomic ? 'atomic push failed' : CHANGED
      }
      const refs = new Map(push.changes.map(({ name }) => [name, reason(name)]))
      return { pack: null, refs, deliveryId: made.deliveryId }
    } finally {
      await rm(quarantine, { recursive: true, force: true })
    }
  }

  /**
   * Joins packs in the object store. Of two processes that do so at the same time one succeeds.
   *
   * @param dir - an up to date copy.
   */
  async join(projectId: number, dir: string, signal: AbortSignal): Promise<GitFailure | null> {
    const { store, place } = this.#parts
    const there = new Set(await readdir(join(dir, 'objects', 'pack')))
    const packs = (await store.find(projectId))?.packs.filter(({ key }) => there.has(`${nameOf(key)}.pack`)) ?? []
    const others = packsToJoin(packs).map(({ key }) => key)
    if (others.length < 2) return null
    const path = join(place.home, `${randomUUID()}.pack`)
    try {
      const names = others.map((key) => `${nameOf(key)}.pack`)
      const failure = await writeJoined(place, { dir, names, path, signal })
      if (failure) return failure
      const { size: bytes } = await stat(path)
      const key = await this.#keep(projectId, path)
      const keepUntil = new Date(Date.now() + KEPT_MS)
      if (!(await store.join(projectId, { others, pack: { key, bytes }, keepUntil }))) await this.#drop(key)
      return null
    } finally {
      await rm(path, { force: true })
    }
  }

  /**
   * Writes the objects that refs reach into one pack in the object store, and lets all others go. When something is pushed
   * meanwhile, nothing is changed.
   *
   * @param dir - an up to date copy; null when there is none because no ref is left.
   */
  async removeUnreachable(projectId: number, dir: string | null, signal: AbortSignal): Promise<GitFailure | null> {
    const { store, place } = this.#parts
    const stored = await store.find(projectId)
    if (!stored) return null
    const keepUntil = new Date(Date.now() + KEPT_MS)
    const { version, refs } = stored
    if (refs.length === 0 || dir === null) {
      if (refs.length === 0) await store.replacePacks(projectId, { version, pack: null, keepUntil })
      return null
    }
    const path = join(place.home, `${randomUUID()}.pack`)
    try {
      const failure = await writeReachable(place, { dir, tips: refs.map(({ sha }) => sha), path, signal })
      if (failure) return failure
      const { size: bytes } = await stat(path)
      const key = await this.#keep(projectId, path)
      if (!(await store.replacePacks(projectId, { version, pack: { key, bytes }, keepUntil }))) await this.#drop(key)
      return null
    } finally {
      await rm(path, { force: true })
    }
  }

  async #index(quarantine: string, push: PushRequest, room: number): Promise<GitFailure | null> {
    const git = startGit(this.#parts.place, {
      args: ['index-pack', '--stdin', `--strict=${TOLERATED}`, '--fix-thin', `--max-input-size=${room}`],
      dir: quarantine,
      timeMs: PACK_MS,
      signal: push.signal,
    })
    git.stdout.resume()
    await feedGit(git, push.pack)
    return await git.ended
  }

  /** Returns why refs can't be changed: what they name has to be there whole, and branches name commits. */
  async #check(
    quarantine: string,
    { changes, isProtected }: PushRequest,
    { refs }: StoredRepository,
  ): Promise<Map<string, string>> {
    const faults = new Map<string, string>()
    const known = new Map(refs.map(({ name, sha }) => [name, sha]))
    for (const { name, from } of changes) if ((known.get(name) ?? null) !== from) faults.set(name, CHANGED)
    for (const name of conflicts(known.keys(), changes))
      faults.set(name, 'the name of another ref begins with it, or it with that')
    const added = changes.filter(({ to }) => to !== null)
    const types = await this.#run(
      quarantine,
      ['cat-file', '--batch-check=%(objecttype)'],
      added.map(({ to }) => to),
    )
    const lines = types.ok ? types.bytes.toString('latin1').split('\n') : []
    for (const [index, { name, to }] of added.entries()) {
      const type = lines[index] ?? ''
      const isThere = /^(?:commit|tag|tree|blob)$/.test(type)
      if (!isThere) faults.set(name, 'missing necessary objects')
      else if (!name.startsWith('refs/tags/') && type !== 'commit') faults.set(name, 'a branch has to name a commit')
      else if (!(await this.#isWhole(quarantine, to as string, refs))) faults.set(name, 'missing necessary objects')
    }
    for (const { name, from, to } of changes) {
      if (from === null || faults.has(name) || !isProtected(name)) continue
      if (to === null) faults.set(name, 'a protected ref is not removed by a push')
      else if (!(await this.#contains(quarantine, to, from))) faults.set(name, 'a protected ref takes no forced push')
    }
    return faults
  }

  async #isWhole(quarantine: string, sha: string, refs: StoredRepository['refs']): Promise<boolean> {
    // What another push has brought since the copy was made up to date may be missing here.
    const known = [...new Set(refs.map((ref) => `^${ref.sha}`))]
    // Git reads its input as soon as it comes to `--stdin`: what it ignores has to be said before.
    const args = ['rev-list', '--objects', '--quiet', '--ignore-missing', '--stdin']
    const answer = await this.#run(quarantine, args, [sha, ...known], PACK_MS)
    return answer.ok
  }

  /** Returns whether a commit is an ancestor of another one, or the same. */
  async #contains(quarantine: string, sha: string, ancestor: string): Promise<boolean> {
    return (await this.#run(quarantine, ['merge-base', '--is-ancestor', ancestor, sha], [])).ok
  }

  /** Finds the commits that tags name. */
  async #withCommits(quarantine: string, changes: PushRequest['changes']): Promise<PushedChange[]> {
    const answer = await this.#run(
      quarantine,
      ['cat-file', '--batch-check=%(objectname)'],
      changes.map(({ to }) => `${to}^{commit}`),
    )
    const lines = answer.ok ? answer.bytes.toString('latin1').split('\n') : []
    return changes.map((change, index) => {
      const line = lines[index] ?? ''
      return { ...change, commit: /^[0-9a-f]{40}$/.test(line) ? line : null }
    })
  }

  async #store(
    projectId: number,
    quarantine: string,
    {
      changes: asked,
      ...push
    }: Pick<PushRequest, 'changes' | 'isAtomic' | 'tell'> & Pick<StoredRepository, 'removals'>,
    received: { path: string; bytes: number } | null,
  ): ReturnType<OwnRepositoryStore['push']> {
    const { store } = this.#parts
    const changes = await this.#withCommits(quarantine, asked)
    if (!received) return await store.push(projectId, { ...push, changes, pack: null })
    const key = await this.#keep(projectId, received.path)
    // When this fails, it is unknown whether the pack is named: it must stay.
    const made = await store.push(projectId, { ...push, changes, pack: { key, bytes: received.bytes } })
    if (typeof made === 'string' || made.names.length === 0) {
      await this.#drop(key)
    }
    return made
  }

  /** Returns why a pack can't be had, as a sentence; null when it is there. */
  async #fetchPack(dir: string, { key }: StoredPack, signal: AbortSignal): Promise<string | null> {
    const name = nameOf(key)
    const folder = join(dir, 'objects', 'pack')
    if ((await readdir(folder)).includes(`${name}.idx`)) return null
    const unfinished = join(this.#parts.place.home, randomUUID())
    const [pack, index] = [`${unfinished}.pack`, `${unfinished}.idx`]
    try {
      const body = await this.#parts.objects.get(key)
      if (!body) return 'A part of the repository is missing in the object store.'
      await pipeline(body, createWriteStream(pack, { mode: 0o400 }), { signal })
      const args = ['index-pack', '-o', index, pack]
      const indexed = await runGit(this.#parts.place, { args, dir, timeMs: PACK_MS, signal, most: 65_536 })
      if (!indexed.ok) return 'A part of the repository in the object store is damaged.'
      // Git looks for the index first.
      await rename(pack, join(folder, `${name}.pack`))
      await rename(index, join(folder, `${name}.idx`))
      return null
    } finally {
      for (const path of [pack, index]) await rm(path, { force: true })
    }
  }

  /** Stores a pack as a stray, and returns its key. */
  async #keep(projectId: number, path: string): Promise<string> {
    const key = `repositories/${projectId}/${newOpaqueValue()}.pack`
    await this.#parts.artifacts.announce([key], new Date(Date.now() + ABANDONED_MS))
    await this.#parts.objects.put(key, createReadStream(path))
    return key
  }

  async #drop(key: string): Promise<void> {
    await this.#parts.objects.delete([key])
    await this.#parts.artifacts.forget([key])
  }

  async #run(dir: string, args: readonly string[], lines: readonly (string | null)[], timeMs = SMALL_MS) {
    const command: GitCommand = { args, dir, timeMs }
    return await runGit(this.#parts.place, { ...command, most: 1_048_576, input: `${lines.join('\n')}\n` })
  }
}

/** Returns the name that a pack has in copies, without its end. */
const nameOf = (key: string): string => `pack-${createHash('sha1').update(key).digest('hex')}`

/** Removes packs that were joined from a copy, once no program of git can have begun before that. */
async function forgetPacks(dir: string, packs: readonly StoredPack[]): Promise<void> {
  const listed = new Set(packs.map(({ key }) => nameOf(key)))
  const folder = join(dir, 'objects', 'pack')
  for (const file of await readdir(folder)) {
    const name = /^(pack-[0-9a-f]{40})\.pack$/.exec(file)?.[1]
    if (name === undefined || listed.has(name)) continue
    const mark = join(folder, `${name}.${UNUSED}`)
    const since = (await stat(mark).catch(() => null))?.mtimeMs
    if (since === undefined) await writeFile(mark, '')
    else if (since < Date.now() - KEPT_MS) {
      // The index first, so that no program opens the pack.
      for (const end of ['idx', 'rev', 'pack', UNUSED]) await rm(join(folder, `${name}.${end}`), { force: true })
    }
  }
}

const stateOf = (version: number | null, defaultBranch: string): string => `${version} ${defaultBranch}`

async function makeEmpty(dir: string): Promise<void> {
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
    await mkdir(join(dir, folder), { recursive: true, mode: 0o700 })
  }
  await writeFile(join(dir, 'HEAD'), 'ref: refs/heads/main\n')
  await writeFile(join(dir, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n')
}

/** All refs in one file, which is replaced as a whole: readers see all changes of a push or none. */
const packedRefs = ({ refs }: StoredRepository): string =>
  `# pack-refs with: sorted \n${refs.map(({ name, sha }) => `${sha} ${name}\n`).join('')}`

async function replace(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
  await rename(draft, path)
}

/** Returns the pack that was received; null when it has no objects. */
async function packIn(quarantine: string): Promise<{ path: string; bytes: number } | null> {
  const folder = join(quarantine, 'objects', 'pack')
  const name = (await readdir(folder)).find((one) => one.endsWith('.pack'))
  if (name === undefined) return null
  await using file = await open(join(folder, name))
  const { buffer } = await file.read(Buffer.alloc(12), 0, 12, 0)
  const { size } = await file.stat()
  return buffer.readUInt32BE(8) === 0 ? null : { path: join(folder, name), bytes: size }
}

/** Returns the new refs that would be folders of others, or have others as folders: no file system could have both. */
function conflicts(known: Iterable<string>, changes: PushRequest['changes']): string[] {
  const after = new Set(known)
  for (const { name, to } of changes) if (to === null) after.delete(name)
  for (const { name, to } of changes) if (to !== null) after.add(name)
  const folders = new Set([...after].flatMap(foldersOf))
  return changes
    .filter(({ name, to }) => to !== null && (folders.has(name) || foldersOf(name).some((folder) => after.has(folder))))
    .map(({ name }) => name)
}

/** Returns the names of which a ref's name is a part: `refs/heads/a` of `refs/heads/a/b`. */
function foldersOf(name: string): string[] {
  const parts = name.split('/')
  return parts.slice(3).map((_, index) => parts.slice(0, index + 3).join('/'))
}

const mib = (bytes: number, setting = 'MAX_REPOSITORY_MIB'): string =>
  `${Math.floor(bytes / 1_048_576)} MiB (${setting})`

/** @param tooLarge - what is said of a pack that is. */
function packFailure(failure: GitFailure, tooLarge: string): string {
  if (failure.kind === 'not_installed') return 'git is not installed on this server'
  if (failure.kind !== 'failed') return 'it took too long or too much'
  if (/exceeds maximum allowed size/.test(failure.said)) return tooLarge
  const line = failure.said.split('\n').find((one) => /^(?:fatal|error):/.test(one)) ?? 'the pack is damaged'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a client decides what git says.
  return line.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 300)
}
