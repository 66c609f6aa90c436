const HIDDEN = 'x'.charCodeAt(0)
/** The end of a log before a patch. */
export interface LogEnd {
  readonly bytes: Uint8Array
  /** True when the bytes are as sent. Otherwise they are as stored, where an `x` may stand for a byte of a token. */
  readonly asSent: boolean
}

/**
 * The shortest part of a token at the end of a patch that is hidden: `glcbt-64_` and three of its 24 random characters.
 * Shorter parts reveal nothing.
 */
const SHORTEST_PART = 12

/**
 * Returns bytes of a log in which the job's own token is replaced by as many `x`, so that offsets stay the same. A
 * token that is split over patches is hidden as well, each part with its own patch: a part at the end of a patch is
 * hidden before the rest is known, if it is long enough. Stored bytes are never changed and no bytes are held back, so
 * that every byte is durable as soon as it is accepted.
 *
 * @param before - returns up to `most` bytes before the patch. Called only when the patch could continue a token that
 * they begin.
 * @see `docs/protocol/trace.md 8`
 */
export async function hideToken(
  bytes: Uint8Array,
  token: string,
  before: (most: number) => Promise<LogEnd>,
): Promise<Uint8Array> {
  const secret = Buffer.from(token)
  if (secret.length === 0 || bytes.length === 0) return bytes
  const shared = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let hidden: Buffer | null = null
  const hide = (from: number, to: number): void => {
    hidden ??= Buffer.from(shared)
    hidden.fill(HIDDEN, from, to)
  }

  const begun = partsBegunBefore(shared, secret)
  if (begun.length > 0) {
    const end = await before(secret.length - 1)
    for (const part of begun) {
      const goesOn = Math.min(secret.length - part, shared.length)
      if (part + goesOn >= SHORTEST_PART && endsWithPart(end, secret, part)) hide(0, goesOn)
    }
  }
  for (let at = shared.indexOf(secret); at !== -1; at = shared.indexOf(secret, at + secret.length)) {
    hide(at, at + secret.length)
  }
  const last = partAtEnd(shared, secret)
  if (last >= SHORTEST_PART) hide(shared.length - last, shared.length)
  return hidden ?? bytes
}

/** Returns the possible numbers of token bytes before the patch, given that the patch continues with the rest. */
function partsBegunBefore(patch: Buffer, secret: Buffer): number[] {
  const parts: number[] = []
  for (let part = 1; part < secret.length; part++) {
    const length = Math.min(secret.length - part, patch.length)
    if (secret.compare(patch, 0, length, part, part + length) === 0) parts.push(part)
  }
  return parts
}

/**
 * Returns whether the log ends with the token's first `part` bytes. Hidden bytes may be the end of another token. A
 * byte or two after that token may then be hidden as well, which is better than showing the rest of this one.
 */
function endsWithPart({ bytes, asSent }: LogEnd, secret: Buffer, part: number): boolean {
  const end = bytes.subarray(bytes.length - part)
  return bytes.length >= part && end.every((byte, index) => byte === secret[index] || (byte === HIDDEN && !asSent))
}

/** Returns how many bytes at the end of the patch are a beginning of the token, but not all of it. */
function partAtEnd(patch: Buffer, secret: Buffer): number {
  for (let part = Math.min(secret.length - 1, patch.length); part > 0; part--) {
    if (secret.compare(patch, patch.length - part, patch.length, 0, part) === 0) return part
  }
  return 0
}
