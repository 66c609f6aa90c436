import type { Result } from '@yardmaster/common'
import type { CommitNotFound, RepositoryMissing, RepositoryUnavailable } from '../errors.ts'
import type { RefChange, TellOfPush } from './own-repository-store.ts'
import type { RepositoryOwner } from './repositories.ts'

/** Too many requests are being answered: ask again in a while. */
export interface GitBusy {
  readonly kind: 'git_busy'
}

/** One request of a git client that clones or fetches. */
export interface FetchRequest {
  /** What the client has and wants; null when it asks for the refs. */
  readonly body: AsyncIterable<Uint8Array> | null
  /** The version of the protocol as the client names it, such as `version=2`; null for the oldest. */
  readonly protocol: string | null
  /**
   * The pipeline of the job that asks: its commit is there, under `refs/pipelines/<id>`, which no other caller sees.
   * Null for callers that are no job of the project, who see the newest state.
   */
  readonly pipeline: { readonly id: number; readonly sha: string } | null
  /** Aborts when the client has disconnected. */
  readonly signal: AbortSignal
}

/** A push to the repository of a project that has no address. */
export interface PushRequest {
  /** No two of the same ref; their names were checked. */
  readonly changes: readonly RefChange[]
  /** Whether all changes are made or none. */
  readonly isAtomic: boolean
  /** Whether no commit may be taken from a ref. */
  readonly isProtected: (name: string) => boolean
  readonly tell: TellOfPush
  /** Empty when all changes delete refs. */
  readonly pack: AsyncIterable<Uint8Array>
  /** Aborts when the client has disconnected. */
  readonly signal: AbortSignal
}

/** What came of a push. */
export interface PushOutcome {
  /** Why the pack was refused, for the client; null when it was not. */
  readonly pack: string | null
  /** Why each ref was not changed, by its name; null when it was. */
  readonly refs: ReadonlyMap<string, string | null>
  /** The id of the delivery that tells of the changes; null when there is none. */
  readonly deliveryId: number | null
}

/** Serves repositories to git clients. */
export interface GitServer {
  /**
   * Answers a client that clones or fetches.
   *
   * @param send - passes the answer on as it is made; called once, unless the request is refused.
   * @returns a refusal, also when the answer broke off.
   */
  serveFetch(
    project: RepositoryOwner,
    request: FetchRequest,
    send: (answer: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<Result<void, RepositoryMissing | RepositoryUnavailable | CommitNotFound | GitBusy>>
  /**
   * Stores a push: once this resolves, the refs that were changed are durable, with all that they name.
   *
   * @throws the failure of the pack's source; nothing is changed then.
   */
  receivePush(
    project: RepositoryOwner,
    push: PushRequest,
  ): Promise<Result<PushOutcome, RepositoryUnavailable | GitBusy>>
  /** Joins packs of a project's own repository, of which every push adds one. */
  joinPacks(project: RepositoryOwner): Promise<Result<void, RepositoryMissing | RepositoryUnavailable>>
  /** Removes the objects of a project's own repository that no ref reaches. */
  removeUnreachable(project: RepositoryOwner): Promise<Result<void, RepositoryUnavailable>>
}
