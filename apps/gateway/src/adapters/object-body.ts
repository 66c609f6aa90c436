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
