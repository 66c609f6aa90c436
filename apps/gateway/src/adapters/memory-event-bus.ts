import type { EventBus, Subscription, TopicListener } from '@yardmaster/domain/ports'
import { LocalTopics } from './local-topics.ts'

/** Events within this process: none is lost, and no other process receives them. */
export class MemoryEventBus implements EventBus, AsyncDisposable {
  readonly #topics = new LocalTopics()
  #closed = false

  get healthy(): boolean {
    return !this.#closed
  }

  async publish(topic: string, hint?: string): Promise<void> {
    this.#topics.wake(topic, hint)
  }

  async subscribe(topic: string): Promise<Subscription> {
    if (this.#closed) throw new Error('The event bus is closed')
    const subscription = this.#topics.open(topic)
    this.#topics.add(topic, subscription)
    return subscription
  }

  async listen(topic: string, listener: TopicListener): Promise<void> {
    if (this.#closed) throw new Error('The event bus is closed')
    this.#topics.add(topic, listener)
  }

  unlisten(topic: string, listener: TopicListener): void {
    this.#topics.remove(topic, listener)
  }

  /** Wakes all subscribers, so that none delays a shutdown. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#topics.wakeAll()
  }
}
