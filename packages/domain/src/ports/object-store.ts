/** Stores bytes under keys of `a-z A-Z 0-9 / . _ -`. A reader sees a whole object or nothing. */
export interface ObjectStore {
  /**
   * Stores an object, replacing any earlier one; durable once resolved. A failing body or an aborted signal leaves
   * nothing behind. Only the chunk that the body yielded last is read: the body may reuse the memory of earlier ones.
   */
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<{ bytes: number }>
  /** Returns bytes from `start` up to but not including `end`; null if there is no such object. */
  get(key: string, range?: { start: number; end?: number }): Promise<AsyncIterable<Uint8Array> | null>
  /** Deletes objects. A key without an object is not an error. */
  delete(keys: readonly string[]): Promise<void>
  list(prefix: string): AsyncIterable<{ key: string; bytes: number; modifiedAt: Date }>
  /**
   * Returns an address that gives anyone access to the object for `seconds`, including ranges, under this file name;
   * null when the store does not support this.
   */
  link(key: string, options: { filename: string; seconds: number }): Promise<string | null>
  /** Rejects, with a sentence, when the store is not available. */
  probe(): Promise<void>
}
