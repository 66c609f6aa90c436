/** Bytes decoded between two pauses. */
const STEP = 65_536

const AMPERSAND = 0x26
const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20

/**
 * Returns the bytes of a field of a URL-encoded form; null when it has none of that name. Escapes that are none stay as
 * they are. Pauses regularly.
 */
export function* formField(form: Uint8Array, name: string): Generator<void, Uint8Array | null> {
  const bytes = Buffer.from(form.buffer, form.byteOffset, form.length)
  const begin = `${name}=`
  let start = 0
  while (start >= 0 && bytes.toString('latin1', start, start + begin.length) !== begin) {
    const next = bytes.indexOf(AMPERSAND, start)
    start = next < 0 ? -1 : next + 1
    yield
  }
  if (start < 0) return null
  start += begin.length
  const found = bytes.indexOf(AMPERSAND, start)
  const end = found < 0 ? bytes.length : found
  const decoded = Buffer.allocUnsafeSlow(end - start)
  let length = 0
  let pause = start + STEP
  for (let at = start; at < end; at++) {
    if (at >= pause) {
      yield
      pause = at + STEP
    }
    const byte = bytes[at] ?? 0
    const escaped = byte === PERCENT && at + 2 < end ? hex(bytes[at + 1]) * 16 + hex(bytes[at + 2]) : Number.NaN
    if (Number.isNaN(escaped)) decoded[length++] = byte === PLUS ? SPACE : byte
    else {
      decoded[length++] = escaped
      at += 2
    }
  }
  return decoded.subarray(0, length)
}

/** Returns the value of a hexadecimal digit; NaN for another byte. */
function hex(byte: number | undefined): number {
  if (byte === undefined) return Number.NaN
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN
}
