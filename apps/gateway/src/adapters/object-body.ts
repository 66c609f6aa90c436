/** What both object stores check and do before a byte is stored. */

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/
/** S3's own limit, in bytes. */
const LONGEST_KEY = 1_024

/** Keys are ours, never a runner's. Still nothing that could leave the store's folder gets past this: no `..`, no root. */
export function checkKey(key: string): void {
  if (!KEY.test(key) || key.length > LONGEST_KEY) throw new Error(`Not an object key: ${JSON.stringify(key)}`)
}

/**
 * The body, until `signal` aborts; then its reason is thrown at once, even while the body has nothing to give and
 * would never end.
 */
export async function* untilAborted(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]()
  let ended = false
  try {
    while (!ended) {
      const next = await nextOrAborted(iterator, signal)
      if (next.done) ended = true
      else yield next.value
    }
  } finally {
    // Not awaited: a body that stands still doesn't return either.
    if (!ended) iterator.return?.().catch(() => {})
  }
}

// A listener per step and not one promise raced for the whole body: such a promise would keep every chunk in memory.
function nextOrAborted(
  iterator: AsyncIterator<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<IteratorResult<Uint8Array>> {
  if (!signal) return iterator.next()
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    iterator
      .next()
      .finally(() => signal.removeEventListener('abort', abort))
      .then(resolve, reject)
  })
}

/**
 * The body in blocks of one size, the last one shorter, copied: a few large buffers that are used again and again cost
 * nothing, while the many small ones of a body keep the garbage collector busy for as long as anybody holds them.
 *
 * @param of.blocks - so many take turns: asking for the block that many places behind one overwrites it.
 */
export async function* inBlocks(
  body: AsyncIterable<Uint8Array>,
  of: { readonly blocks: number; readonly size: number },
): AsyncGenerator<Uint8Array> {
  const ring: Buffer[] = []
  let turn = 0
  let block: Buffer | null = null
  let filled = 0
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      block ??= ring[turn] ??= Buffer.allocUnsafeSlow(of.size)
      const end = Math.min(chunk.length, at + of.size - filled)
      block.set(chunk.subarray(at, end), filled)
      filled += end - at
      at = end
      if (filled < of.size) continue
      yield block
      turn = (turn + 1) % of.blocks
      block = null
      filled = 0
    }
  }
  if (block) yield block.subarray(0, filled)
}
