/**
 * Wake-ups between processes. An event is a hint; the store is the truth. Events may get lost, repeat or change order.
 */
export interface EventBus {
  /**
   * Wakes every subscriber of `topic`, those of this process before it resolves. Never throws: a lost event only causes
   * a delay. `hint` (at most 128 KiB) may save the subscriber a read.
   */
  publish(topic: string, hint?: string): Promise<void>
  /**
   * Resolves once live, so that no event is missed between this and a later read. Rejects while the channel is down.
   */
  subscribe(topic: string): Promise<Subscription>
  /**
   * As `subscribe`, but cheap enough for thousands of listeners: each is one entry of a set. The listener is woken
   * whenever a subscription would be, even before this resolves, until `unlisten`. It is not registered when this
   * rejects.
   */
  listen(topic: string, listener: TopicListener): Promise<void>
  unlisten(topic: string, listener: TopicListener): void
  /** False while events may get lost: followers then poll more often. */
  readonly healthy: boolean
}

export interface TopicListener {
  /** Called when something happened, with its hint, or may have been missed. Must not throw. */
  wake(hint?: string): void
}

export interface Subscription extends AsyncDisposable {
  /**
   * Resolves at the next event, or at once if one came since the last call; after `timeoutMs`; when `signal` aborts; or
   * when the channel broke or came back (then `events` is true as well: read again). Only a bounded number of hints is
   * kept between two calls; beyond that `hints` is empty: read the store.
   */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<{ events: boolean; hints: readonly string[] }>
}
