import type { Forge } from './forge.ts'

/** Where the statuses of a project's commits go. Its token is read only to send them. */
export interface StatusTarget {
  readonly projectId: number
  readonly forge: Forge
  /** Of the repository: its page, or its address in the forge's API. Contains no credentials. */
  readonly address: string
  /** The name of the pipeline's status; those of jobs have it as a prefix. */
  readonly context: string
  /** Whether jobs have statuses of their own. */
  readonly jobs: boolean
  /** Until then the forge wants no requests. */
  readonly pausedUntil: Date | null
}

/** What people set; absent members keep their values. */
export interface StatusTargetChange {
  readonly forge: Forge
  readonly address: string
  readonly token?: string | undefined
  readonly context?: string | undefined
  readonly jobs?: boolean | undefined
}

/** A target to be stored. */
export interface NewStatusTarget extends Omit<StatusTarget, 'projectId' | 'pausedUntil'> {
  /** Absent when the stored one stays. */
  readonly token?: string
}
