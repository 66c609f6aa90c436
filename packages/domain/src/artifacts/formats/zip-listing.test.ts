import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inPieces } from '../testing.ts'
import { type ListedEntry, listEntries, readListing, writeListing } from './zip-listing.ts'

const entry = (path: string, given: Partial<ListedEntry> = {}): ListedEntry => ({
  path,
  size: 0,
  zippedSize: 0,
  crc: 0,
  modified: 0,
  mode: 0,
  comment: '',
  ...given,
})

const write = async (entries: Iterable<ListedEntry>) => Buffer.concat(await Array.fromAsync(writeListing(entries)))
const read = (bytes: Uint8Array, pieceBytes = 1000) => Array.fromAsync(readListing(inPieces(bytes, pieceBytes)))
const paths = (entries: readonly ListedEntry[] | null) => entries?.map(({ path }) => path)

/** Returns a stored listing with the given strings. */
function stored(...strings: string[]): Buffer {
  const parts = strings.flatMap((text) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(Buffer.byteLength(text))
    return [length, Buffer.from(text)]
  })
  return gzipSync(Buffer.concat(parts))
}
const VERSION = 'GitLab Build Artifacts Metadata 0.0.2\n'

describe('a listing', () => {
  it('is stored byte for byte as in the example', async () => {
    const listed = await listEntries([
      entry('a/b.txt', { modified: 1_700_000_000, mode: 0o644, crc: 909783072, size: 6, zippedSize: 8 }),
    ])
    const text = [
      '\0\0\0\x26GitLab Build Artifacts Metadata 0.0.2\n',
      '\0\0\0\x02{}',
      '\0\0\0\x02a/',
      '\0\0\0\x1e{"crc":0,"size":0,"zipped":0}\n',
      '\0\0\0\x07a/b.txt',
      '\0\0\0\x49{"modified":1700000000,"mode":"644","crc":909783072,"size":6,"zipped":8}\n',
    ].join('')
    expect(gunzipSync(await write(listed ?? [])).toString('latin1')).toBe(text)
  })

  it('exists for an empty zip', async () => {
    expect(await read(await write([]))).toEqual([])
  })

  it('has every parent once', async () => {
    const listed = await listEntries([entry('a/b/c'), entry('a/b/d'), entry('a/', { mode: 0o755 })])
    expect(paths(listed)).toEqual(['a/', 'a/b/', 'a/b/c', 'a/b/d'])
    expect(listed?.[0]?.mode).toBe(0o755)
  })

  it('has the last of equal names', async () => {
    expect((await listEntries([entry('a', { size: 1 }), entry('b'), entry('a', { size: 2 })]))?.[0]).toMatchObject({
      size: 2,
    })
  })

  it('is in bytewise order, also for characters outside of one UTF-16 unit', async () => {
    const names = ['\u{1f6f9}', '\uff5e', '\ue000', 'é', 'z', 'a/', 'a-b', 'a', 'a0']
    const inBytes = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect(paths(await listEntries(names.map((name) => entry(name))))).toEqual(inBytes)
  })

  it('distinguishes and orders very long names of the same length', async () => {
    const name = (index: number) => `${'d/'.repeat(3)}${'é🛹'.repeat(6_000)}${String(index).padStart(3, '0')}`
    const listed = await listEntries([2, 0, 1, 2].map((index) => entry(name(index), { size: index })))
    expect(paths(listed)).toEqual(['d/', 'd/d/', 'd/d/d/', name(0), name(1), name(2)])
  })

  it('is too large when there are too many parents', async () => {
    expect(await listEntries([entry('d/'.repeat(32_000))])).toBeNull()
    expect(await listEntries([entry('d/'.repeat(2_000))])).toHaveLength(2_000)
  })

  it('is read as it was written, in pieces of any size', async () => {
    const segment = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
      .map((text) => `x${text.replace(/[/\0]/g, '')}`)
    const number = fc.nat({ max: 2 ** 31 - 1 })
    const any = fc.record({
      path: fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/')),
      size: fc.maxSafeNat(),
      zippedSize: fc.maxSafeNat(),
      crc: number,
      modified: number,
      mode: fc.nat({ max: 0o777 }),
      comment: fc.string(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(any), fc.integer({ min: 1, max: 200 }), async (entries, pieceBytes) => {
        const listed = await listEntries(entries)
        expect(await read(await write(listed ?? []), pieceBytes)).toEqual(listed)
      }),
      { numRuns: 50 },
    )
  })
})

describe('reading a listing', () => {
  it('accepts missing fields of older programs, and ignores invalid ones', async () => {
    const bytes = stored(VERSION, '{}', 'a/', '{}\n', 'b', '{"mode":"rwx","size":-1,"crc":"x","modified":1.5}\n')
    expect(await read(bytes)).toEqual([entry('a/'), entry('b')])
  })

  it('leaves out entries with broken JSON and paths that lead elsewhere', async () => {
    const bad = ['/etc/passwd', '../a', 'a/../b', './a', 'a//b', 'a/.', '..', '', '/', 'a\0b']
    const strings = ['broken', '{', ...bad.flatMap((path) => [path, '{}']), 'null', 'null', 'good..name', '{}']
    expect(paths(await read(stored(VERSION, '{}', ...strings)))).toEqual(['good..name'])
  })

  it.each([
    ['another kind of file', stored('hello', '{}')],
    ['nothing', gzipSync('')],
    ['a truncated listing', stored(VERSION, '{}', 'a', '{}').subarray(0, -12)],
    ['a truncated string', gzipSync(gunzipSync(stored(VERSION, '{}', 'a', '{}')).subarray(0, -1))],
    ['a string without end', gzipSync(Buffer.concat([gunzipSync(stored(VERSION, '{}')), Buffer.alloc(4, 0xff)]))],
    ['a file that is not gzip', Buffer.from('hello')],
  ])('fails at %s', async (_name, bytes) => {
    await expect(read(bytes)).rejects.toThrow()
  })

  it('closes its source when its reader stops', async () => {
    let left = false
    async function* pieces() {
      try {
        yield* inPieces(await write(Array.from({ length: 10_000 }, () => entry(`${Math.random()}`))), 100)
      } finally {
        left = true
      }
    }
    for await (const _ of readListing(pieces())) break
    await expect.poll(() => left).toBe(true)
  })
})
