/** Short-lived values that may vanish at any moment. With the server behind it away, reads are null and writes vanish. */
export interface Scratch {
  get(key: string): Promise<string | null>
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** Stores `value` unless there is one; returns the value that is now there. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<string>
  delete(key: string): Promise<void>
  /** Adds one to a counter that vanishes `ttlMs` after its first increment; 1 when it can't be counted. */
  increment(key: string, ttlMs: number): Promise<number>
  /**
   * Puts `member` into a set, for `ttlMs` from now, and tells how many were added in the last `withinMs`, if all came with
   * this `ttlMs`; 1 when they can't be counted. Of more than 100 those that were added longest ago leave.
   */
  addMember(key: string, member: string, ttlMs: number, withinMs: number): Promise<number>
  removeMember(key: string, member: string): Promise<void>
}
