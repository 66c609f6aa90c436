import type { Body } from './bodies.ts'
import type { Random } from './random.ts'

/** A request before it is encoded. */
export interface Draft {
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: Body
  readonly endless?: boolean
}

const ODD_HOSTS = [
  '',
  'a b',
  ':::',
  '[',
  '@',
  'user@x',
  'user:secret@x:1',
  'x/y',
  'x:99999',
  '%',
  '\xff',
  '[::1]',
  '0x7f.1',
]

/** Below every limit of Node for heads. */
const PLAIN_BYTES = 8192

const ODD_HEADERS = [
  ...[
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
  ],
  ...[
    'Transfer-Encoding: chunked, identity',
    'Expect: 100-continue',
    'Expect: nothing',
    'Upgrade: websocket',
    'Connection: upgrade',
  ],
  ...['Host: b', 'X-Forwarded-For: ,,,::1,,', `X-Forwarded-For: ${'1.2.3.4,'.repeat(500)}`],
  ...[
    'X-Request-Id: \x01',
    'Range: bytes=0-',
    'Range: bytes=-1',
    'Range: bytes=5-1,2-3',
    'If-None-Match: *',
    'If-Modified-Since: never',
  ],
  ...[
    'If-Range: W/"x"',
    'If-Unmodified-Since: x',
    'Accept-Encoding: br;q=x',
    'Authorization: Basic AA==',
    'Authorization: Basic /////w==',
  ],
  ...[
    'Authorization: Bearer ',
    'Cookie: yardmaster_session=%00; ;=;',
    'Last-Event-ID: -1',
    'Origin: null',
    'trpc-accept: application/jsonl',
  ],
  ...[
    'Content-Encoding: gzip',
    'no colon',
    ': x',
    'X: \x00',
    '\xffX: y',
    ...Array.from({ length: 3 }, () => `X-Many: ${'a'.repeat(4000)}`),
  ],
]

export interface Spelled {
  readonly bytes: Buffer
  /** Nothing about it is wrong as HTTP, so that the gateway's own code answers it. */
  readonly plain: boolean
}

/** Returns the bytes of a request, sometimes with headers that contradict it. */
export function spell(random: Random, { method, path, headers, body }: Draft): Spelled {
  const chunked = body.bytes.length > 0 && random.chance(0.2)
  const framing = chunked
    ? ['Transfer-Encoding: chunked']
    : body.bytes.length > 0 || random.chance(0.3)
      ? [`Content-Length: ${body.bytes.length}`]
      : []
  const odd = random.chance(0.12) ? [random.pick(ODD_HEADERS)] : []
  if (random.chance(0.005)) odd.push(...Array.from({ length: 3000 }, (_, at) => `H${at}: x`))
  const host = random.chance(0.97) ? '127.0.0.1' : random.pick(ODD_HOSTS)
  const lines = [
    `${method} ${path.replaceAll(' ', '+')} HTTP/1.1`,
    `Host: ${host}`,
    ...(body.type === null ? [] : [`Content-Type: ${body.type}`]),
    ...headers,
    ...framing,
    ...odd,
  ]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const bytes = Buffer.concat([head, chunked ? inChunks(random, body.bytes) : body.bytes])
  // Node itself answers what is no HTTP, and heads that are too long.
  const plain = odd.length === 0 && host === '127.0.0.1' && bytes.length < PLAIN_BYTES && /^[!-~]*$/.test(path)
  return { bytes, plain }
}

function inChunks(random: Random, bytes: Buffer): Buffer {
  const pieces: Buffer[] = []
  const size = random.pick([1, 7, 1000])
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size)
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')])
}

/** Cuts the request off somewhere, or changes some of its bytes; leaves most requests as they are. */
export function damage(random: Random, whole: Buffer): { bytes: Buffer; cut: boolean } {
  const kind = random.below(33)
  const at = random.below(whole.length)
  switch (kind) {
    case 0:
    case 1:
      return { bytes: whole.subarray(0, at), cut: true }
    case 2: {
      const bytes = Buffer.from(whole)
      for (let flips = 1 + random.below(4); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256)
      return { bytes, cut: true }
    }
    case 3: {
      const bytes = Buffer.concat([whole.subarray(0, at), random.bytes(1 + random.below(8)), whole.subarray(at)])
      return { bytes, cut: true }
    }
    default:
      return { bytes: whole, cut: false }
  }
}

/** Returns whether the headers announce a longer body, so that the receiver waits. */
export function misleads(whole: Buffer): boolean {
  const end = whole.indexOf('\r\n\r\n')
  const framing =
    whole.toString('latin1', 0, end).match(/\r\n(?:content-length|transfer-encoding|expect|upgrade):.*/gi) ?? []
  const [only = ''] = framing
  const sent = whole.length - end - 4
  const announced = /content-length: (\d+)/i.exec(only)?.[1]
  return framing.length > 1 || (only !== '' && (announced === undefined ? sent === 0 : Number(announced) !== sent))
}
