import { describe, expect, it } from 'vitest'
import { objectsWith, type TestEntry, type TestZip, zipOf } from '../testing.ts'
import { openZippedFile } from './unzip.ts'

function open(zip: Uint8Array, path: string) {
  return openZippedFile(objectsWith('a.zip', zip, 100), { key: 'a.zip', size: zip.length }, path)
}

async function contentOf(zip: Uint8Array, path: string): Promise<string> {
  const file = await open(zip, path)
  if (!file.ok) throw new Error(file.error.kind)
  const content = Buffer.concat(await Array.fromAsync(file.value.body))
  expect(content).toHaveLength(file.value.size)
  return content.toString()
}

const LONG = Array.from({ length: 5_000 }, (_, index) => `line ${index * 7919}\n`).join('')

describe('a file out of a zip', () => {
  it.each<[string, Partial<TestEntry>, TestZip]>([
    ['deflated', {}, {}],
    ['stored', { method: 0 }, {}],
    ['written as a stream', { streamed: true }, {}],
    ['of Zip64', { zip64: true }, { zip64: true }],
    ['after a program', {}, { prefix: Buffer.from('#!/bin/sh\n') }],
  ])('is returned as it was stored: %s', async (_name, given, zip) => {
    const bytes = zipOf(
      [{ path: 'before' }, { path: 'a/b', content: LONG, ...given }, { path: 'empty', ...given }],
      zip,
    )
    expect(await contentOf(bytes, 'a/b')).toBe(LONG)
    expect(await contentOf(bytes, 'empty')).toBe('')
  })

  it('is the last of equal names', async () => {
    const zip = zipOf([{ path: 'a', content: 'first' }, { path: 'b' }, { path: 'a', content: 'last' }])
    expect(await contentOf(zip, 'a')).toBe('last')
  })

  it('is the target’s path for a symbolic link, never the target’s content', async () => {
    const zip = zipOf([{ path: 'link', content: '/etc/passwd', mode: 0o120777 }])
    expect(await contentOf(zip, 'link')).toBe('/etc/passwd')
  })

  it('is not found by another name, for a directory, or in an object that is not a zip', async () => {
    const zip = zipOf([{ path: 'a/', method: 0 }, { path: 'a/b' }])
    for (const path of ['a', 'a/', 'A/b', 'a/b/', './a/b', 'a//b', '']) {
      expect(await open(zip, path)).toEqual({ ok: false, error: { kind: 'artifact_not_found' } })
    }
    expect((await open(zip.subarray(0, -1), 'a/b')).ok).toBe(false)
    expect((await open(Buffer.from('hello'), 'a/b')).ok).toBe(false)
  })
})

describe('a file that differs from its directory entry', () => {
  it.each<[string, Partial<TestEntry>]>([
    ['is encrypted', { encrypted: true }],
    ['is compressed by an unknown method', { method: 93 }],
    ['begins elsewhere', { claims: { offset: 7 } }],
    ['begins behind the end', { claims: { offset: 1_000_000 } }],
    ['begins at an impossible offset', { zip64: true, claims: { offset: Number.MAX_SAFE_INTEGER } }],
    ['reaches behind the end', { claims: { zippedSize: 1_000_000 } }],
    ['announces an impossible size', { claims: { size: 3_000_000_000 } }],
    ['is stored and shorter than announced', { method: 0, claims: { size: 60_000_000 } }],
  ])('is refused: %s', async (_name, given) => {
    const zip = zipOf([{ path: 'a', content: LONG, ...given }])
    expect(await open(zip, 'a')).toMatchObject({ ok: false, error: { kind: 'artifact_invalid' } })
  })

  it.each<[string, Partial<TestEntry>]>([
    ['is longer', { claims: { size: 100 } }],
    ['is announced as empty', { claims: { size: 0 } }],
    ['is shorter', { claims: { size: LONG.length + 1 } }],
    ['has a wrong checksum', { claims: { crc: 1 } }],
    ['is cut short in the archive', { claims: { zippedSize: 100 } }],
    ['is stored and longer', { method: 0, claims: { size: 100 } }],
    ['is stored with a wrong checksum', { method: 0, claims: { crc: 1 } }],
  ])('ends in an error before all announced bytes were returned: %s', async (_name, given) => {
    const file = await open(zipOf([{ path: 'a', content: LONG, ...given }, { path: 'b' }]), 'a')
    if (!file.ok) throw new Error(file.error.kind)
    let bytes = 0
    const reading = async () => {
      for await (const chunk of file.value.body) bytes += chunk.length
    }
    await expect(reading()).rejects.toThrow()
    expect(bytes).toBeLessThan(Math.max(file.value.size, 1))
  })

  it('stops a bomb at the size it announced', async () => {
    const zip = zipOf([{ path: 'a', content: Buffer.alloc(50_000_000), claims: { size: 1000 } }])
    const file = await open(zip, 'a')
    if (!file.ok) throw new Error(file.error.kind)
    await expect(Array.fromAsync(file.value.body)).rejects.toThrow('longer than the 1000 bytes')
  })
})
