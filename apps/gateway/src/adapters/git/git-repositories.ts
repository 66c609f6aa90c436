import { err, ok, type Result } from '@yardmaster/common'
import { type DomainError, limitConcurrency } from '@yardmaster/domain'
import { isRefName } from '@yardmaster/domain/git'
import type {
  CommitPoint,
  FileInRepository,
  Repositories,
  RepositoryOwner,
  RepositoryState,
} from '@yardmaster/domain/ports'
import { explainFailure } from './explain-failure.ts'
import { mirroredOf } from './mirrored-of.ts'
import type { MirrorRefusal, Mirrors, Needed } from './mirrors.ts'
import { COMMIT_FORMAT, readCommit } from './read-commit.ts'
import { type GitAnswer, type GitFailure, runGit } from './run-git.ts'

/** Milliseconds for reading one thing, which a partial mirror may have to fetch first. */
const READ_MS = 60_000
/** Programs that read at the same time. */
const READS_AT_A_TIME = 8
/** One byte more than a configuration may have. */
const MOST_FILE_BYTES = 2_097_153
const MOST_LIST_BYTES = 33_554_432
const MOST_COMMIT_BYTES = 262_144
const MOST_NAME_BYTES = 1_024
/** Bytes. No file of a checkout can have a longer path. */
const LONGEST_PATH = 4_096

const FOLDERS = { branch: 'refs/heads', tag: 'refs/tags', run: 'refs/runs' } as const

const SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

type Away = Extract<DomainError, { kind: 'repository_missing' | 'repository_unavailable' }>
type CommitNotFound = Extract<DomainError, { kind: 'commit_not_found' }>

interface Reading {
  readonly args: readonly string[]
  /** Bytes of the answer. */
  readonly most: number
  /** Whether a longer answer is cut; it is refused otherwise. */
  readonly cut?: boolean
}

/** Reads repositories from mirrors, by git. */
export class GitRepositories implements Repositories {
  readonly #mirrors: Mirrors
  readonly #reads = limitConcurrency(READS_AT_A_TIME)

  constructor(mirrors: Mirrors) {
    this.#mirrors = mirrors
  }

  async resolve(project: RepositoryOwner, { ref, kind = 'branch' }: CommitPoint) {
    if (!isRefName(ref)) return err({ kind: 'ref_not_found' as const, ref })
    const name = `${FOLDERS[kind]}/${ref}^{commit}`
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', name]
    const answer = await this.#ask(project, 'newest', { args, most: MOST_NAME_BYTES })
    if (!answer.ok) return err(away(project, answer.error))
    if (answer.value.ok) return ok(textOf(answer.value.bytes))
    return err(
      hasAnswered(answer.value.failure)
        ? { kind: 'ref_not_found' as const, ref }
        : failed(project, answer.value.failure),
    )
  }

  async commit(project: RepositoryOwner, sha: string) {
    const args = ['log', '--max-count=1', '--encoding=UTF-8', '--no-notes', COMMIT_FORMAT, '--end-of-options', sha]
    const answer = await this.#ofCommit(project, sha, { args, most: MOST_COMMIT_BYTES, cut: true })
    if (!answer.ok) return answer
    return answer.value.ok ? ok(readCommit(answer.value.bytes)) : err(failed(project, answer.value.failure))
  }

  async readFile(project: RepositoryOwner, { sha, path }: FileInRepository) {
    if (!isFilePath(path)) return ok(null)
    const args = ['ls-tree', '-z', '--full-tree', sha, '--', path]
    const entry = await this.#ofCommit(project, sha, { args, most: MOST_LIST_BYTES })
    if (!entry.ok) return entry
    if (!entry.value.ok) return err(failed(project, entry.value.failure))
    const blob = /^\d{6} blob ([0-9a-f]+)\t/.exec(textOf(entry.value.bytes))?.[1]
    if (blob === undefined) return ok(null)
    const answer = await this.#ofCommit(project, sha, {
      args: ['cat-file', 'blob', blob],
      most: MOST_FILE_BYTES,
      cut: true,
    })
    if (!answer.ok) return answer
    return answer.value.ok ? ok(decode(answer.value.bytes)) : err(failed(project, answer.value.failure))
  }

  async listFiles(project: RepositoryOwner, sha: string) {
    return await this.#list(project, sha, ['ls-tree', '-r', '-z', '--name-only', '--full-tree', sha])
  }

  async changedPaths(project: RepositoryOwner, { from, to }: { from: string; to: string }) {
    const missing = await this.#lacks(project, from)
    if (missing) return err(missing)
    return await this.#list(project, to, ['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to, '--'])
  }

  async mergeBase(project: RepositoryOwner, a: string, b: string) {
    const missing = await this.#lacks(project, a)
    if (missing) return err(missing)
    const answer = await this.#ofCommit(project, b, { args: ['merge-base', a, b], most: MOST_NAME_BYTES })
    if (!answer.ok) return answer
    if (answer.value.ok) return ok(textOf(answer.value.bytes))
    const { failure } = answer.value
    return failure.kind === 'failed' && failure.code === 1 ? ok(null) : err(failed(project, failure))
  }

  async state(project: RepositoryOwner): Promise<RepositoryState> {
    const repository = mirroredOf(project)
    const { isThere, isFetching, size, fetchedAt, message } = await this.#mirrors.state(repository)
    const address = repository.access?.address ?? null
    const absent = address === null ? ('missing' as const) : ('waiting' as const)
    const resting = isThere ? ('ready' as const) : absent
    const state = message === null ? resting : ('failed' as const)
    return { address, state: isFetching ? ('fetching' as const) : state, size, fetchedAt, message }
  }

  async refresh(project: RepositoryOwner): Promise<Result<void, Away>> {
    const done = await this.#mirrors.refresh(mirroredOf(project))
    return done.ok ? done : err(away(project, done.error))
  }

  async copies() {
    return await this.#mirrors.ids()
  }

  async removeCopy(projectId: number) {
    await this.#mirrors.remove(projectId)
  }

  async #list(project: RepositoryOwner, sha: string, args: readonly string[]) {
    const answer = await this.#ofCommit(project, sha, { args, most: MOST_LIST_BYTES })
    if (!answer.ok) return answer
    if (answer.value.ok) return ok(pathsIn(answer.value.bytes))
    const { failure } = answer.value
    return failure.kind === 'too_much' ? ok(null) : err(failed(project, failure))
  }

  /** Makes sure that a commit is here; returns why it is not. */
  async #lacks(project: RepositoryOwner, sha: string): Promise<Away | CommitNotFound | null> {
    const found = await this.#ofCommit(project, sha, { args: ['cat-file', '-t', sha], most: MOST_NAME_BYTES })
    if (!found.ok) return found.error
    return found.value.ok ? null : failed(project, found.value.failure)
  }

  async #ofCommit(
    project: RepositoryOwner,
    sha: string,
    reading: Reading,
  ): Promise<Result<GitAnswer, Away | CommitNotFound>> {
    if (!SHA.test(sha)) return err({ kind: 'commit_not_found', sha })
    const answer = await this.#ask(project, { sha }, reading)
    if (answer.ok) return answer
    return err(answer.error.kind === 'no_commit' ? { kind: 'commit_not_found', sha } : away(project, answer.error))
  }

  async #ask(project: RepositoryOwner, needed: Needed, reading: Reading): Promise<Result<GitAnswer, MirrorRefusal>> {
    return await this.#mirrors.use(mirroredOf(project), needed, ({ dir, access }) =>
      this.#reads(() =>
        runGit(this.#mirrors.place, {
          ...{ dir, access, timeMs: READ_MS, signal: this.#mirrors.stopping },
          ...reading,
        }),
      ),
    )
  }
}

/** Whether git has answered that there is no such thing. */
const hasAnswered = (failure: GitFailure): boolean => failure.kind === 'failed'

const failed = ({ id }: RepositoryOwner, failure: GitFailure): Away => ({
  kind: 'repository_unavailable',
  projectId: id,
  reason: explainFailure(failure, READ_MS / 1000),
})

const away = ({ id }: RepositoryOwner, refusal: MirrorRefusal): Away =>
  refusal.kind === 'unavailable'
    ? { kind: 'repository_unavailable', projectId: id, reason: refusal.reason }
    : { kind: 'repository_missing', projectId: id }

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').trim()

const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

/** Names that are not UTF-8 get U+FFFD: no configuration can name them. */
const pathsIn = (bytes: Uint8Array): string[] =>
  Buffer.from(bytes)
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '')

/** Returns whether git may have a file of this path. It gets the path as it is, never as a pattern. */
const isFilePath = (path: string): boolean =>
  path !== '' &&
  Buffer.byteLength(path) <= LONGEST_PATH &&
  !path.includes('\0') &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
