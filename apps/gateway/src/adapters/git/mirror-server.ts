import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok, type Result } from '@yardmaster/common'
import type { DomainError } from '@yardmaster/domain'
import type {
  FetchRequest,
  GitBusy,
  GitServer,
  PushOutcome,
  PushRequest,
  RepositoryOwner,
} from '@yardmaster/domain/ports'
import { explainFailure } from './explain-failure.ts'
import { feedGit } from './feed-git.ts'
import { mirroredOf } from './mirrored-of.ts'
import type { Mirrors, Needed } from './mirrors.ts'
import type { OwnRepositories } from './own-repositories.ts'
import { Places } from './places.ts'
import { type GitFailure, runGit, startGit } from './run-git.ts'

/** Milliseconds for the refs, and for the objects: the client decides how fast it takes them. */
const REFS_MS = 60_000
const OBJECTS_MS = 3_600_000
const SMALL_MS = 60_000
/** Programs of git that answer clients at the same time, and requests that wait for one of them. */
const PLACES = { most: 32, mostWaiting: 1_000, waitMs: 1_800_000 }
/** The same for pushes, which are checked object by object. */
const PUSHES = { most: 4, mostWaiting: 200, waitMs: 600_000 }
/** Refs of pipelines that stay in a mirror; one that goes comes back when a job asks. */
const MOST_PIPELINES = 1_000
/** New refs of pipelines between two looks at their number. */
const LOOK_EVERY = 100
/** What git exits with after it told the client what is wrong. */
const TOLD = 128
const NOT_AVAILABLE = 'The repository is not available.'
const PROTOCOL = /^[A-Za-z0-9=.:-]{1,100}$/

type Refusal =
  | Extract<DomainError, { kind: 'repository_missing' | 'repository_unavailable' | 'commit_not_found' }>
  | GitBusy

/** Serves mirrors by `git upload-pack`, and passes pushes on to the repositories that are kept here. */
export class MirrorServer implements GitServer {
  readonly #mirrors: Mirrors
  readonly #own: OwnRepositories
  readonly #places = new Places(PLACES)
  readonly #pushes = new Places(PUSHES)
  /** What names pipelines in a mirror, one after the other: git locks refs and does not wait. */
  readonly #naming = new Map<string, Promise<GitFailure | null>>()
  #named = 0

  constructor(mirrors: Mirrors, own: OwnRepositories) {
    this.#mirrors = mirrors
    this.#own = own
  }

  async serveFetch(
    project: RepositoryOwner,
    request: FetchRequest,
    send: (answer: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<Result<void, Refusal>> {
    const { pipeline } = request
    const repository = { ...mirroredOf(project), isPartial: false }
    const needed: Needed = pipeline ? { sha: pipeline.sha } : request.body === null ? 'newest' : 'any'
    const unavailable = (failure: GitFailure, ms: number): Refusal => ({
      kind: 'repository_unavailable',
      projectId: project.id,
      reason: explainFailure(failure, ms / 1000),
    })
    const served = await this.#mirrors.use(repository, needed, async ({ dir }): Promise<Refusal | null> => {
      using place = await this.#places.take(request.signal)
      if (!place) return { kind: 'git_busy' }
      const unnamed = pipeline ? await this.#name(dir, pipeline) : null
      if (unnamed) return unavailable(unnamed, SMALL_MS)
      const failure = await this.#upload(dir, request, send)
      const isTold = failure?.kind === 'failed' && failure.code === TOLD
      return failure && !isTold ? unavailable(failure, OBJECTS_MS) : null
    })
    if (served.ok) return served.value === null ? ok(undefined) : err(served.value)
    const { error } = served
    if (error.kind === 'missing') return err({ kind: 'repository_missing', projectId: project.id })
    if (error.kind === 'no_commit') return err({ kind: 'commit_not_found', sha: pipeline?.sha ?? '' })
    return err({ kind: 'repository_unavailable', projectId: project.id, reason: error.reason })
  }

  async receivePush(
    project: RepositoryOwner,
    push: PushRequest,
  ): Promise<Result<PushOutcome, Extract<Refusal, { kind: 'repository_unavailable' }> | GitBusy>> {
    const repository = mirroredOf(project)
    using place = await this.#pushes.take(push.signal)
    if (!place) return err({ kind: 'git_busy' })
    const received = await this.#mirrors.use(repository, 'newest', ({ dir }) =>
      this.#own.receive(project.id, dir, push),
    )
    if (received.ok) return ok(received.value)
    const { error } = received
    if (error.kind === 'missing') return ok(await this.#own.receive(project.id, null, push))
    const reason = error.kind === 'unavailable' ? error.reason : NOT_AVAILABLE
    return err({ kind: 'repository_unavailable', projectId: project.id, reason })
  }

  async joinPacks(
    project: RepositoryOwner,
  ): Promise<Result<void, Extract<Refusal, { kind: 'repository_missing' | 'repository_unavailable' }>>> {
    const joined = await this.#mirrors.use(mirroredOf(project), 'newest', ({ dir }) =>
      this.#own.join(project.id, dir, this.#mirrors.stopping),
    )
    const unavailable = (reason: string) =>
      err({ kind: 'repository_unavailable' as const, projectId: project.id, reason })
    if (joined.ok)
      return joined.value === null ? ok(undefined) : unavailable(explainFailure(joined.value, OBJECTS_MS / 1000))
    return joined.error.kind === 'unavailable'
      ? unavailable(joined.error.reason)
      : err({ kind: 'repository_missing', projectId: project.id })
  }

  async removeUnreachable(
    project: RepositoryOwner,
  ): Promise<Result<void, Extract<Refusal, { kind: 'repository_unavailable' }>>> {
    const remove = (dir: string | null) => this.#own.removeUnreachable(project.id, dir, this.#mirrors.stopping)
    const used = await this.#mirrors.use(mirroredOf(project), 'newest', ({ dir }) => remove(dir))
    const isEmpty = !used.ok && used.error.kind === 'missing'
    const removed = isEmpty ? ok(await remove(null)) : used
    const unavailable = (reason: string) =>
      err({ kind: 'repository_unavailable' as const, projectId: project.id, reason })
    if (removed.ok)
      return removed.value === null ? ok(undefined) : unavailable(explainFailure(removed.value, OBJECTS_MS / 1000))
    return unavailable(removed.error.kind === 'unavailable' ? removed.error.reason : NOT_AVAILABLE)
  }

  async #upload(
    dir: string,
    { body, protocol, pipeline: asking, signal }: FetchRequest,
    send: (answer: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<GitFailure | null> {
    const shown = ['refs/heads', 'refs/tags', ...(asking ? [`refs/pipelines/${asking.id}`] : [])]
    const settings = [
      'uploadpack.allowAnySHA1InWant=true',
      'uploadpack.allowFilter=true',
      // A program takes one processor, so that many get on side by side.
      'pack.threads=1',
      'transfer.hideRefs=refs',
      ...shown.map((ref) => `transfer.hideRefs=!${ref}`),
    ]
    const git = startGit(this.#mirrors.place, {
      args: [
        ...settings.flatMap((setting) => ['-c', setting]),
        ...['upload-pack', '--strict', '--stateless-rpc', ...(body === null ? ['--advertise-refs'] : []), dir],
      ],
      environment: protocol !== null && PROTOCOL.test(protocol) ? { GIT_PROTOCOL: protocol } : {},
      timeMs: body === null ? REFS_MS : OBJECTS_MS,
      signal: AbortSignal.any([signal, this.#mirrors.stopping]),
    })
    if (body === null) git.stdin.end()
    const feeding = body === null ? Promise.resolve() : feedGit(git, body)
    // Its failure is for the end, when the answer has been dealt with.
    feeding.catch(() => undefined)
    try {
      await send(git.stdout)
      await feeding
    } finally {
      // Nothing reads its answer any more, unless it has ended.
      git.stdout.destroy()
      if (!git.stdout.readableEnded) git.end('aborted')
    }
    return await git.ended
  }

  /** Gives the commit of a pipeline the ref by which a runner fetches it. */
  async #name(dir: string, { id, sha }: { id: number; sha: string }): Promise<GitFailure | null> {
    const isNamed = async () =>
      (await readFile(join(dir, 'refs', 'pipelines', String(id)), 'latin1').catch(() => '')).trim() === sha
    if (await isNamed()) return null
    const name = async () => {
      if (await isNamed()) return null
      this.#named += 1
      if (this.#named % LOOK_EVERY === 0) await this.#forgetOld(dir)
      return await this.#small(dir, ['update-ref', `refs/pipelines/${id}`, sha])
    }
    const before = this.#naming.get(dir) ?? Promise.resolve(null)
    const naming = before.then(name, name)
    this.#naming.set(dir, naming)
    try {
      return await naming
    } finally {
      if (this.#naming.get(dir) === naming) this.#naming.delete(dir)
    }
  }

  async #forgetOld(dir: string): Promise<void> {
    const args = ['for-each-ref', '--sort=-version:refname', '--format=delete %(refname)', 'refs/pipelines/']
    const listed = await runGit(this.#mirrors.place, { args, dir, timeMs: SMALL_MS, most: 16_777_216 })
    if (!listed.ok) return
    const old = listed.bytes.toString('latin1').split('\n').slice(MOST_PIPELINES)
    if (old.length > 1) await this.#small(dir, ['update-ref', '--stdin'], old.join('\n'))
  }

  async #small(dir: string, args: readonly string[], input?: string): Promise<GitFailure | null> {
    const answer = await runGit(this.#mirrors.place, { args, dir, timeMs: SMALL_MS, most: 65_536, input })
    return answer.ok ? null : answer.failure
  }
}
