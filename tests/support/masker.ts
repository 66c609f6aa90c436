const MASK = '[MASKED]'

/**
 * Replaces secrets in text that comes piece by piece. A possible beginning of a secret is held back until the next
 * piece decides, so that a secret cut in two is found as well.
 */
export class Masker {
  readonly #secrets: readonly string[]
  #held = ''

  constructor(secrets: readonly string[]) {
    // The longest first: one secret may be part of another.
    this.#secrets = secrets.filter((secret) => secret !== '').sort((a, b) => b.length - a.length)
  }

  push(text: string): string {
    let masked = this.#held + text
    for (const secret of this.#secrets) masked = masked.replaceAll(secret, MASK)
    const held = Math.max(0, ...this.#secrets.map((secret) => overlap(masked, secret)))
    this.#held = masked.slice(masked.length - held)
    return masked.slice(0, masked.length - held)
  }

  /** Returns the text held back, because nothing follows that could complete a secret. */
  end(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }
}

/** Returns the length of the longest end of `text` that is a beginning of `secret`. */
function overlap(text: string, secret: string): number {
  for (let length = Math.min(text.length, secret.length - 1); length > 0; length--) {
    if (secret.startsWith(text.slice(text.length - length))) return length
  }
  return 0
}
