import type { Attempt, Delivery, NewWebhook, TakenDelivery, Webhook, WebhookChanges } from '../webhooks/webhook.ts'

/** Deliveries come into being in the transaction that changes a job's status, one for each webhook that wants it. */
export interface WebhookStore {
  create(webhook: NewWebhook): Promise<Webhook>
  find(id: number): Promise<Webhook | null>
  /** Newest first. */
  list(filter: { projectId?: number | undefined; before?: number | undefined; limit: number }): Promise<Webhook[]>
  update(id: number, changes: WebhookChanges): Promise<Webhook | null>
  replaceSecret(id: number, secret: string): Promise<boolean>
  /** With its deliveries. */
  remove(id: number): Promise<boolean>
  /** Newest first. */
  deliveries(filter: { webhookId: number; before?: number | undefined; limit: number }): Promise<Delivery[]>
  /** A delivery that tells of no job, in the caller's hands; null: no such webhook. */
  addTest(webhookId: number): Promise<TakenDelivery | null>
  /**
   * Takes deliveries of enabled webhooks that are due, the longest waiting first, each exactly once until `leaseMs` have
   * passed: by then `settle` was called, or its taker is lost.
   */
  takeDue(take: {
    limit: number
    perWebhook: number
    /** Webhooks that have enough under way. */
    except: readonly number[]
    leaseMs: number
  }): Promise<TakenDelivery[]>
  /** Notes an attempt and what follows from it. */
  settle(
    id: number,
    attempt: Attempt,
    then: { state: Delivery['state']; againInMs: number | null },
  ): Promise<Delivery | null>
  /**
   * A delivery of this webhook is due now, whatever became of it; null: it has no such one. Not one that tests, nor one
   * of a webhook that is switched off, nor one that waits and is due within `leaseMs`: it may be in somebody's hands.
   */
  makeDue(
    of: { webhookId: number; id: number },
    leaseMs: number,
  ): Promise<Delivery | 'test' | 'switched_off' | 'under_way' | null>
  /** Deliveries that are yet to be sent; counted up to `most`. */
  countWaiting(most: number): Promise<number>
  /** Deletes up to `limit` deliveries that are older, done or not; how many. */
  removeDeliveriesBefore(before: Date, limit: number): Promise<number>
}
