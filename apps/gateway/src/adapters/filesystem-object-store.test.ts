import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FilesystemObjectStore } from './filesystem-object-store.ts'
import { bytes, objectStoreContract, readBytes } from './object-store.contract.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yardmaster-objects-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

objectStoreContract('The object store of files', () => FilesystemObjectStore.open(folder))

describe('The object store of files', () => {
  it('throws away at its start what broken-off uploads left, and keeps the objects', async () => {
    const store = await FilesystemObjectStore.open(folder)
    await store.put('jobs/1/a', bytes('a'))
    await writeFile(join(folder, '.incoming', 'half'), 'ha')
    const again = await FilesystemObjectStore.open(folder)
    expect(await readdir(join(folder, '.incoming'))).toEqual([])
    expect((await readBytes(again, 'jobs/1/a')).toString()).toBe('a')
  })

  it('leaves no file behind after an upload that broke off', async () => {
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

  it('lets a reader finish an object that is deleted meanwhile', async () => {
    const store = await FilesystemObjectStore.open(folder)
    await store.put('large', Buffer.alloc(1_000_000, 'x'))
    const body = await store.get('large')
    await store.delete(['large'])
    expect(Buffer.concat(await Array.fromAsync(body ?? []))).toHaveLength(1_000_000)
  })

  it('says in a sentence that its folder is gone', async () => {
    const store = await FilesystemObjectStore.open(folder)
    await rm(folder, { recursive: true })
    await expect(store.probe()).rejects.toThrow(`No object can be written to ${folder}: Error: ENOENT`)
  })
})
