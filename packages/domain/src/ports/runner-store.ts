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

/** A runner with what lists show of it: the manager seen last, and how many jobs it runs. */
export interface RunnerOverview extends Runner {
  readonly version: string | null
  readonly executor: string | null
  readonly platform: string | null
  readonly ipAddress: string | null
  readonly runningJobs: number
}

export interface RunnerFilter {
  readonly status?: RunnerStatus | undefined
  readonly type?: RunnerType | undefined
  readonly paused?: boolean | undefined
  readonly tag?: string | undefined
  /** Case-insensitive substring of name, description, project path or tag. */
  readonly search?: string | undefined
  /** Ids below this one only (lists run from the newest). */
  readonly before?: number | undefined
  readonly limit: number
}

/** One collected heartbeat. */
export interface Contact {
  readonly runnerId: number
  readonly managerId: number | null
  readonly at: Date
  readonly ipAddress: string | null
  /** When it came to ask for work; null or absent: this contact was about something else. */
  readonly askedAt?: Date | null
}

/** Which runners a job could go to. */
export interface JobScope {
  readonly projectId: number
  readonly protected: boolean
  readonly tags: readonly string[]
}

export interface Candidate extends RunnerOverview {
  /** Whether it serves the project at all. */
  readonly inScope: boolean
  /** What its manager seen last announced; null if it has none. */
  readonly features: Manager['features'] | null
}

export interface RunnerStore {
  /** Runner, tags and scope in one transaction. */
  create(runner: NewRunner): Promise<Runner>
  /** By token, unless it has expired, with the manager of that `system_id` if there is one. One statement. */
  authenticate(tokenDigest: string, systemId: string): Promise<{ runner: Runner; manager: Manager | null } | null>
  find(id: number): Promise<RunnerOverview | null>
  /** Newest first. */
  list(filter: RunnerFilter): Promise<RunnerOverview[]>
  /** What people call these runners, by id; null where nobody gave a description. Removed ones are left out. */
  descriptions(ids: readonly number[]): Promise<ReadonlyMap<number, string | null>>
  managers(runnerId: number): Promise<Manager[]>
  update(id: number, changes: Partial<RunnerAttributes>): Promise<Runner | null>
  /**
   * The new token replaces the old one atomically: with `oldDigest`, only if that is still the (unexpired) token. Null
   * if it was not, or the runner is gone.
   */
  replaceToken(
    of: { id: number; oldDigest?: string },
    token: { digest: string; prefix: string; expiresAt: Date | null },
  ): Promise<Runner | null>
  /** The digest of the current token, to remove or tick its queue value. */
  tokenDigest(id: number): Promise<string | null>
  /** False when it changed after `unlessChangedAfter` or is gone. */
  remove(id: number, unlessChangedAfter?: Date): Promise<boolean>
  finishCreation(id: number): Promise<void>
  /** Finds or creates the manager and stores what it said; blank details keep what is there. Survives races. */
  seeManager(runnerId: number, systemId: string, details: ManagerDetails, at: Date): Promise<Manager>
  findManager(runnerId: number, systemId: string): Promise<Manager | null>
  /** When the last manager goes, the runner's `contactedAt` becomes null. */
  removeManager(id: number, unlessChangedAfter?: Date): Promise<boolean>
  /**
   * Removes managers that were not heard of since `before`, those that hold no job; at most `limit`. Returns how many. The
   * runner's `contactedAt` stays. One that is being written to is left for the next call.
   */
  removeSilentManagers(before: Date, limit: number): Promise<number>
  /** Writes collected heartbeats, many in a statement; times never move back. */
  recordContacts(contacts: readonly Contact[]): Promise<void>
  /** False if it was assigned before. */
  assignProject(id: number, projectId: number): Promise<boolean>
  unassignProject(id: number, projectId: number): Promise<boolean>
  /** Token digests of unpaused-or-paused runners in scope that match protection and tags and contacted since `since`. */
  digestsFor(scope: JobScope, since: Date): Promise<string[]>
  /** Runners for explaining why a job waits: those in scope first, and those that lack fewer of its tags. At most `limit`. */
  candidatesFor(job: Pick<JobScope, 'projectId' | 'tags'>, limit: number): Promise<Candidate[]>
  /** How many runners there are by status. */
  countByStatus(): Promise<Record<RunnerStatus, number>>
}
