import type { Scratch } from '../ports.ts'

/** The most members of one set (`Scratch.addMember`). */
const MOST_MEMBERS = 100

/** For tests. Returns short-lived values in memory, by the monotonic clock. */
export function memoryScratch(): Scratch & AsyncDisposable {
  const values = new Map<string, { value: string; endsAt: number }>()
  /** Sets of members with the time at which each ends, the oldest addition first. */
  const sets = new Map<string, Map<string, number>>()

  function live(key: string) {
    const entry = values.get(key)
    return entry && entry.endsAt > performance.now() ? entry : undefined
  }
  function setIfAbsent(key: string, value: string, ttlMs: number) {
    const entry = live(key) ?? { value, endsAt: performance.now() + ttlMs }
    values.set(key, entry)
    return entry
  }

  return {
    get: async (key) => live(key)?.value ?? null,
    recall: async (key) => live(key)?.value ?? null,
    async set(key, value, ttlMs) {
      values.set(key, { value, endsAt: performance.now() + ttlMs })
    },
    setIfAbsent: async (key, value, ttlMs) => setIfAbsent(key, value, ttlMs).value,
    async delete(key) {
      values.delete(key)
    },
    async increment(key, ttlMs, by = 1) {
      const entry = setIfAbsent(key, '0', ttlMs)
      const count = Number(entry.value) + by
      if (!Number.isSafeInteger(count)) return by
      entry.value = String(count)
      return count
    },
    async addMember(key, member, ttlMs, withinMs) {
      const now = performance.now()
      const others = [...(sets.get(key) ?? [])].filter(([other, endsAt]) => other !== member && endsAt > now)
      const members = [...others, [member, now + ttlMs] as const].slice(-MOST_MEMBERS)
      sets.set(key, new Map(members))
      return members.filter(([, endsAt]) => endsAt - ttlMs >= now - withinMs).length
    },
    async removeMember(key, member) {
      sets.get(key)?.delete(member)
    },
    async [Symbol.asyncDispose]() {
      values.clear()
      sets.clear()
    },
  }
}
