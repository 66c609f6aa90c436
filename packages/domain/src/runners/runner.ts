export const RUNNER_TYPES = ['instance_type', 'group_type', 'project_type'] as const
export type RunnerType = (typeof RUNNER_TYPES)[number]

export const ACCESS_LEVELS = ['not_protected', 'ref_protected'] as const
type AccessLevel = (typeof ACCESS_LEVELS)[number]

export const RUNNER_STATUSES = ['online', 'offline', 'stale', 'never_contacted'] as const
export type RunnerStatus = (typeof RUNNER_STATUSES)[number]

/** The attributes of a runner that a person or a registration may set. */
export interface RunnerAttributes {
  readonly description: string | null
  readonly maintenanceNote: string | null
  readonly paused: boolean
  /** Only forbids further project assignments; not used for matching. */
  readonly locked: boolean
  readonly accessLevel: AccessLevel
  readonly runUntagged: boolean
  /** Without duplicates, in order of insertion. */
  readonly tagList: readonly string[]
  /** In seconds, at least 600. */
  readonly maximumTimeout: number | null
  /** How many compute minutes one minute of run time counts as; 0 or more, 1 by default. */
  readonly costFactor: number
}

/** @see `docs/protocol/runners.md 1` */
export interface Runner extends RunnerAttributes {
  readonly id: number
  readonly runnerType: RunnerType
  readonly registrationType: 'registration_token' | 'authenticated_user'
  /** `finished` from the first authenticated job request on; for runners with registration tokens at once. */
  readonly creationState: 'started' | 'finished'
  readonly name: string | null
  /** The visible start of the token. */
  readonly tokenPrefix: string
  readonly tokenExpiresAt: Date | null
  readonly groupId: number | null
  readonly projectIds: readonly number[]
  readonly contactedAt: Date | null
  readonly createdAt: Date
  /** Changes with settings, never with heartbeats: conditional deletes compare it. */
  readonly updatedAt: Date
}

/** One process (one `system_id`) that uses a runner's token. */
export interface Manager {
  readonly id: number
  readonly runnerId: number
  readonly systemId: string
  readonly version: string | null
  readonly revision: string | null
  readonly platform: string | null
  readonly architecture: string | null
  readonly executor: string | null
  readonly ipAddress: string | null
  readonly config: Readonly<Record<string, unknown>>
  readonly features: Readonly<Record<string, unknown>>
  readonly labels: Readonly<Record<string, string>>
  readonly contactedAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** The details of a manager in a heartbeat. Absent means to keep what is stored. */
export interface ManagerDetails {
  readonly version?: string
  readonly revision?: string
  readonly platform?: string
  readonly architecture?: string
  readonly executor?: string
  readonly ipAddress?: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly features?: Readonly<Record<string, unknown>>
  readonly labels?: Readonly<Record<string, string>>
}

/** The name of a manager that sends no `system_id` (runners before 15.8). */
export const LEGACY_SYSTEM_ID = '<legacy>'

const HOUR_MS = 3_600_000
/** Must be greater than a queue value's life (1 h) plus the write throttle: `docs/protocol/runners.md 1.4`. */
export const ONLINE_MS = 2 * HOUR_MS
export const STALE_MS = 7 * 24 * HOUR_MS

/** Computed, never stored; the same rule for runners and managers. */
export function runnerStatus(
  of: { createdAt: Date; contactedAt: Date | null; creationState?: Runner['creationState'] },
  now: Date,
): RunnerStatus {
  const latest = Math.max(of.createdAt.getTime(), of.contactedAt?.getTime() ?? 0)
  if (now.getTime() - latest >= STALE_MS) return 'stale'
  if (of.contactedAt === null || of.creationState === 'started') return 'never_contacted'
  return now.getTime() - of.contactedAt.getTime() < ONLINE_MS ? 'online' : 'offline'
}

const EXECUTORS = new Set(
  `custom shell docker docker-windows docker-ssh ssh parallels virtualbox docker+machine docker-ssh+machine kubernetes
  docker-autoscaler instance`.split(/\s+/),
)

/** Returns an executor's name if the reference has it, otherwise `unknown` (`docs/protocol/common.md 9`). */
export const executorName = (reported: string): string => (EXECUTORS.has(reported) ? reported : 'unknown')
