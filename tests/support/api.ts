/** The admin API's shapes as its documentation gives them, written down by hand: these tests import nothing of ours. */

export interface Page<Item> {
  readonly items: Item[]
  readonly nextCursor: string | null
}

export interface Artifact {
  readonly type: string
  readonly format: string
  readonly filename: string
  readonly size: number
  readonly sha256: string
  readonly accessibility: string
  readonly createdAt: string
  readonly expireAt: string | null
  readonly browsable: boolean
}

export interface ArchiveEntry {
  readonly path: string
  readonly name: string
  readonly directory: boolean
  readonly size: number
  readonly zippedSize: number
  readonly mode: string | null
  readonly modified: string | null
}

export interface Job {
  readonly id: number
  readonly name: string
  readonly stage: string
  readonly status: string
  readonly projectId: number
  readonly ref: string
  readonly tag: boolean
  readonly sha: string | null
  readonly protected: boolean
  readonly tags: string[]
  readonly runnerId: number | null
  readonly managerId: number | null
  readonly failureReason: string | null
  readonly exitCode: number | null
  readonly allowFailure: boolean
  readonly timeout: number | null
  readonly timeoutSource: string | null
  readonly debugTrace: boolean
  readonly createdAt: string
  readonly queuedAt: string | null
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly erasedAt: string | null
  readonly updatedAt: string
  readonly traceSize: number
  readonly traceChecksum: string | null
  readonly traceInvalid: boolean
  readonly traceCorrupted: boolean
  readonly retriedBy: number | null
  readonly retryOf: number | null
  readonly artifactsExpireAt: string | null
  readonly artifacts: Artifact[]
}

interface Manager {
  readonly id: number
  readonly systemId: string
  readonly version: string | null
  readonly executor: string | null
  readonly features: Record<string, unknown>
  readonly status: string
  readonly contactedAt: string | null
}

export interface Runner {
  readonly id: number
  readonly runnerType: string
  readonly description: string | null
  readonly maintenanceNote: string | null
  readonly paused: boolean
  readonly locked: boolean
  readonly accessLevel: string
  readonly runUntagged: boolean
  readonly tagList: string[]
  readonly maximumTimeout: number | null
  readonly status: string
  readonly creationState: string
  readonly contactedAt: string | null
  readonly tokenExpiresAt: string | null
  readonly tokenPrefix: string
  readonly groupId: number | null
  readonly projectIds: number[]
  readonly runningJobs: number
  readonly version: string | null
  readonly executor: string | null
  readonly managers?: Manager[]
}

export interface Project {
  readonly id: number
  readonly path: string
  readonly name: string
  readonly groupPath: string | null
  readonly repoUrl: string | null
  readonly defaultBranch: string
  readonly protectedRefs: string[]
  readonly timeout: number
  readonly variables: { readonly key: string; readonly value: string | null; readonly masked: boolean }[]
  readonly registrationToken: string
  readonly instanceRunnersEnabled: boolean
  readonly groupRunnersEnabled: boolean
  readonly ciEnabled: boolean
  readonly usage: { readonly artifactBytes: number; readonly artifactCount: number }
}

export interface Settings {
  readonly registrationToken: string
  readonly maintenance: boolean
  readonly projectRegistration: boolean
  readonly groupRegistration: boolean
  readonly fairScheduling: boolean
  readonly supplyGitlabCi: boolean
  readonly archiveAfter: number | null
  readonly maxStoredBytes: number | null
}

export interface Explanation {
  readonly jobId: number
  readonly status: string
  readonly runners: {
    readonly runnerId: number
    readonly description: string | null
    readonly fits: boolean
    readonly rule: string | null
    readonly detail: string
    readonly runningJobs: number
  }[]
}

/** What `traces.watch` yields, with the event's id beside it. */
export interface TraceEvent {
  /** Byte offset after the event: sent back, it resumes there. */
  readonly id: string
  readonly from: number
  readonly text: string
  readonly size: number
  readonly status: string
  readonly complete: boolean
}
