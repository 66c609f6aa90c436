import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parseAnnotations } from './annotations.ts'

const parse = async (...members: string[]) => {
  const parsed = await parseAnnotations(Buffer.concat(members.map((member) => gzipSync(member))))
  return parsed.ok ? parsed.value : parsed.error.reason
}

describe('an annotations report', () => {
  it('returns its lists by name', async () => {
    const links = [{ external_link: { label: 'Site', url: 'https://example.com' } }]
    expect(await parse(JSON.stringify({ links }))).toEqual({ links })
    expect(await parse('{}')).toEqual({})
  })

  it('may consist of several files; a list replaces an earlier one of the same name', async () => {
    expect(await parse('{"a":[1],"b":[2]}', '\ufeff{"a":[3]}')).toEqual({ a: [3], b: [2] })
  })

  it('may have a list of any name', async () => {
    const parsed = await parseAnnotations(gzipSync('{"__proto__":[1]}'))
    expect(parsed.ok && JSON.stringify(parsed.value)).toBe('{"__proto__":[1]}')
  })

  it.each(['[]', 'null', '"x"', '1', '{', '', `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`])(
    'is refused unless it is an object: %.20s',
    async (text) => {
      expect(await parse('{}', text)).toBe('Annotations files must be a JSON object')
    },
  )

  it('may have 20 lists and no more, in all files together', async () => {
    const lists = (count: number, name: string) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}${index}`, []])))
    expect(Object.keys(await parse(lists(12, 'a'), lists(8, 'b')))).toHaveLength(20)
    const tooMany = 'Annotations files cannot have more than 20 annotation lists'
    expect(await parse(lists(12, 'a'), lists(9, 'b'))).toBe(tooMany)
    expect(await parse(lists(20_000, 'a'))).toBe(tooMany)
  })

  it('is at most 81920 bytes as uploaded', async () => {
    const plain = gzipSync('{}')
    const padded = (bytes: number) => Buffer.concat([plain, Buffer.alloc(bytes - plain.length)])
    expect((await parseAnnotations(padded(81_920))).ok).toBe(true)
    const error = {
      kind: 'artifact_invalid',
      reason: 'Annotations Artifact Too Big. Maximum Allowable Size: 81920',
    }
    expect(await parseAnnotations(padded(81_921))).toEqual({ ok: false, error })
    expect(await parseAnnotations(null)).toEqual({ ok: false, error })
  })

  it('is refused when it is a zip bomb or damaged', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '))
    expect(bomb.length).toBeLessThan(81_920)
    expect(await parseAnnotations(bomb)).toMatchObject({ error: { reason: expect.stringContaining('Too Big') } })
    expect(await parseAnnotations(Buffer.from('{}'))).toMatchObject({ error: { reason: 'Invalid Format' } })
  })
  it('is not parsed if it holds more values than a page of links could have', async () => {
    const tooMany = 'Annotations Artifact Too Big. Maximum Number of Values: 65536'
    expect(await parse(`{"a":[${'0,'.repeat(65_000)}0]}`)).toHaveProperty('a')
    expect(await parse(`{"a":[${'0,'.repeat(66_000)}0]}`)).toBe(tooMany)
    expect(await parse(`{"a":[${'[],'.repeat(66_000)}0]}`)).toBe(tooMany)
    expect(await parse(`{"a":[${'0,'.repeat(40_000)}0]}`, `{"b":[${'0,'.repeat(40_000)}0]}`)).toBe(tooMany)
  })
})
