import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drawCuts, drawnSeed, drawsOf, RecordedDisk } from '@yardmaster/db/power-cut'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FilesystemObjectStore } from './filesystem-object-store.ts'
import { bytes, objectStoreContract, readBytes } from './object-store.contract.ts'

async function* inPieces(text: string): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += 1000) yield bytes(text.slice(at, at + 1000))
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yardmaster-objects-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

objectStoreContract('The object store in files', () => FilesystemObjectStore.open(folder))

describe('The object store in files', () => {
  it('removes the remains of broken uploads when it opens, and keeps the objects', async () => {
    const store = await FilesystemObjectStore.open(folder)
    await store.put('jobs/1/a', bytes('a'))
    await writeFile(join(folder, '.incoming', 'half'), 'ha')
    const again = await FilesystemObjectStore.open(folder)
    expect(await readdir(join(folder, '.incoming'))).toEqual([])
    expect((await readBytes(again, 'jobs/1/a')).toString()).toBe('a')
  })

  it('has every stored object, and no deleted one, after a power cut at any moment', async () => {
    const seed = drawnSeed()
    const draw = drawsOf(seed)
    const store = await FilesystemObjectStore.open(folder)
    const disk = new RecordedDisk(folder)
    const states = new Map<string, { content: string | null; from: number; at: number }[]>()
    async function change(key: string, content: string | null): Promise<void> {
      const state = { content, from: disk.length, at: Number.POSITIVE_INFINITY }
      states.set(key, [...(states.get(key) ?? []), state])
      if (content === null) await store.delete([key])
      else if (draw() < 0.5) await store.put(key, bytes(content))
      else await store.put(key, inPieces(content))
      state.at = disk.length
    }
    // Each key has one change at a time, several keys and directories at once.
    await Promise.all(
      Array.from({ length: 12 }, async (_, number) => {
        const key = `jobs/${number % 3}/${number % 2}/${number}`
        for (let round = 0; round < 8; round++)
          await change(key, draw() < 0.4 ? null : `${key} ${round} `.repeat(1 + Math.floor(draw() * 400)))
      }),
    )
    disk[Symbol.dispose]()

    const image = `${folder}-image`
    try {
      for await (const cut of disk.cuts(drawCuts(draw, 60, 0, disk.length), draw, image)) {
        const again = await FilesystemObjectStore.open(image)
        for (const [key, all] of states) {
          const answered = all.findLastIndex(({ at }) => at <= cut)
          const possible = [
            ...(answered === -1 ? [null] : []),
            ...all.slice(Math.max(answered, 0)).flatMap(({ content, from }) => (from <= cut ? [content] : [])),
          ]
          const held = (await again.get(key)) ? (await readBytes(again, key)).toString() : null
          expect(possible, `${key}, POWER_CUT_SEED=${seed}, after operation ${cut}`).toContain(held)
        }
      }
    } finally {
      await rm(image, { recursive: true, force: true })
    }
  })

  it('is open to its owner only', async () => {
    await chmod(folder, 0o755)
    await FilesystemObjectStore.open(folder)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it('leaves no file behind after a broken upload', async () => {
    const store = await FilesystemObjectStore.open(folder)
    const gone = AbortSignal.abort(new Error('hung up'))
    await expect(store.put('jobs/1/a', bytes('a'), gone)).rejects.toThrow('hung up')
    expect(await readdir(join(folder, '.incoming'))).toEqual([])
  })

  it('removes directories with their last object', async () => {
    const store = await FilesystemObjectStore.open(folder)
    await store.put('jobs/1/a', bytes('a'))
    await store.put('jobs/1/b', bytes('b'))
    await store.delete(['jobs/1/a'])
    expect(await readdir(join(folder, 'jobs'))).toEqual(['1'])
    await store.delete(['jobs/1/b'])
    expect(await readdir(folder)).toEqual(['.incoming'])
    await store.put('jobs/1/a', bytes('again'))
    expect((await readBytes(store, 'jobs/1/a')).toString()).toBe('again')
  })

  it('lets a reader finish an object that is deleted during the read', async () => {
    const store = await FilesystemObjectStore.open(folder)
    await store.put('large', Buffer.alloc(1_000_000, 'x'))
    const body = await store.get('large')
    await store.delete(['large'])
    expect(Buffer.concat(await Array.fromAsync(body ?? []))).toHaveLength(1_000_000)
  })

  it('reports a missing folder in a clear error', async () => {
    const store = await FilesystemObjectStore.open(folder)
    await rm(folder, { recursive: true })
    await expect(store.probe()).rejects.toThrow(`No object can be written to ${folder}: Error: ENOENT`)
  })
})
