import type { Scratch } from '@yardmaster/domain/ports'
import { MemorySets } from './memory-sets.ts'

/** Number of values from which expired ones are swept; fewer take little memory. */
const SWEEP_FROM = 1_000
/** Values may vanish, so beyond this number the oldest are dropped, down to `KEPT_VALUES`. */
const MOST_VALUES = 200_000
const KEPT_VALUES = 180_000

interface Entry {
  readonly value: string
  readonly expiresAt: number
}

/** Short-lived values in this process. A restart forgets them, which the port allows. */
export class MemoryScratch implements Scratch, AsyncDisposable {
  readonly #entries = new Map<string, Entry>()
  readonly #sets = new MemorySets()
  #sweepAt = SWEEP_FROM

  async get(key: string): Promise<string | null> {
    return this.#live(key)?.value ?? null
  }

  recall(key: string): Promise<string | null> {
    return this.get(key)
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    this.#store(key, value, performance.now() + ttlMs)
  }

  async setIfAbsent(key: string, value: string, ttlMs: number): Promise<string> {
    const present = this.#live(key)
    if (present) return present.value
    this.#store(key, value, performance.now() + ttlMs)
    return value
  }

  async delete(key: string): Promise<void> {
    this.#entries.delete(key)
  }

  async increment(key: string, ttlMs: number, by = 1): Promise<number> {
    const present = this.#live(key)
    const count = present ? Number(present.value) + by : by
    if (!Number.isSafeInteger(count)) return by
    this.#store(key, String(count), present?.expiresAt ?? performance.now() + ttlMs)
    return count
  }

  async addMember(key: string, member: string, ttlMs: number, withinMs: number): Promise<number> {
    return this.#sets.add(key, member, ttlMs, withinMs)
  }

  async removeMember(key: string, member: string): Promise<void> {
    this.#sets.remove(key, member)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#entries.clear()
    this.#sets.clear()
  }

  #live(key: string): Entry | null {
    const entry = this.#entries.get(key)
    if (!entry) return null
    if (entry.expiresAt > performance.now()) return entry
    this.#entries.delete(key)
    return null
  }

  #store(key: string, value: string, expiresAt: number): void {
    this.#entries.set(key, { value, expiresAt })
    if (this.#entries.size >= this.#sweepAt) this.#sweep()
  }

  /** Sweeps next at double the size, so that the cost per write is constant. */
  #sweep(): void {
    const now = performance.now()
    for (const [key, { expiresAt }] of this.#entries) if (expiresAt <= now) this.#entries.delete(key)
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= KEPT_VALUES) break
      this.#entries.delete(key)
    }
    this.#sweepAt = Math.min(Math.max(SWEEP_FROM, this.#entries.size * 2), MOST_VALUES)
  }
}
