import { describe, expect, test } from 'vitest'
import { parseMultipart } from './form.ts'
import { boundaryOf, FormReader, MalformedForm } from './multipart.ts'

const TYPE = 'multipart/form-data; boundary=line'

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  // Copies, because each chunk of a socket has memory of its own.
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size))
}

/** Reads all parts whole. */
async function read(body: string | Buffer, pieceBytes = Number.MAX_SAFE_INTEGER) {
  const reader = new FormReader(inPieces(Buffer.from(body as string), pieceBytes), 'line')
  const parts: { name: string | null; filename: string | null; text: string }[] = []
  for (let part = await reader.next(); part; part = await reader.next()) {
    const text = Buffer.concat(await Array.fromAsync(part.bytes)).toString('latin1')
    parts.push({ name: part.name, filename: part.filename, text })
  }
  return parts
}

const part = (headers: string, content = 'x'): string => `--line\r\n${headers}\r\n\r\n${content}\r\n`
const named = (name: string, content?: string): string =>
  part(`Content-Disposition: form-data; name="${name}"`, content)
const file = (rest: string, content?: string): string =>
  part(`Content-Disposition: form-data; name="file"; ${rest}`, content)
const END = '--line--\r\n'

/** Every kind of part, one of them with bytes that look like a boundary. */
const SAMPLE =
  `before\r\n${named('a', 'one\r\n--lin\r\n-')}${part('X-Other: 1')}${part('Content-Disposition: attachment; name="b"')}` +
  `${part('Content-Disposition: form-data')}--line\r\n\r\n\r\n${file(
    'filename="f;\\"1\\".zip"',
    '\r\r\n\n--line',
  ).replace('\n--line\r\n', '\n-line\r\n')}${named('a', '')}${END}behind`

const PARTS = [
  { name: 'a', filename: null, text: 'one\r\n--lin\r\n-' },
  { name: null, filename: null, text: 'x' },
  { name: null, filename: null, text: 'x' },
  { name: null, filename: null, text: 'x' },
  { name: null, filename: null, text: '' },
  { name: 'file', filename: 'f;"1".zip', text: '\r\r\n\n-line' },
  { name: 'a', filename: null, text: '' },
]

describe('a form', () => {
  test.each([1, 2, 3, 5, 7, 64, 1000])('in chunks of %i bytes is read as the same form', async (pieceBytes) => {
    expect(await read(SAMPLE, pieceBytes)).toEqual(PARTS)
  })

  test('that is cut off anywhere before its last boundary is malformed, and never hangs', async () => {
    const end = SAMPLE.indexOf(END) + '--line--'.length
    for (let length = 0; length < end; length++) {
      for (const pieceBytes of [1, 1000]) {
        await expect(read(SAMPLE.slice(0, length), pieceBytes), `${length} bytes`).rejects.toThrow(MalformedForm)
      }
    }
    expect(await read(SAMPLE.slice(0, end))).toEqual(PARTS)
  })

  test('with any one byte replaced or left out is either read or malformed', async () => {
    const bytes = Buffer.from(SAMPLE)
    for (let at = 0; at < bytes.length; at++) {
      for (const instead of [[], [0], [0x0d], [0x0a], [0x2d], [0x22], [0x3b], [0xff]]) {
        const changed = Buffer.concat([bytes.subarray(0, at), Buffer.from(instead), bytes.subarray(at + 1)])
        await read(changed).catch((error) => expect(error).toBeInstanceOf(MalformedForm))
        await parseMultipart(changed, TYPE)
      }
    }
  })

  test('continues with the next part when one is not read to its end', async () => {
    const reader = new FormReader(inPieces(Buffer.from(SAMPLE), 3), 'line')
    const names: (string | null)[] = []
    for (let next = await reader.next(); next; next = await reader.next()) {
      names.push(next.name)
      for await (const _ of next.bytes) break
    }
    expect(names).toEqual(PARTS.map(({ name }) => name))
  })
})

describe('the name of a file', () => {
  test.each([
    ['filename="a.zip"', 'a.zip'],
    ['filename=a.zip', 'a.zip'],
    ['FileName = "a.zip"', 'a.zip'],
    ['filename="a\\b\\"c\\\\d"', 'a\\b"c\\d'],
    ['filename="C:\\temp\\a.zip"', 'C:\\temp\\a.zip'],
    ['filename="ü 日本.zip"', 'ü 日本.zip'],
    ['filename="a.zip"; filename*=UTF-8\'\'%C3%BC.zip', 'ü.zip'],
    ["filename*=utf-8'en'%e2%82%ac", '€'],
    ['filename="a.zip"; filename*=utf-8\'\'%zz', 'a.zip'],
    ['filename="a.zip"; filename*=koi8-r\'\'%C1', 'a.zip'],
    ['filename="a.zip"; filename="b.zip"', 'b.zip'],
    ['filename="', null],
    ['filename=""', null],
    ['filename', null],
    ['filename="a;b=c', 'a;b=c'],
  ])('in %s is %j', async (rest, expected) => {
    const [found] = await read(`${part(`Content-Disposition: form-data; name="file"; ${rest}`)}${END}`)
    expect(found?.filename).toBe(expected)
  })

  test('comes from the first of two dispositions', async () => {
    const [found] = await read(
      `${part('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"')}${END}`,
    )
    expect(found?.name).toBe('a')
  })
})

describe('a boundary', () => {
  test.each([
    [TYPE, 'line'],
    ['multipart/form-data; boundary="line"', 'line'],
    ['Multipart/Form-Data ; charset=utf-8; BOUNDARY=line', 'line'],
    ['multipart/form-data', null],
    ['multipart/form-data; boundary=', null],
    ['multipart/form-data; boundary=""', null],
    [`multipart/form-data; boundary=${'x'.repeat(71)}`, null],
    ['multipart/mixed; boundary=line', null],
    ['multipart/form-data-x; boundary=line', null],
    ['', null],
  ])('out of %s is %j', (type, expected) => {
    expect(boundaryOf(type)).toBe(expected)
  })

  test('may be followed by blanks and by nothing else', async () => {
    const body = named('a').replace('--line\r\n', '--line \t\r\n')
    expect(await read(`${body}${END}`)).toHaveLength(1)
    await expect(read(named('a').replace('--line\r\n', '--linex\r\n') + END)).rejects.toThrow(MalformedForm)
  })

  test('of a nested form is content', async () => {
    const inner = '--inner\r\nContent-Disposition: form-data; name="b"\r\n\r\n1\r\n--inner--'
    const [found] = await read(`${named('a', inner)}${END}`)
    expect(found).toEqual({ name: 'a', filename: null, text: inner })
  })
})

describe('parameters', () => {
  const parse = (body: string) => parseMultipart(Buffer.from(body, 'latin1'), TYPE)

  test('nest by their brackets, the last of equal names wins, and parts without a name are ignored', async () => {
    const form = `${named('info[name]', 'x')}${named('a', '1')}${named('a', '2')}${part('Content-Disposition: form-data')}${END}`
    expect(await parse(form)).toEqual({ info: { name: 'x' }, a: '2' })
  })

  test('that are files are objects, whatever their names', async () => {
    const form = `${file('filename="a"')}${part('Content-Disposition: form-data; name="__proto__"; filename="b"')}${END}`
    const parsed = await parse(form)
    expect(parsed).toMatchObject({ file: { filename: 'a' } })
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
  })

  test('that are not UTF-8 are refused, whatever charset their part names', async () => {
    expect(await parse(`${named('a', '\xff')}${END}`)).toBe(null)
    const declared = part(
      'Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=latin1',
      '\xfc',
    )
    expect(await parse(`${declared}${END}`)).toBe(null)
  })

  test('in more parts than any request needs are refused', async () => {
    expect(await parse(`${named('a').repeat(2001)}${END}`)).toBe('malformed')
  })
})
