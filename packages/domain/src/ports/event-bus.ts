/** Wake-ups between processes. An event is a hint; a store is the truth. May drop, repeat or reorder. */
export interface EventBus {
  /**
   * Wake every subscriber of `topic`, those of this process before it resolves. Never throws: a lost event costs a
   * delay. `hint` (at most 128 KiB) may save the subscriber a read.
   */
  publish(topic: string, hint?: string): Promise<void>
  /** Resolves once live, so that a read made afterwards can't miss an event. Rejects while the channel is down. */
  subscribe(topic: string): Promise<Subscription>
  /**
   * As `subscribe`, for listeners of which there are thousands: it costs a set entry. The listener is woken whenever a
   * subscription would be, before this resolves too, until `unlisten`. Not listening when it rejects.
   */
  listen(topic: string, listener: TopicListener): Promise<void>
  unlisten(topic: string, listener: TopicListener): void
  /** False while events may be lost: followers then look more often by themselves. */
  readonly healthy: boolean
}

export interface TopicListener {
  /** Something happened, or may have been missed: look. Must not throw. */
  wake(): void
}

export interface Subscription extends AsyncDisposable {
  /**
   * Resolves at the next event, at once if one came since the last call; after `timeoutMs`; when `signal` aborts; or
   * when the channel broke or came back (then `events` is true too: look again).
   * Hints kept between two calls are bounded; when there were more, `hints` is empty: read the store.
   */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<{ events: boolean; hints: readonly string[] }>
}
