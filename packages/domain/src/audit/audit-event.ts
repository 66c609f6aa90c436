/**
 * How somebody proved who they are. `nobody`: not at all, as at a sign-in that was refused. `user_token` is an
 * administrator's token on the endpoints of the runner protocol that people call.
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

export const SUBJECT_KINDS = ['job', 'runner', 'project', 'group', 'settings', 'webhook', 'session'] as const
export type SubjectKind = (typeof SUBJECT_KINDS)[number]

/** Who did it. Nothing in here is a secret. */
export interface Actor {
  readonly kind: (typeof ACTOR_KINDS)[number]
  /** Of the client. */
  readonly address: string | null
  /** The first digits of the session's digest. */
  readonly session?: string | null
}

/** `unknown`: it was begun, and a crash kept its end from being written down. */
export type Outcome = 'unknown' | 'done' | 'refused' | 'failed'

/** What was done, and to what. */
export interface Act {
  /** As procedures of the admin API are called: `jobs.cancel`, `runners.register`, `sessions.signIn`. */
  readonly action: string
  readonly subjectKind: SubjectKind | null
  readonly subjectIds: readonly number[]
  /** Never a secret, and nothing that may hold one. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface NewAuditEvent extends Act {
  readonly actor: Actor
  readonly outcome: Outcome
}

/** How an act ended; what it made may only be known then. */
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
  /** Ids below this one only. */
  readonly before?: number | undefined
  readonly limit: number
}

/** What the beginning of a session's digest shows of it. */
export const sessionPrefix = (digest: string): string => digest.slice(0, 8)
