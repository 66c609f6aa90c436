const LONGEST_DECLARATION = 200
/** Its type is a value only in the types of Node. */
export type XmlDecoder = InstanceType<typeof TextDecoder>

const ENCODING = /^<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]{1,40})["']/

/** Returns a decoder for an XML document that begins with these bytes. Bytes that are not text become U+FFFD. */
export function xmlDecoder(bytes: Uint8Array): XmlDecoder {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
  // With a mark, or `<` and a zero byte.
  if (mark === 0xfffe || mark === 0x3c00) return new TextDecoder('utf-16le')
  if (mark === 0xfeff || mark === 0x003c) return new TextDecoder('utf-16be')
  const start = Buffer.from(bytes.subarray(0, LONGEST_DECLARATION)).toString('latin1')
  const [, name = 'utf-8'] = ENCODING.exec(start) ?? []
  // It was read as bytes, so it cannot be UTF-16, whatever it says.
  if (/^utf-?16/i.test(name)) return new TextDecoder()
  try {
    return new TextDecoder(name)
  } catch {
    return new TextDecoder()
  }
}
