import { randomBytes } from 'node:crypto'

export interface Part {
  readonly name?: string
  readonly filename?: string
  readonly contentType?: string
  readonly content: string | Uint8Array
}

export interface Multipart {
  readonly contentType: string
  readonly body: Buffer
}

/** Builds a `multipart/form-data` body as GitLab Runner does, with a boundary of 60 hex digits. */
export function multipart(...parts: readonly Part[]): Multipart {
  const boundary = randomBytes(30).toString('hex')
  const pieces = parts.flatMap(({ name, filename, contentType, content }) => {
    const disposition = [
      'Content-Disposition: form-data',
      ...(name === undefined ? [] : [`name="${name}"`]),
      ...(filename === undefined ? [] : [`filename="${filename}"`]),
    ].join('; ')
    const headers = [`--${boundary}`, disposition, ...(contentType ? [`Content-Type: ${contentType}`] : []), '', '']
    return [Buffer.from(headers.join('\r\n')), Buffer.from(content as string), Buffer.from('\r\n')]
  })
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  }
}

/** Returns bytes as a stream, which is sent without announcing its length. */
export function streamed(bytes: Uint8Array, pieceBytes = 65_536): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(at, at + pieceBytes))
      at += pieceBytes
    },
  })
}
