import type { HeldDelivery, HookDelivery, HookOutcome, NewHookDelivery, TakenHookDelivery } from '../hooks/delivery.ts'

/** Secrets of incoming hooks, and what came in. */
export interface HookStore {
  /** Takes the same time for every id. Returns null when there is no such project, or it has no secret that can be read. */
  secret(projectId: number): Promise<string | null>
  /** Returns when the present secret was made; null when there is none. */
  secretMadeAt(projectId: number): Promise<Date | null>
  /** Returns whether there is such a project. */
  replaceSecret(projectId: number, secret: string): Promise<boolean>
  /**
   * Stores a delivery that is due at once, unless the project has one of this kind and key. Returns the id of the one or
   * the other; null when there is no such project.
   */
  add(delivery: NewHookDelivery): Promise<{ readonly id: number; readonly isNew: boolean } | null>
  find(id: number): Promise<HookDelivery | null>
  /** Returns the newest first. */
  list(filter: { projectId: number; before?: number | undefined; limit: number }): Promise<HookDelivery[]>
  /**
   * Takes deliveries that are due, the longest waiting first. Each belongs to its taker for `leaseMs`, and again for as
   * long from every `renew` on. One that is about the same subject as an earlier one that is still to be worked on waits for that.
   */
  takeDue(take: { limit: number; leaseMs: number }): Promise<TakenHookDelivery[]>
  /**
   * Takes one delivery, to work on it from the beginning. With `approving` only one that waits for approval, which it
   * gets. Returns null when there is none.
   */
  take(
    id: number,
    how: { leaseMs: number; approving: boolean },
  ): Promise<TakenHookDelivery | 'under_way' | 'not_waiting' | null>
  /** Prolongs the lease. Returns false when another process has taken it. */
  renew(held: HeldDelivery, leaseMs: number): Promise<boolean>
  /** Notes that a change is done for which no pipeline was created. `done` is how many were before. */
  noteDone(held: HeldDelivery, done: number): Promise<boolean>
  /** Notes what came of it, and ends the lease. Null when another process has taken it. */
  settle(
    held: HeldDelivery,
    then: { outcome: HookOutcome; message: string | null; failures: number; againInMs: number | null },
  ): Promise<HookDelivery | null>
  /** Deletes up to `limit` deliveries that came before a time. Returns how many. */
  removeBefore(before: Date, limit: number): Promise<number>
  /** Deletes up to `limit` deliveries of projects that have more than `most`, the oldest that nobody works on. */
  removeBeyond(most: number, limit: number): Promise<number>
}
