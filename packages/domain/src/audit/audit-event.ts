/**
 * How the actor authenticated. `nobody` means not at all, as at a refused sign-in. `user_token` is an administrator's
 * token on those endpoints of the runner protocol that people call.
 */
export const ACTOR_KINDS = [
  'admin_token',
  'session',
  'sign_in_link',
  'runner',
  'registration_token',
  'user_token',
  'nobody',
] as const

export const SUBJECT_KINDS = [
  'job',
  'pipeline',
  'environment',
  'runner',
  'project',
  'project_token',
  'group',
  'settings',
  'schedule',
  'webhook',
  'commit_status',
  'session',
] as const
export type SubjectKind = (typeof SUBJECT_KINDS)[number]

/** Who performed an act. Contains no secrets. */
export interface Actor {
  readonly kind: (typeof ACTOR_KINDS)[number]
  /** The client's address. */
  readonly address: string | null
  /** The first digits of the session's digest. */
  readonly session?: string | null
}

/** `unknown`: the act began, and a crash prevented its outcome from being recorded. */
export type Outcome = 'unknown' | 'done' | 'refused' | 'failed'

/** An act and its subjects. */
export interface Act {
  /** Named like the procedures of the admin API: `jobs.cancel`, `runners.register`, `sessions.signIn`. */
  readonly action: string
  readonly subjectKind: SubjectKind | null
  readonly subjectIds: readonly number[]
  /** Never contains a secret or anything that may include one. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface NewAuditEvent extends Act {
  readonly actor: Actor
  readonly outcome: Outcome
}

/** How an act ended. The ids of what it created may be known only then. */
export interface Conclusion {
  readonly outcome: Outcome
  readonly subjectIds?: readonly number[]
  readonly details?: Act['details']
}

export interface AuditEvent extends NewAuditEvent {
  readonly id: number
  readonly at: Date
}

export interface AuditFilter {
  readonly action?: string | undefined
  readonly subjectKind?: SubjectKind | undefined
  readonly subjectId?: number | undefined
  /** Only ids below this one. */
  readonly before?: number | undefined
  readonly limit: number
}

/** Returns the part of a session's digest that is shown. */
export const sessionPrefix = (digest: string): string => digest.slice(0, 8)
