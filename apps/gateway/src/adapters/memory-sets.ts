/** The most members of one set (`Scratch.addMember`). */
export const MOST_MEMBERS = 100
/** Sets may vanish, so beyond this number the longest unused are dropped. */
const MOST_SETS = 100_000

/** Sets in this process whose members expire. */
export class MemorySets {
  /** Both maps are in the order of the last addition, oldest first. */
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

  /** Drops sets from the front until one is in use: a constant cost per addition, over time. */
  #dropUnused(now: number): void {
    for (const [key, members] of this.#sets) {
      const isUnused = [...members.values()].every((expiresAt) => expiresAt <= now)
      if (!isUnused && this.#sets.size <= MOST_SETS) break
      this.#sets.delete(key)
    }
  }
}
