import { describe, expect, it } from 'vitest'
import { objectsWith, type TestEntry, type TestZip, zipOf } from '../testing.ts'
import { MOST_ENTRIES, scanZip } from './zip-directory.ts'
import type { ZipEntry } from './zip-entry.ts'

async function scan(zip: Uint8Array, pieceBytes?: number) {
  const objects = objectsWith('a.zip', zip, pieceBytes)
  const entries: ZipEntry[] = []
  const outcome = await scanZip(objects, { key: 'a.zip', size: zip.length }, (entry) => entries.push(entry))
  return { outcome, entries, paths: entries.map(({ path }) => path), asked: objects.asked }
}

const scanned = (entries: readonly TestEntry[], zip?: TestZip) => scan(zipOf(entries, zip))

const SMALL: readonly TestEntry[] = [
  { path: 'a/', mode: 0o040755, method: 0 },
  { path: 'a/b.txt', content: 'hello\n' },
]

describe('reading the directory of a zip', () => {
  it('returns the facts of an entry in the zip', async () => {
    const { outcome, entries } = await scanned([{ path: 'a/b.txt', content: 'hello\n', comment: 'greeting' }])
    expect(outcome).toBe('complete')
    expect(entries).toEqual([
      {
        path: 'a/b.txt',
        size: 6,
        zippedSize: 8,
        crc: 909783072,
        modified: 1_700_000_000,
        mode: 0o644,
        comment: 'greeting',
        method: 8,
        encrypted: false,
        offset: 0,
      },
    ])
  })

  it('accepts a zip without entries', async () => {
    expect(await scanned([])).toMatchObject({ outcome: 'complete', entries: [] })
  })

  it('prefers the exact time to the DOS time', async () => {
    const { entries } = await scanned([{ path: 'a', modified: 1_699_999_999 }])
    expect(entries[0]?.modified).toBe(1_699_999_999)
  })

  it.each<[string, Partial<TestEntry>, TestZip]>([
    ['Zip64 for an entry', { zip64: true }, {}],
    ['Zip64 for the end', {}, { zip64: true }],
    ['data descriptors', { streamed: true }, {}],
    ['a comment', {}, { comment: 'all about it' }],
    ['the longest comment', {}, { comment: 'x'.repeat(0xffff) }],
    ['a program in front', {}, { prefix: Buffer.from('#!/bin/sh\n') }],
    ['everything at once', { zip64: true, streamed: true }, { comment: 'x', zip64: true }],
  ])('reads one with %s', async (_name, entry, zip) => {
    const { outcome, entries } = await scanned([{ path: 'first' }, { path: 'a', content: 'hello\n', ...entry }], zip)
    expect(outcome).toBe('complete')
    expect(entries[1]).toMatchObject({ path: 'a', size: 6, zippedSize: 8, crc: 909783072 })
  })

  it('keeps names as they are, good or bad', async () => {
    const paths = ['../../etc/passwd', '/etc/passwd', 'a\0b', 'a//b', './a', 'a/../b', 'C:\\a', '', 'ä/🛹', 'a', 'a']
    expect((await scanned(paths.map((path) => ({ path })))).paths).toEqual(paths)
  })

  it('keeps names distinct that are not UTF-8', async () => {
    const names = [Buffer.from([0x61, 0xe4]), Buffer.from([0x61, 0xe5]), Buffer.from('a\ufffd')]
    expect((await scanned(names.map((path) => ({ path })))).paths).toEqual(['aä', 'aå', 'a\ufffd'])
  })

  it('reads the end and the directory and nothing else', async () => {
    const large = Buffer.alloc(3_000_000, 'x')
    const { asked, outcome } = await scanned([{ path: 'a', content: large, method: 0 }, { path: 'b' }])
    expect(outcome).toBe('complete')
    expect(asked).toBeLessThan(70_000)
  })

  it('reads ten thousand entries, in pieces of any size', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({ path: `some/directory/file-${index}.txt` }))
    const zip = zipOf(many)
    for (const pieceBytes of [1000, 65_536, 10_000_000]) {
      expect((await scan(zip, pieceBytes)).paths).toEqual(many.map(({ path }) => path))
    }
  })

  it('reads more than the 65,535 entries that an end without Zip64 can count', async () => {
    const end = zipOf([], { claims: { entries: 70_000 % 0x10000, bytes: 70_000 * 46, offset: 0 } })
    expect(await scan(repeated(70_000, end))).toMatchObject({ outcome: 'complete', entries: { length: 70_000 } })
  })
})

describe('an object that is not a zip', () => {
  it('is a zip truncated at any byte', async () => {
    const zip = zipOf(SMALL, { comment: 'the end' })
    for (let length = 0; length < zip.length; length++) {
      expect((await scan(zip.subarray(0, length))).outcome, `${length} bytes`).toBe('not_a_zip')
    }
    expect((await scan(zip)).outcome).toBe('complete')
  })

  it('is a Zip64 truncated at any byte', async () => {
    const zip = zipOf(
      SMALL.map((entry) => ({ ...entry, zip64: true })),
      { zip64: true },
    )
    for (let length = 0; length < zip.length; length++) {
      expect((await scan(zip.subarray(0, length))).outcome, `${length} bytes`).toBe('not_a_zip')
    }
  })

  it('never throws, whichever byte is changed', async () => {
    for (const zip64 of [false, true]) {
      const zip = zipOf(
        SMALL.map((entry) => ({ ...entry, zip64 })),
        { zip64 },
      )
      for (let at = 0; at < zip.length; at++) {
        for (const value of [0, 0x7f, 0xff]) {
          const changed = Buffer.from(zip)
          changed[at] = value
          await expect(scan(changed)).resolves.toBeDefined()
        }
      }
    }
  })

  it.each<[string, TestZip]>([
    ['more entries than there are', { claims: { entries: 3 } }],
    ['fewer', { claims: { entries: 1 } }],
    ['a directory that begins before the object', { claims: { bytes: 100_000 } }],
    ['a directory that ends elsewhere', { claims: { bytes: 20 } }],
    ['a directory behind its end', { claims: { offset: 100_000 } }],
    ['more entries than fit in the directory', { zip64: true, claims: { entries: 2 ** 40 } }],
    ['impossibly large numbers', { zip64: true, claims: { offset: 2 ** 62, bytes: 2 ** 62 } }],
  ])('is a zip that announces %s', async (_name, zip) => {
    expect((await scanned(SMALL, zip)).outcome).toBe('not_a_zip')
  })

  it('is anything else', async () => {
    for (const bytes of ['', 'hello', 'PK\x03\x04', 'PK\x05\x06', 'x'.repeat(100_000)]) {
      expect((await scan(Buffer.from(bytes))).outcome).toBe('not_a_zip')
    }
  })
})

describe('hostile zips', () => {
  it('may have the signature of an end in the comment', async () => {
    const end = zipOf([]).subarray(0, 4)
    const fake = Buffer.concat([end, Buffer.alloc(18, 0xff), Buffer.from('text')])
    expect((await scanned(SMALL, { comment: fake })).paths).toEqual(['a/', 'a/b.txt'])
  })

  it('cost no more than a few reads, however many ends the comment has', async () => {
    const locator = Buffer.from('504b0607000000000000000000000000000000000100', 'hex').subarray(0, 20)
    const end = Buffer.from('504b050600000000ffffffffffffffffffffffff0000', 'hex')
    const comment = Buffer.concat(Array.from({ length: 1500 }, () => Buffer.concat([locator, end])))
    const { outcome, asked } = await scanned(SMALL, { comment })
    expect(outcome).toBe('not_a_zip')
    expect(asked).toBeLessThan(70_000)
  })

  it('are too large when they have too many entries', async () => {
    const entries = MOST_ENTRIES + 1
    const end = zipOf([], { zip64: true, claims: { entries, bytes: entries * 46, offset: 0 } })
    // The position of the Zip64 end, after the directory.
    end.writeBigUInt64LE(BigInt(entries * 46), 56 + 8)
    expect((await scan(repeated(entries, end))).outcome).toBe('too_large')
    const uncounted = zipOf([], { claims: { entries: entries % 0x10000, bytes: entries * 46, offset: 0 } })
    expect((await scan(repeated(entries, uncounted))).outcome).toBe('too_large')
  })
})

/** Returns a directory of this many equal records, without files. */
function repeated(entries: number, end: Buffer): Buffer {
  // After a local header of 30 bytes with an extra field of four.
  const record = zipOf([{ path: '', method: 0 }]).subarray(34, 80)
  return Buffer.concat([Buffer.alloc(entries * record.length, record), end])
}
