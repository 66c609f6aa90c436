import type { Attempt } from '../deliveries/attempt.ts'
import type { DueQuery } from '../deliveries/send-due.ts'
import type { Delivery, NewWebhook, TakenDelivery, Webhook, WebhookChanges } from '../webhooks/webhook.ts'

/**
 * Deliveries are created in the transaction that changes a job's status, one for each webhook that subscribes to it.
 */
export interface WebhookStore {
  create(webhook: NewWebhook): Promise<Webhook>
  find(id: number): Promise<Webhook | null>
  /** Returns the newest first. */
  list(filter: { projectId?: number | undefined; before?: number | undefined; limit: number }): Promise<Webhook[]>
  update(id: number, changes: WebhookChanges): Promise<Webhook | null>
  replaceSecret(id: number, secret: string): Promise<boolean>
  /** Removes the webhook and its deliveries. */
  remove(id: number): Promise<boolean>
  /** Returns the newest first. */
  deliveries(filter: { webhookId: number; before?: number | undefined; limit: number }): Promise<Delivery[]>
  /** Creates a test delivery without a job, already taken by the caller; null when there is no such webhook. */
  addTest(webhookId: number): Promise<TakenDelivery | null>
  /**
   * Takes due deliveries of enabled webhooks, the longest waiting first. Each is taken exactly once until `leaseMs`
   * have passed: by then `settle` was called, or the taker is considered lost.
   */
  takeDue(query: DueQuery): Promise<TakenDelivery[]>
  /** Records an attempt and its consequence. */
  settle(
    id: number,
    attempt: Attempt,
    then: { state: Delivery['state']; againInMs: number | null },
  ): Promise<Delivery | null>
  /**
   * Makes a delivery of this webhook due now, whatever its outcome was. Returns null if there is none. Refuses test
   * deliveries, those of a disabled webhook, and those that are due within `leaseMs`, which may already be taken.
   */
  makeDue(
    of: { webhookId: number; id: number },
    leaseMs: number,
  ): Promise<Delivery | 'test' | 'switched_off' | 'under_way' | null>
  /** Counts deliveries that are still to be sent, up to `most`. */
  countWaiting(most: number): Promise<number>
  /** Deletes up to `limit` older deliveries, finished or not. Returns how many. */
  removeDeliveriesBefore(before: Date, limit: number): Promise<number>
}
