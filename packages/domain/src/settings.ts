/** Instance settings an administrator may change while the program runs. */
export interface Settings {
  /** Every runner endpoint answers 429 with `Retry-After: 60`. */
  readonly maintenance: boolean
  /** Whether project registration tokens register. */
  readonly projectRegistration: boolean
  /** Whether group registration tokens register. */
  readonly groupRegistration: boolean
  /** Instance runners share fairly between projects; otherwise first in, first out. */
  readonly fairScheduling: boolean
  /** Jobs get `GITLAB_CI=true`. */
  readonly supplyGitlabCi: boolean
  /** Seconds after its creation when a job counts as archived; null: never. */
  readonly archiveAfter: number | null
  /** Bytes that a project without a quota of its own may store; null: without limit. */
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

/** Fixed at start from the environment (`.env.example`), in the units the use cases want. */
export interface Policy {
  /** Without a trailing slash; may carry a path prefix. */
  readonly externalUrl: string
  /** What shows sample jobs on this installation, typed into a shell where it was started. */
  readonly demoCommand: string
  /** What `CI_SERVER_VERSION` says. */
  readonly version: string
  readonly registrationEnabled: boolean
  /** Lifetime of a new runner token; null: for ever. */
  readonly runnerTokenLifetimeSeconds: number | null
  /** How long a job request may be held; 0: never. */
  readonly longPollMs: number
  /** 0: no limit. In MiB, because the rule of `docs/protocol/trace.md 4` counts whole MiB. */
  readonly maxTraceMib: number
  /** False: uploads are 405. */
  readonly artifactsEnabled: boolean
  /** 0: every upload that is not empty is too large. */
  readonly maxArtifactBytes: number
  /** Seconds an artifact is kept whose job does not say; null: for ever. */
  readonly artifactExpireSeconds: number | null
  /** 0: no limit. */
  readonly jobRequestsPerMinute: number
}
