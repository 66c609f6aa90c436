import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ObjectStore } from '@yardmaster/domain/ports'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FilesystemObjectStore } from './filesystem-object-store.ts'
import { shareReads } from './shared-reads.ts'

describe('shared reads', () => {
  let folder: string
  let store: ObjectStore
  let shared: ObjectStore

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yardmaster-shared-'))
    store = await FilesystemObjectStore.open(folder)
    shared = shareReads(store)
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  async function read(key: string, range?: { start: number; end?: number }): Promise<string | null> {
    const body = await shared.get(key, range)
    return body && Buffer.concat(await Array.fromAsync(body)).toString()
  }

  it('return a piece of a log written here without reading the store, whole and in part', async () => {
    await shared.put('traces/1/a', Buffer.from('hello'))
    await store.delete(['traces/1/a'])
    expect(await read('traces/1/a')).toBe('hello')
    expect(await read('traces/1/a', { start: 1, end: 3 })).toBe('el')
  })

  it('return a piece of a log that was read once without reading it again', async () => {
    await store.put('traces/1/a', Buffer.from('hello'))
    expect(await read('traces/1/a')).toBe('hello')
    await store.delete(['traces/1/a'])
    expect(await read('traces/1/a')).toBe('hello')
  })

  it('keep a copy of the written bytes', async () => {
    const bytes = Buffer.from('hello')
    await shared.put('traces/1/a', bytes)
    bytes.fill('x')
    expect(await read('traces/1/a')).toBe('hello')
  })

  it('forget an object that is deleted during a read', async () => {
    await store.put('traces/1/a', Buffer.from('hello'))
    const gate = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const slow = shareReads({
      ...store,
      delete: (keys) => store.delete(keys),
      async get(key, range) {
        const body = await store.get(key, range)
        reached.resolve()
        await gate.promise
        return body
      },
    })
    const reading = slow.get('traces/1/a')
    await reached.promise
    await slow.delete(['traces/1/a'])
    gate.resolve()
    await reading
    expect(await slow.get('traces/1/a')).toBeNull()
  })

  it('forget a deleted object', async () => {
    await shared.put('traces/1/a', Buffer.from('hello'))
    await shared.delete(['traces/1/a'])
    expect(await read('traces/1/a')).toBeNull()
  })

  it('read of an object with many logs only the part that is needed, once for all', async () => {
    const key = 'traces/segments/a'
    const ranges: unknown[] = []
    await store.put(key, Buffer.from('hello world'))
    const counted = shareReads({
      ...store,
      delete: (keys) => store.delete(keys),
      get(name, range) {
        ranges.push(range)
        return store.get(name, range)
      },
    })
    const part = async () => {
      const body = await counted.get(key, { start: 6, end: 9 })
      return body && Buffer.concat(await Array.fromAsync(body)).toString()
    }
    expect(await Promise.all([part(), part(), part()])).toEqual(['wor', 'wor', 'wor'])
    expect(await part()).toBe('wor')
    expect(ranges).toEqual([{ start: 6, end: 9 }])
    await counted.delete([key])
    expect(await part()).toBeNull()
  })

  it('return a part of an object with many logs that was written here without reading the store', async () => {
    await shared.put('traces/segments/a', Buffer.from('hello world'))
    await store.delete(['traces/segments/a'])
    expect(await read('traces/segments/a', { start: 6, end: 9 })).toBe('wor')
  })

  it('keep only pieces of logs', async () => {
    await shared.put('artifacts/1/a', Buffer.from('hello'))
    await store.delete(['artifacts/1/a'])
    expect(await read('artifacts/1/a')).toBeNull()
  })
})
