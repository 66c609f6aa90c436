/** What both object stores do before they store a byte. */

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/
/** S3's own limit, in bytes. */
const LONGEST_KEY = 1_024

/** Refuses keys that could leave the store's folder (`..`, `/`), though all keys are our own and none a runner's. */
export function checkKey(key: string): void {
  if (!KEY.test(key) || key.length > LONGEST_KEY) throw new Error(`Not an object key: ${JSON.stringify(key)}`)
}

/**
 * Yields the body until `signal` aborts, then throws its reason at once, even while the body is stalled and would never
 * end.
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
    // Not awaited, because a stalled body doesn't return either.
    if (!ended) iterator.return?.().catch(() => {})
  }
}

// One listener per step. A single promise raced for the whole body would keep every chunk in memory.
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
