import type { Random } from './random.ts'
import { hostileText } from './values.ts'

export interface Body {
  readonly type: string | null
  readonly bytes: Buffer
}

const NO_BODY: Body = { type: null, bytes: Buffer.alloc(0) }

/** Encodes parameters as JSON, urlencoded, multipart, text or nothing. */
export function encode(random: Random, parameters: unknown): Body {
  switch (random.below(10)) {
    case 0:
      return { type: 'application/x-www-form-urlencoded', bytes: Buffer.from(pairs(parameters).map(form).join('&')) }
    case 1:
    case 2:
      return multipart(
        random,
        pairs(parameters).map(([name, content]) => ({ name, content })),
      )
    case 3:
      return { type: 'text/plain', bytes: Buffer.from(json(parameters)) }
    case 4:
      return NO_BODY
    case 5:
      return { type: random.pick(CONTENT_TYPES), bytes: Buffer.from(json(parameters)) }
    default:
      return { type: 'application/json', bytes: Buffer.from(json(parameters)) }
  }
}

const CONTENT_TYPES = [
  ...['application/json; charset=utf-16', 'application/json;;;', 'APPLICATION/JSON', 'application/octet-stream', ''],
  ...[
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary="',
    'multipart/mixed; boundary=a',
  ],
  ...[
    'multipart/form-data; boundary=a; boundary=b',
    `multipart/form-data; boundary=${'x'.repeat(300)}`,
    '/',
    ';',
    'text',
  ],
  ...['application/x-www-form-urlencoded; charset=latin1', 'application/xml', '\xff\xfe', 'a/b; c="\\'],
]

const json = (value: unknown): string => JSON.stringify(value) ?? ''
const form = ([name, value]: [string, string]): string => `${escaped(name)}=${escaped(value)}`
const escaped = (text: string): string => (text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80')

/** Returns members by the names that forms use for them. */
export function pairs(value: unknown, name = ''): [string, string][] {
  if (typeof value !== 'object' || value === null) return name === '' ? [] : [[name, String(value ?? '')]]
  return Object.entries(value).flatMap(([key, member]) =>
    pairs(member, name === '' ? key : `${name}[${Array.isArray(value) ? '' : key}]`),
  )
}

export interface Part {
  readonly name?: string | undefined
  readonly filename?: string | undefined
  readonly headers?: readonly string[]
  readonly content: string | Uint8Array
}

/** Builds a form, often an invalid one. */
export function multipart(random: Random, given: readonly Part[]): Body {
  const boundary = random.chance(0.9) ? 'b0undary' : random.pick(['-', "a'b", 'x'.repeat(70), 'ü'])
  const parts = [...given]
  if (random.chance(0.2)) parts.splice(random.below(parts.length + 1), 0, oddPart(random))
  const pieces = parts.flatMap((part) => {
    const nested = random.chance(0.02)
    const content = nested ? multipart(random, given.slice(0, 2)).bytes : Buffer.from(part.content as string)
    return [
      Buffer.from(`--${boundary}\r\n${headersOf(random, part).join('\r\n')}\r\n\r\n`, 'latin1'),
      content,
      Buffer.from('\r\n'),
    ]
  })
  const end = Buffer.from(
    random.chance(0.95) ? `--${boundary}--\r\n` : random.pick(['', `--${boundary}`, `--${boundary}--x`, '--']),
  )
  const declared = random.chance(0.96) ? boundary : random.pick(['other', 'b0undar', `${boundary}0`])
  const quoted = random.chance(0.5) ? `"${declared}"` : declared
  return { type: `multipart/form-data; boundary=${quoted}`, bytes: Buffer.concat([...pieces, end]) }
}

function headersOf(random: Random, { name, filename, headers = [] }: Part): string[] {
  const disposition = [
    random.chance(0.97) ? 'form-data' : random.pick(['attachment', '', 'FORM-DATA', 'form-data form-data']),
    ...(name === undefined ? [] : [`name="${name}"`]),
    ...(random.chance(0.02) ? ['name="second"'] : []),
    ...(filename === undefined ? [] : [`filename="${filename}"`]),
    ...(random.chance(0.05)
      ? [random.pick(["filename*=utf-8''%E2%82%ac", "filename*=x'", 'filename*', "filename*=utf-8''%zz"])]
      : []),
  ].join('; ')
  return [
    ...(random.chance(0.98) ? [`Content-Disposition: ${disposition}`] : []),
    ...(random.chance(0.05) ? [random.pick(PART_HEADERS)] : []),
    ...headers,
  ]
}

const PART_HEADERS = [
  ...[
    'Content-Type: text/plain; charset=utf-7',
    'Content-Type: ',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: form-data',
  ],
  ...[`X-Filler: ${'a'.repeat(20_000)}`, ': ', 'no colon', '\0', `Content-Type: ${';'.repeat(500)}`],
]

function oddPart(random: Random): Part {
  return random.pick<() => Part>([
    () => ({ content: 'nameless' }),
    () => ({ name: '', content: 'x' }),
    () => ({ filename: 'nameless.zip', content: random.bytes(20) }),
    () => ({
      name: 'file',
      filename: random.pick(['', '.', '..', '/', 'a\0b', 'a'.repeat(2000), '../x']),
      content: 'x',
    }),
    () => ({ name: hostileText(random), content: hostileText(random) }),
    () => ({ name: 'file.path', content: '/etc/passwd' }),
    () => ({ name: 'metadata', filename: 'm', content: 'x' }),
    () => ({ name: 'a'.repeat(5000), content: '' }),
  ])()
}
