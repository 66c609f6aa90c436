import type { Artifact, StoredArtifact } from './artifacts/artifact.ts'
import type { AuditEvent, AuditFilter, NewAuditEvent } from './audit/audit-event.ts'
import type { Conclusion } from './audit/record-event.ts'
import type { Background } from './background.ts'
import type { JobDefinition } from './jobs/definition.ts'
import type { Job, JobStatus } from './jobs/job.ts'
import type { Group, Project, ProjectChanges, Variable } from './projects/project.ts'
import type { ContactBook } from './runners/record-contact.ts'
import type { Manager, ManagerDetails, Runner, RunnerAttributes, RunnerStatus, RunnerType } from './runners/runner.ts'
import type { Policy, Settings } from './settings.ts'
import type { LineIndexes } from './traces/line-indexes.ts'
import type { TracePiece } from './traces/trace.ts'
import type { JobTimes, Month, RunUsage } from './usage/usage.ts'
import type { Attempt, Delivery, NewWebhook, TakenDelivery, Webhook, WebhookChanges } from './webhooks/webhook.ts'

/** Everything the use cases need of the outside. The composition root fills it; tests do the same. */
export interface Ports {
  readonly runners: RunnerStore
  readonly projects: ProjectStore
  readonly settings: SettingsStore
  readonly jobs: JobStore
  readonly traces: TraceStore
  readonly artifacts: ArtifactStore
  readonly sessions: SessionStore
  readonly audit: AuditStore
  readonly webhooks: WebhookStore
  readonly webhookSender: WebhookSender
  readonly usage: UsageStore
  readonly events: EventBus
  readonly scratch: Scratch
  readonly objects: ObjectStore
  readonly contacts: ContactBook
  readonly lines: LineIndexes
  readonly background: Background
  readonly policy: Policy
  readonly clock: Clock
}

export interface Clock {
  now(): Date
}

// ---------------------------------------------------------------------------------------------- what may vanish

/** Wake-ups between processes. An event is a hint; a store is the truth. May drop, repeat or reorder. */
export interface EventBus {
  /**
   * Wake every subscriber of `topic`, those of this process before it resolves. Never throws: a lost event costs a
   * delay. `hint` (at most 128 KiB) may save the subscriber a read.
   */
  publish(topic: string, hint?: string): Promise<void>
  /** Resolves once live, so that a read made afterwards can't miss an event. Rejects while the channel is down. */
  subscribe(topic: string): Promise<Subscription>
  /** False while events may be lost: followers then look more often by themselves. */
  readonly healthy: boolean
}

export interface Subscription extends AsyncDisposable {
  /**
   * Resolves at the next event, at once if one came since the last call; after `timeoutMs`; when `signal` aborts; or
   * when the channel broke or came back (then `events` is true too: look again).
   * Hints kept between two calls are bounded; when there were more, `hints` is empty: read the store.
   */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<{ events: boolean; hints: readonly string[] }>
}

/** Short-lived values that may vanish at any moment. With the server behind it away, reads are null and writes vanish. */
export interface Scratch {
  get(key: string): Promise<string | null>
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** Stores `value` unless there is one; returns the value that is now there. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<string>
  delete(key: string): Promise<void>
  /** Adds one to a counter that vanishes `ttlMs` after its first increment; 1 when it can't be counted. */
  increment(key: string, ttlMs: number): Promise<number>
}

/** Bytes under keys of `a-z A-Z 0-9 / . _ -`. A reader sees a whole object or none. */
export interface ObjectStore {
  /**
   * Durable once resolved. A body that fails or an aborted signal leaves nothing. Overwrites. Of a body only the chunk
   * it gave last is looked at: it may use the others' memory again.
   */
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<{ bytes: number }>
  /** From byte `start` up to, not including, `end`; null if there is no such object. */
  get(key: string, range?: { start: number; end?: number }): Promise<AsyncIterable<Uint8Array> | null>
  /** Deleting what is not there is no error. */
  delete(keys: readonly string[]): Promise<void>
  list(prefix: string): AsyncIterable<{ key: string; bytes: number; modifiedAt: Date }>
  /**
   * An address where anyone can get the object for `seconds`, ranges included, under this file name; null where the
   * store has none to give.
   */
  link(key: string, options: { filename: string; seconds: number }): Promise<string | null>
  /** Rejects, with a sentence, when the store can't be used now. */
  probe(): Promise<void>
}

// ---------------------------------------------------------------------------------------------- runners

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
}

/** Which runners a job could go to. */
export interface JobScope {
  readonly projectId: number
  readonly protected: boolean
  readonly tags: readonly string[]
}

export interface RunnerStore {
  /** Runner, tags and scope in one transaction. */
  create(runner: NewRunner): Promise<Runner>
  /** By token, unless it has expired, with the manager of that `system_id` if there is one. One statement. */
  authenticate(tokenDigest: string, systemId: string): Promise<{ runner: Runner; manager: Manager | null } | null>
  find(id: number): Promise<RunnerOverview | null>
  /** Newest first. */
  list(filter: RunnerFilter): Promise<RunnerOverview[]>
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
  /** Writes collected heartbeats in one statement each for runners and managers; times never move back. */
  recordContacts(contacts: readonly Contact[]): Promise<void>
  /** False if it was assigned before. */
  assignProject(id: number, projectId: number): Promise<boolean>
  unassignProject(id: number, projectId: number): Promise<boolean>
  /** Token digests of unpaused-or-paused runners in scope that match protection and tags and contacted since `since`. */
  digestsFor(scope: JobScope, since: Date): Promise<string[]>
  /** Every runner with its scope, newest first, for explaining why a job waits. At most `limit`. */
  candidatesFor(projectId: number, limit: number): Promise<(RunnerOverview & { inScope: boolean })[]>
  /** How many runners there are by status. */
  countByStatus(): Promise<Record<RunnerStatus, number>>
}

// ---------------------------------------------------------------------------------------------- projects, settings

export interface ProjectStore {
  /** Groups named by `groupPath` come into being here, with all their ancestors. Null: the path is taken. */
  create(project: ProjectChanges & { path: string }): Promise<Project | null>
  find(id: number): Promise<Project | null>
  findByPath(path: string): Promise<Project | null>
  /** Newest first, ids below `before`. */
  list(filter: { search?: string | undefined; before?: number | undefined; limit: number }): Promise<Project[]>
  /** `path_taken` or the project as it is now; null if there is none. */
  update(id: number, changes: ProjectChanges): Promise<Project | 'path_taken' | null>
  /** Marks it deleted: its jobs stay but are refused, its path is free again. */
  remove(id: number): Promise<boolean>
  groups(): Promise<Group[]>
  findGroup(id: number): Promise<Group | null>
  /** What a registration token registers for, if it is one of a group or a project. */
  findByRegistrationToken(digest: string): Promise<{ kind: 'group' | 'project'; id: number } | null>
  /** Stores the token (digest and encrypted text); false if there is no such project or group. */
  replaceRegistrationToken(of: { kind: 'group' | 'project'; id: number }, token: string): Promise<boolean>
  /** Digests of runner tokens that serve this project. */
  runnerDigests(projectId: number): Promise<string[]>
}

export interface SettingsStore {
  get(): Promise<Settings>
  update(changes: Partial<Settings>): Promise<Settings>
  /** The instance's registration token. */
  registrationToken(): Promise<string>
  replaceRegistrationToken(token: string): Promise<void>
}

// ---------------------------------------------------------------------------------------------- jobs

export interface NewJob {
  readonly name: string
  readonly stage: string
  readonly definition: JobDefinition
  /** `pending` from the start, or `manual`, `scheduled`, `created`. */
  readonly status: JobStatus
  /** Positions in the pipeline's list of the jobs that have to be over first, and of those whose artifacts it fetches. */
  readonly waitsFor?: readonly number[] | undefined
  readonly fetchesFrom?: readonly number[] | undefined
  /** False: it named those it waits for. */
  readonly byStage?: boolean | undefined
  /** Seconds until a `scheduled` job is queued. */
  readonly startIn?: number | null | undefined
  /** Runner features without which the job fails when taken (`job-request.md` 7). */
  readonly requiredFeatures: readonly string[]
}

export interface NewPipeline {
  readonly projectId: number
  readonly source: string
  readonly ref: string
  readonly tag: boolean
  readonly sha: string | null
  readonly protected: boolean
  /** The pipeline's own, given when it was made; encrypted at rest. */
  readonly variables: readonly (Variable & { readonly public?: boolean | undefined })[]
  readonly jobs: readonly NewJob[]
}

export interface JobFilter {
  readonly status?: JobStatus | undefined
  readonly projectId?: number | undefined
  readonly pipelineId?: number | undefined
  /** The whole name. */
  readonly name?: string | undefined
  readonly runnerId?: number | undefined
  /** Jobs that ask for this runner tag. */
  readonly runnerTag?: string | undefined
  /** Case-insensitive substring of name, project path or tag. */
  readonly search?: string | undefined
  readonly before?: number | undefined
  readonly limit: number
}

/** A runner that asks for work. */
export interface Claim {
  readonly runner: Runner
  readonly managerId: number | null
  /** Names of the features the request announced. */
  readonly features: readonly string[]
  /** Only jobs queued longer than this many seconds; null: all. */
  readonly jobAge: number | null
  /** Digest of the job token made for this claim. */
  readonly tokenDigest: string
  readonly fairScheduling: boolean
  /** Seconds after which a job counts as archived; null: never. */
  readonly archiveAfter: number | null
  readonly session: RunnerSession | null
}

/** Where the runner's interactive session server listens; kept while the job runs. */
export interface RunnerSession {
  readonly url: string
  readonly certificate: string
  readonly authorization: string
}

/** A job that was just taken, with everything its payload needs. */
export interface TakenJob {
  readonly job: Job
  readonly definition: JobDefinition
  readonly project: Project
  readonly pipeline: {
    readonly id: number
    /** Counts per project from 1. */
    readonly iid: number
    readonly source: string
    readonly createdAt: Date
    readonly variables: NewPipeline['variables']
  }
  readonly timeInQueueSeconds: number
  /** Candidates the search saw. */
  readonly queueSize: number
  /** Jobs of this project that ran on instance runners before this one, counted up to 100. */
  readonly runningOnInstanceRunners: number
}

export type ClaimOutcome =
  | { readonly kind: 'taken'; readonly taken: TakenJob }
  /** A pre-assignment check failed: the job is failed, `remaining` candidates are left. */
  | { readonly kind: 'rejected'; readonly jobId: number; readonly reason: string; readonly remaining: number }
  /** There are candidates, and every one that was looked at is being taken by someone else. */
  | { readonly kind: 'locked' }
  | { readonly kind: 'none' }

/** What it takes to say whether a job token is good. */
export interface JobCredentials {
  readonly job: Job
  /** Null while nobody took the job. */
  readonly tokenDigest: string | null
  readonly projectDeleted: boolean
}

export interface JobEnd {
  /** `cancel`: at once, whether it was `running` or `canceling`. */
  readonly event: 'success' | 'drop' | 'cancel'
  /** Only if the job was not heard of since: the time of its last sign of life, null for none. Absent: whatever it was. */
  readonly ifSilentSince?: Date | null | undefined
  readonly failureReason: string | null
  /** As reported, 64 bits; stored clamped to 0 … 32767. */
  readonly exitCode: number | null
  /** What the log's pieces add up to, if the sender's checksum was compared; only true if the size still fits. */
  readonly trace: {
    readonly size: number
    readonly crc: number
    readonly invalid: boolean
    readonly corrupted: boolean
  }
}

export interface JobStore extends JobLifeStore {
  /** The pipeline and its jobs in one transaction; ids in order. */
  create(pipeline: NewPipeline): Promise<number[]>
  find(id: number): Promise<Job | null>
  definition(id: number): Promise<JobDefinition | null>
  /** What its pipeline was given when it was made; empty for no job. */
  pipelineVariables(id: number): Promise<NewPipeline['variables']>
  /** Newest first. */
  list(filter: JobFilter): Promise<Job[]>
  /** One statement: exactly one caller gets a job, and nobody waits for a row lock. */
  claim(claim: Claim): Promise<ClaimOutcome>
  /** What is kept to find pending jobs by and holds none now; how much there was. Makes claims cheaper, nothing else. */
  removeIdleLanes(): Promise<number>
  credentials(id: number): Promise<JobCredentials | null>
  /** The job whose token has this digest. */
  byToken(tokenDigest: string): Promise<JobCredentials | null>
  /** A sign of life; moves `updatedAt` if it is older than 15 minutes. The status now, null unless executing. */
  touch(id: number): Promise<JobStatus | null>
  /**
   * Ends an executing job in one conditional statement: `canceling` ends `canceled`, a drop may become allowed by its
   * exit code. Null if it was not executing or its log moved meanwhile (then ask again).
   */
  finish(id: number, end: JobEnd): Promise<Job | null>
  /** Marks the log as one with every variable in it. Never unmarked. */
  markDebug(id: number): Promise<void>
  /** Ids of executing jobs are not archived; finished ones with more than one piece or none sealed. */
  unsealed(limit: number): Promise<number[]>
  countByStatus(): Promise<Partial<Record<JobStatus, number>>>
  /** Ids and names of the given jobs of one project that exist. */
  named(projectId: number, ids: readonly number[]): Promise<{ id: number; name: string }[]>
}

/** Of a job what decides about those that wait for it, and when it starts itself. */
export interface PipelineJob {
  readonly id: number
  readonly status: JobStatus
  /** Unless it failed and may yet be retried. */
  readonly settled: boolean
  readonly allowFailure: boolean
  readonly waitsFor: readonly number[]
  /** It waits for earlier stages, and not for jobs it named. */
  readonly byStage: boolean
}

/** A job that another one waits for. */
export type HoldingUp = Pick<Job, 'id' | 'name' | 'status'>

/** The latest attempts of a pipeline's jobs, and how often one of them was tried again. */
export interface PipelineState {
  readonly retries: number
  readonly jobs: readonly PipelineJob[]
}

/** What a job is retried with: of its definition, where its row has moved on. */
export interface RetryOf {
  readonly tags: readonly string[]
  readonly allowFailure: boolean
  /** The job's own limit, seconds. */
  readonly timeout: number | null
}

/** Time before `since` counts as none: nobody listened then, so that no job could make itself heard. */
export interface ExecutionLimits {
  readonly timeLimitGraceSeconds: number
  readonly acceptSeconds: number
  readonly silenceSeconds: number
  readonly since: Date
}

export interface OverdueJob {
  readonly id: number
  readonly status: 'running' | 'canceling'
  /** Its limit and the grace are over; its token was never used; nothing was heard of it for too long. */
  readonly reason: 'time_limit' | 'not_accepted' | 'silent'
  readonly lastSignalAt: Date | null
}

/** What becomes of jobs when people and machines misbehave. Each change is one conditional statement. */
export interface JobLifeStore {
  /** A job that no runner has taken becomes `canceled`; null if that is no longer, or not, so. */
  cancelWaiting(id: number): Promise<Job | null>
  /** The same, `failed`. */
  dropWaiting(id: number, reason: string): Promise<Job | null>
  /** `running` becomes `canceling`; null if it does not run. */
  beginCanceling(id: number): Promise<Job | null>
  /**
   * A job in one of these states enters the queue, or waits for its resource if another job has it; null if it is in none.
   *
   * @param ifRetries - only if no job of the pipeline was tried again since it stood at this number.
   */
  enqueue(id: number, tags: readonly string[], from: readonly JobStatus[], ifRetries?: number): Promise<Job | null>
  /** A job that is over gives its resource up: the job that waited longest for it, or null. */
  releaseResource(id: number): Promise<number | null>
  /** Jobs that are over and hold a resource; jobs that wait for one that is free. */
  forgottenResources(limit: number): Promise<{ id: number; holds: boolean }[]>
  /** What has to end before this job is queued: those it waits for, or the one that holds its resource. */
  heldUpBy(id: number): Promise<HoldingUp[]>
  /** No jobs when there is nothing left to start. */
  pipelineState(pipelineId: number): Promise<PipelineState>
  /** False if it was started or ended meanwhile, or a job of its pipeline tried again. `startIn`: seconds. */
  setCreated(
    id: number,
    status: 'manual' | 'scheduled' | 'skipped',
    given: { readonly ifRetries: number; readonly startIn?: number | null },
  ): Promise<boolean>
  /** Ids of pipelines that have jobs to start, above `after`. */
  pipelinesUnderWay(after: number, limit: number): Promise<number[]>
  /**
   * A new job like a finished one that has no successor yet, in the queue, or waiting for its resource if another job has
   * it; null if it has a successor or is not finished. Whoever waits for the old one waits for the new one.
   */
  retry(id: number, of: RetryOf): Promise<number | null>
  /** Jobs of the same name in the same pipeline that came before. */
  earlierAttempts(id: number): Promise<number>
  /** This failed job stays failed. */
  decideNoRetry(id: number): Promise<void>
  /** Failed jobs of which nobody has decided whether they are retried. */
  retryUndecided(limit: number): Promise<number[]>
  /** Log, artifacts and report contents of a finished job are gone with the mark; null if it has none, or is not finished. */
  erase(id: number): Promise<Job | null>
  /** Executing jobs that have been at it, or silent, too long. */
  overdue(limits: ExecutionLimits, limit: number): Promise<OverdueJob[]>
  /** Pending jobs that have waited too long, or long without an online runner that fits (`abandoned`). */
  stuck(
    limits: { pendingSeconds: number; stuckSeconds: number; since: Date },
    limit: number,
  ): Promise<{ id: number; abandoned: boolean }[]>
  /** Scheduled jobs whose time has come, and how long ago. */
  delayed(limit: number): Promise<{ id: number; lateSeconds: number }[]>
}

// ---------------------------------------------------------------------------------------------- traces

export interface TraceAppend {
  readonly jobId: number
  /** Checked in the same statement, so that a job that ended or was erased meanwhile takes nothing. */
  readonly start: number
  readonly piece: TracePiece
}

export interface TraceStore {
  /** Moves the log's length from `start` to `piece.end` if it still stands at `start` and the job is executing; null otherwise. */
  advance(append: TraceAppend): Promise<{ heldBytes: number; status: JobStatus } | null>
  /** Pieces that hold bytes at or after `from`, in order, at most `limit`; with the log's length at the same moment. */
  pieces(
    jobId: number,
    from: number,
    limit: number,
  ): Promise<{ pieces: TracePiece[]; heldBytes: number; status: JobStatus } | null>
  /** Puts one piece in the place of those it covers, exactly; false (nothing changed) if they are no longer what is stored. */
  replace(jobId: number, covered: readonly TracePiece[], by: TracePiece): Promise<boolean>
  /** Marks a finished job's log, if it is still so long, as one durable object. */
  seal(jobId: number, heldBytes: number): Promise<void>
}

// ---------------------------------------------------------------------------------------------- artifacts

export interface NewArtifact extends Omit<StoredArtifact, 'browsable' | 'createdAt' | 'projectId'> {
  /** Of a dotenv report: variables of the jobs that depend on this one. */
  readonly dotenv?: readonly Variable[] | undefined
  /** Of an annotations report: list name → list. */
  readonly annotations?: Readonly<Record<string, unknown>> | undefined
}

/** What a job gets from one it depends on. */
export interface Dependency {
  readonly id: number
  readonly name: string
  readonly archive: Pick<Artifact, 'filename' | 'size'> | null
  readonly dotenv: readonly Variable[]
}

export interface ProjectUsage {
  readonly projectId: number
  readonly artifactBytes: number
  readonly artifactCount: number
}

export interface ArtifactStore {
  find(jobId: number, type: string): Promise<StoredArtifact | null>
  /** In the order they came. */
  list(jobId: number): Promise<StoredArtifact[]>
  /** By job, for lists of jobs: one statement. */
  listOf(jobIds: readonly number[]): Promise<ReadonlyMap<number, readonly StoredArtifact[]>>
  /** Before an object is written: it is swept away after `removeAfter`, unless a record names it by then. */
  announce(keys: readonly string[], removeAfter: Date): Promise<void>
  /**
   * Artifact, report contents, the job's expiry, the project's usage; its keys are no strays any more. All of it or
   * nothing: `exists` when the job has one of that type, `not_executing` when the job is over, erased or its project
   * deleted, `swept` when its objects were not announced or their time has passed.
   */
  store(artifact: NewArtifact): Promise<'stored' | 'exists' | 'not_executing' | 'swept'>
  /** Variables of the job's dotenv report; empty without one. */
  dotenv(jobId: number): Promise<readonly Variable[]>
  /** Clears the expiry of the job and of all its artifacts. False: no such job. */
  keep(jobId: number): Promise<boolean>
  /** Deletes up to `limit` records whose time is past, their objects becoming strays that are due; how many. */
  expire(now: Date, limit: number): Promise<number>
  /** Deletes all records of one job, their objects becoming strays that are due; how many. */
  removeAll(jobId: number): Promise<number>
  /** Objects no record names whose time has come. */
  strays(now: Date, limit: number): Promise<string[]>
  /** Once they are gone. */
  forget(keys: readonly string[]): Promise<void>
  /** In the order of `ids`; jobs that are gone are left out. */
  dependencies(ids: readonly number[]): Promise<Dependency[]>
  /** Of these projects, or of all; those that store nothing are left out. */
  usage(projectIds?: readonly number[]): Promise<ProjectUsage[]>
}

// ---------------------------------------------------------------------------------------------- usage

/** What was used, added up from the jobs that have ended: each counts in the month of its end. The largest first. */
export interface UsageStore {
  projects(month: Month): Promise<readonly (RunUsage & { readonly projectId: number; readonly path: string })[]>
  /** Of a runner that was removed the description and the factor are null. */
  runners(month: Month): Promise<
    readonly (RunUsage & {
      readonly runnerId: number
      readonly description: string | null
      readonly costFactor: number | null
    })[]
  >
  /** Of jobs that ended in the last `hours`; with a tag, of those that have it, and `all` is null then. */
  times(asked: {
    readonly hours: number
    readonly tag?: string | undefined
  }): Promise<{ readonly all: JobTimes | null; readonly tags: readonly JobTimes[] }>
}

// ---------------------------------------------------------------------------------------------- sessions

/** Sign-in of people. Tokens are digests here. */
export interface SessionStore {
  addSignInLink(digest: string, expiresAt: Date): Promise<void>
  /** True once, before it expires. */
  useSignInLink(digest: string): Promise<boolean>
  add(digest: string, expiresAt: Date): Promise<void>
  isValid(digest: string): Promise<boolean>
  remove(digest: string): Promise<void>
  removeExpired(): Promise<void>
}

// ---------------------------------------------------------------------------------------------- audit

/** Who did what. Events are added and concluded, never changed otherwise. */
export interface AuditStore {
  /** The event's id. */
  add(event: NewAuditEvent): Promise<number>
  conclude(id: number, conclusion: Required<Conclusion>): Promise<void>
  /** Newest first. */
  list(filter: AuditFilter): Promise<AuditEvent[]>
  /** Deletes up to `limit` that are older; how many. */
  removeBefore(before: Date, limit: number): Promise<number>
}

// ---------------------------------------------------------------------------------------------- webhooks

/** Deliveries come into being in the transaction that changes a job's status, one for each webhook that wants it. */
export interface WebhookStore {
  create(webhook: NewWebhook): Promise<Webhook>
  find(id: number): Promise<Webhook | null>
  /** Newest first. */
  list(filter: { projectId?: number | undefined; before?: number | undefined; limit: number }): Promise<Webhook[]>
  update(id: number, changes: WebhookChanges): Promise<Webhook | null>
  replaceSecret(id: number, secret: string): Promise<boolean>
  /** With its deliveries. */
  remove(id: number): Promise<boolean>
  /** Newest first. */
  deliveries(filter: { webhookId: number; before?: number | undefined; limit: number }): Promise<Delivery[]>
  /** A delivery that tells of no job, in the caller's hands; null: no such webhook. */
  addTest(webhookId: number): Promise<TakenDelivery | null>
  /**
   * Takes deliveries of enabled webhooks that are due, the longest waiting first, each exactly once until `leaseMs` have
   * passed: by then `settle` was called, or its taker is lost.
   */
  takeDue(take: {
    limit: number
    perWebhook: number
    /** Webhooks that have enough under way. */
    except: readonly number[]
    leaseMs: number
  }): Promise<TakenDelivery[]>
  /** Notes an attempt and what follows from it. */
  settle(
    id: number,
    attempt: Attempt,
    then: { state: Delivery['state']; againInMs: number | null },
  ): Promise<Delivery | null>
  /** Deletes up to `limit` deliveries that are older, done or not; how many. */
  removeDeliveriesBefore(before: Date, limit: number): Promise<number>
}

/** Sends a request of ours to where an administrator wants it. */
export interface WebhookSender {
  /**
   * The answer's status and the first KiB of its body; a redirection is an answer like any other. Rejects, with a
   * sentence, when none came within 10 s.
   */
  send(request: {
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }): Promise<{ status: number; body: string }>
}
