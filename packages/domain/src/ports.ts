import type { Clock } from './clock.ts'
import type { ArtifactStore } from './ports/artifact-store.ts'
import type { AuditStore } from './ports/audit-store.ts'
import type { CommitStatusStore } from './ports/commit-status-store.ts'
import type { ConfigCompiler } from './ports/config-compiler.ts'
import type { EnvironmentStore } from './ports/environment-store.ts'
import type { EventBus } from './ports/event-bus.ts'
import type { GitServer } from './ports/git-server.ts'
import type { HookStore } from './ports/hook-store.ts'
import type { JobStore } from './ports/job-store.ts'
import type { ObjectStore } from './ports/object-store.ts'
import type { OwnRepositoryStore } from './ports/own-repository-store.ts'
import type { PipelineStore } from './ports/pipeline-store.ts'
import type { ProjectStore } from './ports/project-store.ts'
import type { ProjectTokenStore } from './ports/project-token-store.ts'
import type { Repositories } from './ports/repositories.ts'
import type { RequestSender } from './ports/request-sender.ts'
import type { ResourceGroupStore } from './ports/resource-group-store.ts'
import type { RetentionStore } from './ports/retention-store.ts'
import type { RunnerStore } from './ports/runner-store.ts'
import type { ScheduleStore } from './ports/schedule-store.ts'
import type { Scratch } from './ports/scratch.ts'
import type { SessionStore } from './ports/session-store.ts'
import type { SettingsStore } from './ports/settings-store.ts'
import type { SigningKeyStore } from './ports/signing-key-store.ts'
import type { TraceStore } from './ports/trace-store.ts'
import type { UsageStore } from './ports/usage-store.ts'
import type { WebhookStore } from './ports/webhook-store.ts'

export type { ArtifactStore, ArtifactTotals, Dependency, JobReport, NewArtifact } from './ports/artifact-store.ts'
export type { AuditStore } from './ports/audit-store.ts'
export type { Claim, ClaimedJob, ClaimOutcome, LeftJob, TakenJob, TerminalSession } from './ports/claim.ts'
export type { CommitStatusStore } from './ports/commit-status-store.ts'
export type { ConfigCompiler, KnownFiles } from './ports/config-compiler.ts'
export type { EnvironmentFilter, EnvironmentStore } from './ports/environment-store.ts'
export type { EventBus, Subscription, TopicListener } from './ports/event-bus.ts'
export type { FetchRequest, GitBusy, GitServer, PushOutcome, PushRequest } from './ports/git-server.ts'
export type { HookStore } from './ports/hook-store.ts'
export type {
  HoldingUp,
  JobStateStore,
  OverdueJob,
  PipelineJob,
  UnfinishedJob,
  UnsuccessfulBefore,
} from './ports/job-state-store.ts'
export type { JobCredentials, JobEnd, JobFilter, JobStore, QueueLength, SuccessfulRun } from './ports/job-store.ts'
export type {
  AutoCancel,
  HookedChange,
  NewJob,
  NewPipeline,
  PipelineOrigin,
  ScheduledRun,
} from './ports/new-pipeline.ts'
export type { ObjectStore } from './ports/object-store.ts'
export type {
  OwnRepositoryStore,
  PushedChange,
  RefChange,
  StoredPack,
  StoredRepository,
} from './ports/own-repository-store.ts'
export type { FamilyJob, FamilyJobName, PipelineFilter, PipelineStore } from './ports/pipeline-store.ts'
export type { ProjectStore } from './ports/project-store.ts'
export type { ProjectTokenStore } from './ports/project-token-store.ts'
export type {
  Commit,
  CommitPoint,
  FileInRepository,
  Repositories,
  RepositoryOwner,
  RepositoryState,
} from './ports/repositories.ts'
export type { RequestSender, SentAnswer } from './ports/request-sender.ts'
export type { ResourceGroupStore } from './ports/resource-group-store.ts'
export type { AgePlace, AgeWalk, RetentionStore } from './ports/retention-store.ts'
export type { Contact, JobScope, NewRunner, RunnerOverview, RunnerStore } from './ports/runner-store.ts'
export type { ScheduleStore } from './ports/schedule-store.ts'
export type { Scratch } from './ports/scratch.ts'
export type { SessionStore, SignIn } from './ports/session-store.ts'
export type { SettingsStore } from './ports/settings-store.ts'
export type { NewSigningKey, SigningKeyStore, StoredSigningKey } from './ports/signing-key-store.ts'
export type { PieceMove, TraceStore } from './ports/trace-store.ts'
export type { ProjectStorage, UsageStore } from './ports/usage-store.ts'
export type { WebhookStore } from './ports/webhook-store.ts'

/** Everything outside of the domain. The composition root provides it, in the product and in tests. */
export interface Ports {
  readonly runners: RunnerStore
  readonly projects: ProjectStore
  readonly projectTokens: ProjectTokenStore
  readonly ownRepositories: OwnRepositoryStore
  readonly settings: SettingsStore
  readonly jobs: JobStore
  readonly pipelines: PipelineStore
  readonly schedules: ScheduleStore
  readonly environments: EnvironmentStore
  readonly resourceGroups: ResourceGroupStore
  readonly retention: RetentionStore
  readonly traces: TraceStore
  readonly artifacts: ArtifactStore
  readonly sessions: SessionStore
  readonly audit: AuditStore
  readonly webhooks: WebhookStore
  readonly commitStatuses: CommitStatusStore
  readonly hooks: HookStore
  readonly requestSender: RequestSender
  readonly usage: UsageStore
  readonly signingKeys: SigningKeyStore
  readonly events: EventBus
  readonly scratch: Scratch
  readonly objects: ObjectStore
  readonly configs: ConfigCompiler
  readonly repositories: Repositories
  readonly gitServer: GitServer
  readonly clock: Clock
}
