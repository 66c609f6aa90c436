import type { ObjectStore } from '@yardmaster/domain/ports'

/** Only logs have many readers at once. */
const SHARED = 'traces/'
/** These have bytes of many logs, of which a reader needs few: parts are read and kept, not the whole. */
const SEGMENTS = 'traces/segments/'
/** Objects up to this size are read whole and kept for a while. */
const SHARED_BYTES = 1_048_576
const KEPT_BYTES = 64 * 1_048_576

/**
 * Lets the readers of one process share reads and its own writes: with many followers of one log each piece is read at
 * most once, not once per follower. Keys are never written twice with different bytes, so kept bytes stay valid.
 */
export function shareReads(store: ObjectStore): ObjectStore {
  /** By key, or key and range: no key has a space. */
  const kept = new Map<string, Buffer>()
  /** Of each segment, the names of its parts in `kept`. */
  const parts = new Map<string, Set<string>>()
  const reading = new Map<string, Promise<Buffer | null>>()
  let keptBytes = 0

  function forget(key: string): void {
    keptBytes -= kept.get(key)?.length ?? 0
    kept.delete(key)
    const [whole = ''] = key.split(' ')
    const others = parts.get(whole)
    others?.delete(key)
    if (others?.size === 0) parts.delete(whole)
  }

  function keep(key: string, bytes: Buffer): void {
    forget(key)
    kept.set(key, bytes)
    keptBytes += bytes.length
    for (const oldest of kept.keys()) {
      if (keptBytes <= KEPT_BYTES) break
      forget(oldest)
    }
  }

  /** Returns the start of an object, up to one byte more than would be shared; null for a missing object. */
  async function readStart(key: string): Promise<Buffer | null> {
    const body = await store.get(key, { start: 0, end: SHARED_BYTES + 1 })
    if (!body) return null
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  async function readPart(key: string, range: { start: number; end: number }): Promise<Buffer | null> {
    const body = await store.get(key, range)
    return body && Buffer.concat(await Array.fromAsync(body))
  }

  /** Reads once for all concurrent callers. They still get an object deleted during the read, but it is not kept. */
  function read(key: string, work: () => Promise<Buffer | null>): Promise<Buffer | null> {
    const underWay = reading.get(key)
    if (underWay) return underWay
    const started = work()
    reading.set(key, started)
    return started
      .then((bytes) => {
        if (bytes && bytes.length <= SHARED_BYTES && reading.get(key) === started) keep(key, bytes)
        return bytes
      })
      .finally(() => {
        if (reading.get(key) === started) reading.delete(key)
      })
  }

  function forgetDeleted(keys: readonly string[]): void {
    for (const key of keys) {
      for (const name of [key, ...(parts.get(key) ?? [])]) {
        forget(name)
        reading.delete(name)
      }
    }
  }

  return {
    async put(key, body, signal) {
      const stored = await store.put(key, body, signal)
      // Followers, and the merging of pieces, soon read what was just written. Kept as a copy, because a small view may
      // hold on to a large buffer.
      if (key.startsWith(SHARED) && body instanceof Uint8Array && body.length <= SHARED_BYTES) {
        keep(key, Buffer.from(body))
      }
      return stored
    },
    list: (prefix) => store.list(prefix),
    link: (key, options) => store.link(key, options),
    probe: () => store.probe(),
    async delete(keys) {
      forgetDeleted(keys)
      try {
        await store.delete(keys)
      } finally {
        // Again, because a read that began before the deletion would keep the object.
        forgetDeleted(keys)
      }
    },
    async get(key, range) {
      const { start = 0, end = Number.POSITIVE_INFINITY } = range ?? {}
      // Only a large object has bytes at this offset, and large ones are streamed.
      const isStreamed = start > SHARED_BYTES && !key.startsWith(SEGMENTS)
      if (isStreamed || !key.startsWith(SHARED)) return await store.get(key, range)
      const shared = kept.get(key)
      if (shared) return once(shared.subarray(start, end))
      if (key.startsWith(SEGMENTS)) {
        if (end - start > SHARED_BYTES) return await store.get(key, range)
        const name = `${key} ${start}-${end}`
        parts.set(key, (parts.get(key) ?? new Set()).add(name))
        const part = kept.get(name) ?? (await read(name, () => readPart(key, { start, end })))
        // One that is not kept, because it is gone, needs no name either.
        if (!kept.has(name)) forget(name)
        return part && once(part)
      }
      const bytes = await read(key, () => readStart(key))
      if (!bytes) return null
      if (bytes.length <= SHARED_BYTES || end <= SHARED_BYTES) return once(bytes.subarray(start, end))
      return await store.get(key, range)
    },
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
