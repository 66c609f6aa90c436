import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDotenv } from './dotenv.ts'

async function parse(...members: (string | Uint8Array)[]) {
  const parsed = await parseDotenv(Buffer.concat(members.map((member) => gzipSync(member))))
  return parsed.ok ? Object.fromEntries(parsed.value.map(({ key, value }) => [key, value])) : parsed.error.reason
}

const KEY_CHARACTERS = "Validation failed: Key can contain only letters, digits and '_'."

describe('a dotenv report', () => {
  it.each<[string, string, string]>([
    ['KEY1=VAR1', 'KEY1', 'VAR1'],
    ['KEY1 =VAR1', 'KEY1', 'VAR1'],
    ['  KEY1\t=\t VAR1 \r\n', 'KEY1', 'VAR1'],
    ['KEY1="  VAR1  "', 'KEY1', '"  VAR1  "'],
    ['KEY1=', 'KEY1', ''],
    ['KEY1=a=b', 'KEY1', 'a=b'],
    [`KEY2=\${KEY1}_x`, 'KEY2', `\${KEY1}_x`],
    ['KEY1=V  # note', 'KEY1', 'V  # note'],
    ['skateboard=🛹', 'skateboard', '🛹'],
    ['KEY1=\u00a0V\u00a0', 'KEY1', '\u00a0V\u00a0'],
    ['__proto__=x', '__proto__', 'x'],
  ])('%j', async (text, key, value) => {
    const parsed = await parseDotenv(gzipSync(text))
    expect(parsed).toEqual({ ok: true, value: [{ key, value }] })
  })

  it.each([
    ['🛹=x', KEY_CHARACTERS],
    ['K E Y=x', KEY_CHARACTERS],
    ['export KEY=x', KEY_CHARACTERS],
    ['É=x', KEY_CHARACTERS],
    ['=VAR1', "Validation failed: Key can't be blank"],
    ["{ 'K': 'V' }", 'Invalid Format'],
    ['A=b\n\nC=d', 'Invalid Format'],
    ['A=b\n\n', 'Invalid Format'],
    ['# note\nA=b', 'Invalid Format'],
    ['A=b\0c', 'Invalid Format'],
    [`${'K'.repeat(256)}=x`, 'Validation failed: Key is too long (maximum is 255 characters)'],
  ])('refuses %j', async (text, reason) => {
    expect(await parse(text)).toBe(reason)
  })

  it('may be empty, and may end in a line feed or not', async () => {
    expect(await parse('')).toEqual({})
    expect(await parse('A=b\nC=d\n')).toEqual({ A: 'b', C: 'd' })
    expect(await parse('A=b\r\nC=d')).toEqual({ A: 'b', C: 'd' })
  })

  it('may have keys of 255 characters', async () => {
    expect(await parse(`${'K'.repeat(255)}=x`)).toEqual({ ['K'.repeat(255)]: 'x' })
  })

  it('is read member by member; the last value of a key wins', async () => {
    expect(await parse('A=1\nB=2', 'A=3\nA=4', '')).toEqual({ A: '4', B: '2' })
  })

  it('may have 20 variables and no more; repeated keys count once', async () => {
    const lines = (count: number) => Array.from({ length: count }, (_, index) => `K${index}=x`).join('\n')
    expect(Object.keys(await parse(lines(20), lines(10)))).toHaveLength(20)
    expect(await parse(lines(21))).toBe('Dotenv files cannot have more than 20 variables')
    expect(await parse(lines(20), 'X=y')).toBe('Dotenv files cannot have more than 20 variables')
  })

  it('is refused when the job already has a key', async () => {
    expect(await parseDotenv(gzipSync('A=b'), new Set(['A']))).toMatchObject({
      error: { reason: 'Validation failed: Key has already been taken' },
    })
  })

  it.each<[string, Buffer]>([
    ['UTF-8 with a byte order mark', Buffer.from('\ufeffA=é')],
    ['UTF-16, little-endian, with a byte order mark', Buffer.from('\ufeffA=é', 'utf16le')],
    ['UTF-16, big-endian, with a byte order mark', Buffer.from('\ufeffA=é', 'utf16le').swap16()],
    ['UTF-16, little-endian', Buffer.from('A=é', 'utf16le')],
    ['UTF-16, big-endian', Buffer.from('A=é', 'utf16le').swap16()],
  ])('reads %s', async (_name, bytes) => {
    expect(await parse(bytes)).toEqual({ A: 'é' })
  })

  it('has its undecodable bytes replaced', async () => {
    expect(await parse(Buffer.from([0x41, 0x3d, 0xff, 0x62]))).toEqual({ A: '\ufffdb' })
  })

  it('is smaller than 5120 bytes as uploaded', async () => {
    const tooBig = 'Dotenv Artifact Too Big. Maximum Allowable Size: 5120'
    // A name in the gzip header makes it exactly as long as required.
    const named = (bytes: number) => {
      const plain = gzipSync('A=b')
      const header = Buffer.from(plain.subarray(0, 10))
      header[3] = 8
      const name = Buffer.concat([Buffer.alloc(bytes - plain.length - 1, 'x'), Buffer.alloc(1)])
      return Buffer.concat([header, name, plain.subarray(10)])
    }
    expect(named(5119)).toHaveLength(5119)
    expect((await parseDotenv(named(5119))).ok).toBe(true)
    expect(await parseDotenv(named(5120))).toMatchObject({ error: { reason: tooBig } })
    expect(await parseDotenv(null)).toMatchObject({ error: { reason: tooBig } })
  })

  it('is refused when it is not gzip, or damaged anywhere', async () => {
    const whole = Buffer.concat([gzipSync('A=b'), gzipSync('C=d')])
    const second = gzipSync('A=b').length
    expect((await parseDotenv(whole)).ok).toBe(true)
    for (let length = 0; length < whole.length; length++) {
      if (length !== second) expect((await parseDotenv(whole.subarray(0, length))).ok, `${length} bytes`).toBe(false)
    }
    expect(await parseDotenv(Buffer.from('A=b'))).toMatchObject({ error: { reason: 'Invalid Format' } })
    expect(await parseDotenv(Buffer.concat([whole, Buffer.from('x')]))).toMatchObject({
      error: { reason: 'Invalid Format' },
    })
  })

  it('is refused when it is a bomb, in one member or many', async () => {
    const bomb = gzipSync(Buffer.alloc(4_000_000, 'A=b\n'))
    expect(bomb.length).toBeLessThan(5120)
    expect(await parseDotenv(bomb)).toMatchObject({ error: { reason: expect.stringContaining('Too Big') } })
    const parts = Array.from({ length: 3 }, () => gzipSync(`A=${'x'.repeat(500_000)}`))
    expect(await parseDotenv(Buffer.concat(parts))).toMatchObject({
      error: { reason: expect.stringContaining('Too Big') },
    })
  })

  it('is parsed quickly when it has a million blanks', async () => {
    expect(await parse(`A=x${' '.repeat(1_000_000)}y`)).toHaveProperty('A')
  })

  it('is read as it was written', async () => {
    const key = fc.stringMatching(/^[A-Za-z0-9_]{1,20}$/)
    const value = fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .map((text) => text.replace(/[\n\0]/g, '').replace(/^[\s\ufeff]+|[\s\ufeff]+$/g, ''))
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value, { maxKeys: 20 }), fc.boolean(), async (variables, apart) => {
        const lines = Object.entries(variables).map(([name, text]) => `${name} = ${text}\n`)
        const parsed = await parseDotenv(
          Buffer.concat((apart && lines.length > 0 ? lines : [lines.join('')]).map((text) => gzipSync(text))),
        )
        expect(parsed).toEqual({
          ok: true,
          value: Object.entries(variables).map(([name, text]) => ({ key: name, value: text })),
        })
      }),
    )
  })

  it('never throws for any input', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        await parseDotenv(bytes)
        await parseDotenv(gzipSync(bytes))
      }),
    )
  })
})
