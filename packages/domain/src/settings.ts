/** Settings of the instance that an administrator may change while the program runs. */
export interface Settings {
  /** Every runner endpoint answers 429 with `Retry-After: 60`. */
  readonly maintenance: boolean
  /** Whether registration tokens of projects are accepted. */
  readonly projectRegistration: boolean
  /** Whether registration tokens of groups are accepted. */
  readonly groupRegistration: boolean
  /** Whether instance runners are shared fairly between projects; otherwise first in, first out. */
  readonly fairScheduling: boolean
  /** Jobs get `GITLAB_CI=true`. */
  readonly supplyGitlabCi: boolean
  /** Seconds after its creation when a job counts as archived; null for never. */
  readonly archiveAfter: number | null
  /** Bytes that a project without its own quota may store; null for no limit. */
  readonly maxStoredBytes: number | null
}

export const DEFAULT_SETTINGS: Settings = {
  maintenance: false,
  projectRegistration: true,
  groupRegistration: true,
  fairScheduling: true,
  supplyGitlabCi: true,
  archiveAfter: null,
  maxStoredBytes: null,
}

/** Fixed at start by the environment (`.env.example`), in the units that the use cases need. */
export interface Policy {
  /** Without a trailing slash; may include a path prefix. */
  readonly externalUrl: string
  /** The shell command that adds sample jobs to this installation, to be run where it was started. */
  readonly demoCommand: string
  /** The value of `CI_SERVER_VERSION`. */
  readonly version: string
  readonly registrationEnabled: boolean
  /** Lifetime of a new runner token; null for unlimited. */
  readonly runnerTokenLifetimeSeconds: number | null
  /** How long a job request may be held; 0 for never. */
  readonly longPollMs: number
  /** In MiB, because the rule of `docs/protocol/trace.md 4` counts whole MiB. 0 for no limit. */
  readonly maxTraceMib: number
  /** When false, uploads are answered with 405. */
  readonly artifactsEnabled: boolean
  /** When 0, every upload that is not empty is too large. */
  readonly maxArtifactBytes: number
  /** Seconds for which an artifact is kept when its job does not say; null for ever. */
  readonly artifactExpireSeconds: number | null
  /** Days for which finished pipelines are kept with their jobs; null for ever. */
  readonly jobRetentionDays: number | null
  /** Days for which logs of finished jobs are kept; null for as long as the jobs. */
  readonly logRetentionDays: number | null
  /** 0 for no limit. */
  readonly jobRequestsPerMinute: number
  /** Most jobs of a pipeline that is made from a configuration. */
  readonly maxJobsPerPipeline: number
  /** Of the pack of a working tree that is pushed to be run. */
  readonly maxRunBytes: number
}
