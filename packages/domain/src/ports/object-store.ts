/** Bytes under keys of `a-z A-Z 0-9 / . _ -`. A reader sees a whole object or none. */
export interface ObjectStore {
  /**
   * Durable once resolved. A body that fails or an aborted signal leaves nothing. Overwrites. Of a body only the chunk
   * it gave last is looked at: it may use the others' memory again.
   */
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<{ bytes: number }>
  /** From byte `start` up to, not including, `end`; null if there is no such object. */
  get(key: string, range?: { start: number; end?: number }): Promise<AsyncIterable<Uint8Array> | null>
  /** Deleting what is not there is no error. */
  delete(keys: readonly string[]): Promise<void>
  list(prefix: string): AsyncIterable<{ key: string; bytes: number; modifiedAt: Date }>
  /**
   * An address where anyone can get the object for `seconds`, ranges included, under this file name; null where the
   * store has none to give.
   */
  link(key: string, options: { filename: string; seconds: number }): Promise<string | null>
  /** Rejects, with a sentence, when the store can't be used now. */
  probe(): Promise<void>
}
