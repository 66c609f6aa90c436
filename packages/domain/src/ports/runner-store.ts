import type { Manager, ManagerDetails, Runner, RunnerAttributes, RunnerStatus, RunnerType } from '../runners/runner.ts'

export interface NewRunner extends RunnerAttributes {
  readonly runnerType: RunnerType
  readonly registrationType: Runner['registrationType']
  readonly creationState: Runner['creationState']
  readonly name: string | null
  readonly tokenDigest: string
  readonly tokenPrefix: string
  readonly tokenExpiresAt: Date | null
  readonly groupId: number | null
  readonly projectIds: readonly number[]
}

/** A runner with the facts that lists show: the manager seen last and the number of running jobs. */
export interface RunnerOverview extends Runner {
  readonly version: string | null
  readonly executor: string | null
  readonly platform: string | null
  readonly ipAddress: string | null
  readonly runningJobs: number
}

interface RunnerFilter {
  readonly status?: RunnerStatus | undefined
  readonly type?: RunnerType | undefined
  readonly paused?: boolean | undefined
  readonly tag?: string | undefined
  /** Case-insensitive substring of name, description, project path or tag. */
  readonly search?: string | undefined
  /** Only ids below this one (lists start with the newest). */
  readonly before?: number | undefined
  readonly limit: number
}

/** One collected heartbeat. */
export interface Contact {
  readonly runnerId: number
  readonly managerId: number | null
  readonly at: Date
  readonly ipAddress: string | null
  /** When it last polled for work; null or absent when this contact had another purpose. */
  readonly askedAt?: Date | null
}

/** Selects the runners that a job could go to. */
export interface JobScope {
  readonly projectId: number
  readonly protected: boolean
  readonly tags: readonly string[]
}

interface Candidate extends RunnerOverview {
  /** Whether it serves the project at all. */
  readonly inScope: boolean
  /** The features announced by the manager seen last; null if there is no manager. */
  readonly features: Manager['features'] | null
}

export interface RunnerStore {
  /** Stores runner, tags and scope in one transaction. */
  create(runner: NewRunner): Promise<Runner>
  /** Finds an unexpired runner by token, and its manager of that `system_id` if there is one. One statement. */
  authenticate(tokenDigest: string, systemId: string): Promise<{ runner: Runner; manager: Manager | null } | null>
  find(id: number): Promise<RunnerOverview | null>
  /** Returns the newest first. */
  list(filter: RunnerFilter): Promise<RunnerOverview[]>
  /** Returns how many runners a list has in all. */
  count(filter: Omit<RunnerFilter, 'before' | 'limit'>): Promise<number>
  /**
   * Returns the descriptions of these runners, by id; null for one without a description. Removed runners are left out.
   */
  descriptions(ids: readonly number[]): Promise<ReadonlyMap<number, string | null>>
  managers(runnerId: number): Promise<Manager[]>
  update(id: number, changes: Partial<RunnerAttributes>): Promise<Runner | null>
  /**
   * Replaces the token atomically; with `oldDigest`, only if that is still the (unexpired) token. Returns null if it
   * was not, or the runner is gone.
   */
  replaceToken(
    of: { id: number; oldDigest?: string },
    token: { digest: string; prefix: string; expiresAt: Date | null },
  ): Promise<Runner | null>
  /** Returns the digest of the current token, which names its queue value. */
  tokenDigest(id: number): Promise<string | null>
  /** Returns false when the runner changed after `unlessChangedAfter` or is gone. */
  remove(id: number, unlessChangedAfter?: Date): Promise<boolean>
  finishCreation(id: number): Promise<void>
  /** Finds or creates the manager and stores its details; blank details keep the stored ones. Safe in races. */
  seeManager(runnerId: number, systemId: string, details: ManagerDetails, at: Date): Promise<Manager>
  findManager(runnerId: number, systemId: string): Promise<Manager | null>
  /** When the last manager is removed, the runner's `contactedAt` becomes null. */
  removeManager(id: number, unlessChangedAfter?: Date): Promise<boolean>
  /**
   * Removes up to `limit` managers that have been silent since `before` and have no job. Returns how many. The runner's
   * `contactedAt` stays. A manager that is being updated is left for the next call.
   */
  removeSilentManagers(before: Date, limit: number): Promise<number>
  /** Stores collected heartbeats, many in one statement; times never move back. */
  recordContacts(contacts: readonly Contact[]): Promise<void>
  /** Returns false if the project was already assigned. */
  assignProject(id: number, projectId: number): Promise<boolean>
  unassignProject(id: number, projectId: number): Promise<boolean>
  /**
   * Returns token digests of runners in scope, paused or not, that match protection and tags and had contact since
   * `since`.
   */
  digestsFor(scope: JobScope, since: Date): Promise<string[]>
  /**
   * Returns runners for explaining why a job waits: those in scope first, then those that lack fewer tags. At most
   * `limit`.
   */
  candidatesFor(job: Pick<JobScope, 'projectId' | 'tags'>, limit: number): Promise<Candidate[]>
  /** Counts runners by status. */
  countByStatus(): Promise<Record<RunnerStatus, number>>
}
