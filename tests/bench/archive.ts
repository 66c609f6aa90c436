import { type IncomingMessage, request } from 'node:http'
import { crc32 } from 'node:zlib'
import { zipOf } from '../support/zip.ts'

const BLOCK = Buffer.alloc(262_144)
for (let at = 0; at < BLOCK.length; at += 4) BLOCK.writeUInt32LE((Math.imul(at, 2_654_435_761) ^ (at >>> 3)) >>> 0, at)

/** A zip archive with one large uncompressed file, generated while it is sent. */
export class LargeArchive {
  readonly #blocks: number
  readonly #head: Buffer
  readonly #tail: Buffer

  /** @param bytes - size of the file in it: a multiple of 256 KiB below 4 GiB. */
  constructor(bytes: number) {
    this.#blocks = bytes / BLOCK.length
    let crc = 0
    for (let block = 0; block < this.#blocks; block++) crc = crc32(BLOCK, crc)
    const name = 'large.bin'
    const whole = zipOf([{ name, stored: true, claims: { size: bytes, zipped: bytes, crc } }])
    const headBytes = 30 + name.length
    this.#head = whole.subarray(0, headBytes)
    this.#tail = Buffer.from(whole.subarray(headBytes))
    // The directory begins after the file, which does not exist yet.
    this.#tail.writeUInt32LE(headBytes + bytes, this.#tail.length - 6)
  }

  get size(): number {
    return this.#head.length + this.#blocks * BLOCK.length + this.#tail.length
  }

  *pieces(): Generator<Buffer> {
    yield this.#head
    for (let block = 0; block < this.#blocks; block++) yield BLOCK
    yield this.#tail
  }
}

interface Sending {
  readonly headers?: Readonly<Record<string, string>>
  readonly pieces?: Iterable<Buffer>
}

/** Sends one request over a new connection. Counts and discards the answer. @returns bytes of the answer. */
export async function transfer(
  method: string,
  url: string,
  expected: number,
  { headers = {}, pieces = [] }: Sending = {},
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent = request(url, { method, headers, agent: false }, resolve)
  sent.on('error', reject)
  const sending = (async () => {
    for (const piece of pieces) {
      if (sent.destroyed) return
      if (!sent.write(piece)) await Promise.race([drained(sent), promise])
    }
    sent.end()
  })()
  const answer = await promise
  let bytes = 0
  let text = ''
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (answer.statusCode !== expected) text += chunk.toString('utf8')
  }
  if (answer.statusCode !== expected) throw new Error(`${method} ${url} was answered ${answer.statusCode} ${text}`)
  await sending
  return bytes
}

const drained = (stream: NodeJS.EventEmitter): Promise<void> =>
  new Promise((resolve) => {
    stream.once('drain', resolve)
  })

const BOUNDARY = 'f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d'

/** A form as a runner sends it: one part, whose length is not announced. */
export function* multipart(pieces: Iterable<Buffer>): Generator<Buffer> {
  yield Buffer.from(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="artifacts.zip"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  )
  yield* pieces
  yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`)
}

export const MULTIPART = { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` }
