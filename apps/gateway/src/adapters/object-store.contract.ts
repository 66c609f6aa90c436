import type { ObjectStore } from '@yardmaster/domain/ports'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

/** What every object store must do. Each adapter's test file calls this. `open` returns an empty store. */
export function objectStoreContract(name: string, open: () => Promise<ObjectStore & AsyncDisposable>): void {
  describe(`${name} keeps the object store contract`, () => {
    let store: ObjectStore & AsyncDisposable
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store[Symbol.asyncDispose]())

    const keys = async (prefix: string) => (await Array.fromAsync(store.list(prefix))).map(({ key }) => key).sort()

    it('returns the stored bytes', async () => {
      expect(await store.put('jobs/1/a.zip', bytes('hello'))).toEqual({ bytes: 5 })
      expect(await read(store, 'jobs/1/a.zip')).toBe('hello')
    })

    it('returns the bytes that were stored in pieces', async () => {
      expect(await store.put('jobs/1/a.zip', pieces('he', '', 'llo'))).toEqual({ bytes: 5 })
      expect(await read(store, 'jobs/1/a.zip')).toBe('hello')
    })

    it('keeps every byte value', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index)
      await store.put('all', all)
      expect(await readBytes(store, 'all')).toEqual(Buffer.from(all))
    })

    it('keeps empty objects', async () => {
      expect(await store.put('empty/bytes', new Uint8Array())).toEqual({ bytes: 0 })
      expect(await store.put('empty/pieces', pieces())).toEqual({ bytes: 0 })
      expect([await read(store, 'empty/bytes'), await read(store, 'empty/pieces')]).toEqual(['', ''])
      expect(await read(store, 'empty/bytes', { start: 0, end: 5 })).toBe('')
    })

    it('stores only the given part of a longer buffer', async () => {
      await store.put('part', bytes('xxhelloxx').subarray(2, 7))
      expect(await read(store, 'part')).toBe('hello')
    })

    it('overwrites', async () => {
      await store.put('jobs/1/a.zip', bytes('a longer one'))
      await store.put('jobs/1/a.zip', bytes('new'))
      expect(await read(store, 'jobs/1/a.zip')).toBe('new')
    })

    it('returns null for a missing object', async () => {
      await store.put('jobs/1/a.zip', bytes('hello'))
      expect(await store.get('jobs/1/b.zip')).toBeNull()
      expect(await store.get('jobs/1')).toBeNull()
      expect(await store.get('jobs/1/a.zip/b')).toBeNull()
      expect(await store.get('jobs/2/a.zip', { start: 1, end: 2 })).toBeNull()
      expect(await store.get('jobs/2/a.zip', { start: 2, end: 2 })).toBeNull()
    })

    it.each([
      [{ start: 0 }, 'hello'],
      [{ start: 1 }, 'ello'],
      [{ start: 1, end: 3 }, 'el'],
      [{ start: 0, end: 5 }, 'hello'],
      [{ start: 4, end: 100 }, 'o'],
      [{ start: 2, end: 2 }, ''],
      [{ start: 5 }, ''],
      [{ start: 9, end: 12 }, ''],
    ])('reads the range %j', async (range, expected) => {
      await store.put('jobs/1/log', bytes('hello'))
      expect(await read(store, 'jobs/1/log', range)).toBe(expected)
    })

    it('transfers a large object in pieces and in ranges', async () => {
      const large = Buffer.alloc(20_000_000, 'abcdefghijklmnopqrstuvwxyz0123456789\n')
      expect(await store.put('large/pieces', chunked(large, 70_000))).toEqual({ bytes: large.length })
      expect(await store.put('large/bytes', large)).toEqual({ bytes: large.length })
      expect((await readBytes(store, 'large/pieces')).equals(large)).toBe(true)
      expect((await readBytes(store, 'large/bytes')).equals(large)).toBe(true)
      const part = await readBytes(store, 'large/pieces', { start: 8_388_600, end: 9_000_001 })
      expect(part.equals(large.subarray(8_388_600, 9_000_001))).toBe(true)
    })

    it('stores what a body yielded even if the body reuses its memory', async () => {
      async function* reusing() {
        for (let value = 1; value <= 200; value++) {
          const chunk = Buffer.alloc(100_000, value)
          yield chunk
          chunk.buffer.transfer(0)
        }
      }
      expect(await store.put('reused', reusing())).toEqual({ bytes: 20_000_000 })
      const stored = await readBytes(store, 'reused')
      for (let value = 1; value <= 200; value++) {
        expect(stored.subarray((value - 1) * 100_000, value * 100_000).every((byte) => byte === value)).toBe(true)
      }
    })

    it('gives every reader its own memory', async () => {
      const large = Buffer.alloc(1_000_000, 'abc')
      await store.put('large', large)
      for await (const chunk of (await store.get('large')) ?? []) chunk.fill(0)
      expect((await readBytes(store, 'large')).equals(large)).toBe(true)
      const [one, other] = await Promise.all([store.get('large'), store.get('large')])
      const wiping = async () => {
        for await (const chunk of one ?? []) chunk.fill(0)
      }
      const [read] = await Promise.all([Array.fromAsync(other ?? []), wiping()])
      expect(Buffer.concat(read).equals(large)).toBe(true)
    })

    it('lets a reader stop early', async () => {
      await store.put('large', Buffer.alloc(3_000_000))
      for await (const _ of (await store.get('large')) ?? []) break
      expect(await store.get('large', { start: 0, end: 1 })).not.toBeNull()
    })

    it('leaves nothing behind when an upload breaks off', async () => {
      await expect(store.put('jobs/1/a.zip', breaksAfter(bytes('he')))).rejects.toThrow('connection lost')
      await expect(store.put('jobs/1/b.zip', breaksAfter(Buffer.alloc(12_000_000)))).rejects.toThrow('connection lost')
      expect(await store.get('jobs/1/a.zip')).toBeNull()
      expect(await keys('')).toEqual([])
    })

    it('keeps the previous object when its replacement breaks off', async () => {
      await store.put('jobs/1/a.zip', bytes('old'))
      await expect(store.put('jobs/1/a.zip', breaksAfter(bytes('new')))).rejects.toThrow('connection lost')
      expect(await read(store, 'jobs/1/a.zip')).toBe('old')
    })

    it('leaves nothing behind when the signal aborts, even while the body is stalled', async () => {
      const stop = new AbortController()
      const body = standsStillAfter(Buffer.alloc(12_000_000))
      const putting = store.put('jobs/1/a.zip', body.pieces, stop.signal)
      await Promise.all([
        expect(putting).rejects.toThrow('hung up'),
        body.standing.then(() => stop.abort(new Error('hung up'))),
      ])
      expect(await keys('')).toEqual([])
    })

    it('does not begin when the signal has aborted', async () => {
      const body = vi.fn(() => pieces('a'))
      const gone = AbortSignal.abort(new Error('hung up'))
      await expect(store.put('a', { [Symbol.asyncIterator]: body }, gone)).rejects.toThrow('hung up')
      await expect(store.put('a', bytes('a'), gone)).rejects.toThrow('hung up')
      expect(await keys('')).toEqual([])
    })

    it('shows a reader one whole object while it is overwritten', async () => {
      const versions = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(100_000))
      await store.put('contended', bytes(versions.at(0) ?? ''))
      const [seen] = await Promise.all([
        Promise.all(Array.from({ length: 10 }, () => read(store, 'contended'))),
        ...versions.map((version) => store.put('contended', bytes(version))),
      ])
      for (const one of seen) expect(versions).toContain(one)
    })

    it('accepts many puts at once, even in new directories that other calls are emptying', async () => {
      await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const key = `busy/${index % 3}/deep/${index}`
          await store.put(key, bytes(key))
          if (index % 2) await store.delete([key])
        }),
      )
      expect(await keys('busy/')).toHaveLength(30)
    })

    it('deletes objects, and ignores missing ones', async () => {
      await store.put('jobs/1/a', bytes('a'))
      await store.put('jobs/1/b', bytes('b'))
      await store.delete(['jobs/1/a', 'jobs/9/nothing'])
      await store.delete(['jobs/1/a'])
      await store.delete([])
      expect(await keys('')).toEqual(['jobs/1/b'])
    })

    it('lists by prefix with sizes and times', async () => {
      const before = Date.now()
      for (const key of ['jobs/1/a', 'jobs/10/a', 'jobs/2/b/c', 'top']) await store.put(key, bytes(key))
      expect(await keys('')).toEqual(['jobs/1/a', 'jobs/10/a', 'jobs/2/b/c', 'top'])
      expect(await keys('jobs/')).toEqual(['jobs/1/a', 'jobs/10/a', 'jobs/2/b/c'])
      expect(await keys('jobs/1')).toEqual(['jobs/1/a', 'jobs/10/a'])
      expect(await keys('jobs/1/')).toEqual(['jobs/1/a'])
      expect(await keys('jobs/2/b/c')).toEqual(['jobs/2/b/c'])
      expect(await keys('nothing/')).toEqual([])
      const [top] = await Array.fromAsync(store.list('top'))
      expect(top?.bytes).toBe(3)
      // S3 reports whole seconds.
      expect(top?.modifiedAt.getTime()).toBeGreaterThanOrEqual(before - 2_000)
    })

    it('lists and deletes more than a thousand', async () => {
      const many = Array.from({ length: 1_101 }, (_, index) => `many/${index}`)
      for (let at = 0; at < many.length; at += 50) {
        await Promise.all(many.slice(at, at + 50).map((key) => store.put(key, bytes(key))))
      }
      expect(await keys('many/')).toEqual(many.toSorted())
      await store.delete(many)
      expect(await keys('')).toEqual([])
    })

    it.each(['', '/etc/passwd', '../a', 'a/../b', 'a//b', 'a/', './a', 'a/.hidden', 'ä', 'a b', 'a\\b', 'a\0'])(
      'refuses the key %j',
      async (key) => {
        await expect(store.put(key, bytes('a'))).rejects.toThrow('Not an object key')
        await expect(store.get(key)).rejects.toThrow('Not an object key')
        await expect(store.delete([key])).rejects.toThrow('Not an object key')
      },
    )

    it('passes a probe and leaves nothing behind', async () => {
      await expect(store.probe()).resolves.toBeUndefined()
      expect(await keys('')).toEqual([])
    })
  })
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export async function readBytes(
  store: ObjectStore,
  key: string,
  range?: { start: number; end?: number },
): Promise<Buffer> {
  const body = await store.get(key, range)
  if (!body) throw new Error(`There is no ${key}`)
  return Buffer.concat(await Array.fromAsync(body))
}

const read = async (...what: Parameters<typeof readBytes>): Promise<string> => (await readBytes(...what)).toString()

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytes(text)
}

async function* chunked(whole: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size)
}

async function* breaksAfter(first: Uint8Array): AsyncGenerator<Uint8Array> {
  yield first
  throw new Error('connection lost')
}

/** A body whose sender went silent; `standing` resolves once everything it had was read. */
function standsStillAfter(first: Uint8Array): { pieces: AsyncIterable<Uint8Array>; standing: Promise<void> } {
  const { promise: standing, resolve } = Promise.withResolvers<void>()
  async function* pieces() {
    yield first
    resolve()
    await new Promise(() => {})
  }
  return { pieces: pieces(), standing }
}
