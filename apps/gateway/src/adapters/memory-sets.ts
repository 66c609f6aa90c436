/** Members of one set (`Scratch.addMember`). */
export const MOST_MEMBERS = 100
/** Sets may vanish, so the longest unused do before they fill the memory. */
const MOST_SETS = 100_000

/** Sets whose members leave after a time, in this process. */
export class MemorySets {
  /** Both maps are in the order of the last adding: what is first was not added for the longest time. */
  readonly #sets = new Map<string, Map<string, number>>()

  add(key: string, member: string, ttlMs: number, withinMs: number): number {
    const now = performance.now()
    const members = this.#sets.get(key) ?? new Map<string, number>()
    members.delete(member)
    members.set(member, now + ttlMs)
    for (const [one, expiresAt] of members) if (expiresAt <= now || members.size > MOST_MEMBERS) members.delete(one)
    this.#sets.delete(key)
    this.#sets.set(key, members)
    this.#dropUnused(now)
    const since = now + ttlMs - withinMs
    let counted = 0
    for (const expiresAt of members.values()) if (expiresAt >= since) counted += 1
    return counted
  }

  remove(key: string, member: string): void {
    const members = this.#sets.get(key)
    if (members?.delete(member) && members.size === 0) this.#sets.delete(key)
  }

  clear(): void {
    this.#sets.clear()
  }

  /** Each adding looks at the first set only and at those behind it that went before: a constant, over time. */
  #dropUnused(now: number): void {
    for (const [key, members] of this.#sets) {
      const isUnused = [...members.values()].every((expiresAt) => expiresAt <= now)
      if (!isUnused && this.#sets.size <= MOST_SETS) break
      this.#sets.delete(key)
    }
  }
}
