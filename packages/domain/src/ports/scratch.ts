/**
 * Short-lived values that may vanish at any moment. While its server is away, reads return null and writes are lost.
 */
export interface Scratch {
  get(key: string): Promise<string | null>
  /**
   * As `get`, and cheap when repeated: what this process knows may be old by as long as the report of a change takes. A
   * report is never later than an event that was published after the change.
   */
  recall(key: string): Promise<string | null>
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** Stores `value` unless there is one already; returns the value that is stored afterwards. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<string>
  delete(key: string): Promise<void>
  /** Adds to a counter that vanishes `ttlMs` after its first increment; returns `by` when it can't be counted. */
  increment(key: string, ttlMs: number, by?: number): Promise<number>
  /**
   * Adds `member` to a set for `ttlMs`, and returns how many were added in the last `withinMs`, provided that all were
   * added with this `ttlMs`; 1 when they can't be counted. Beyond 100 members, those added longest ago are removed.
   */
  addMember(key: string, member: string, ttlMs: number, withinMs: number): Promise<number>
  removeMember(key: string, member: string): Promise<void>
}
