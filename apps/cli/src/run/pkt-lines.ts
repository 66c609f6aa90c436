import { unexpectedAnswer } from '../answers.ts'

/** Returns a line as git's protocol frames it. */
export const pktLine = (text: string): Buffer => {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}

export const FLUSH: Buffer = Buffer.from('0000')

/**
 * Splits bytes into the lines that git's protocol frames; null for a flush.
 *
 * @throws Failure when they are something else.
 */
export function pktLines(bytes: Buffer): (Buffer | null)[] {
  const lines: (Buffer | null)[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.toString('latin1', at, at + 4)
    const size = /^[0-9a-f]{4}$/.test(length) ? Number.parseInt(length, 16) : -1
    if (size === 0) {
      lines.push(null)
      at += 4
    } else {
      if (size < 4 || at + size > bytes.length) throw unexpectedAnswer('it is not what git sends')
      lines.push(bytes.subarray(at + 4, at + size))
      at += size
    }
  }
  return lines
}
