import type { HookKind } from './forges.ts'

/**
 * What came of a delivery. `received`: it is still to be worked on. `waiting`: it comes from a fork and waits to be
 * approved. `created`: pipelines were. `skipped`: something wants none, such as a message or the rules of the
 * configuration. `refused`: the payload or the configuration has an error. `ignored`: it is about nothing that starts
 * pipelines. `failed`: something is away, and it is tried again as long as `dueAt` says when.
 */
export const HOOK_OUTCOMES = ['received', 'waiting', 'created', 'skipped', 'refused', 'ignored', 'failed'] as const
export type HookOutcome = (typeof HOOK_OUTCOMES)[number]

/** An event that a forge sent, and what came of it. */
export interface HookDelivery {
  readonly id: number
  readonly projectId: number
  readonly kind: HookKind
  /** The sender's id of it. */
  readonly key: string
  /** The name of the event as the forge says it. */
  readonly event: string
  /** What it is about, such as `branch main` or `merge request 12`. */
  readonly subjects: readonly string[]
  readonly receivedAt: Date
  readonly outcome: HookOutcome
  /** Sentences: what came of each change, or why nothing did. */
  readonly message: string | null
  /** In the order of the changes, without those that were removed since. */
  readonly pipelineIds: readonly number[]
  /** When it is worked on next; null for never. */
  readonly dueAt: Date | null
}

/** What is kept of a request. */
export interface HookPayload {
  readonly event: string
  /** The fields that are used. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface NewHookDelivery {
  readonly projectId: number
  readonly kind: HookKind
  readonly key: string
  readonly event: string
  readonly subjects: readonly string[]
  readonly payload: HookPayload
}

/** A delivery on which a process works. */
export interface TakenHookDelivery extends HookDelivery {
  /** `damaged` when it can't be read. */
  readonly payload: HookPayload | 'damaged'
  readonly approved: boolean
  /** How many of its changes are done. */
  readonly done: number
  readonly failures: number
  /** Distinguishes this taking from later ones. */
  readonly taken: number
}

/** Names a delivery and the taking of it: what a process writes counts only while nobody else took it since. */
export type HeldDelivery = Pick<TakenHookDelivery, 'id' | 'taken'>
