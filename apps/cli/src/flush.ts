import { once } from 'node:events'
import type { Writable } from 'node:stream'

/**
 * Waits until what was written has reached the system: a process that ends loses what a slow reader has not taken yet.
 *
 * @param signal - ends the wait.
 */
export async function flush(streams: readonly Writable[], signal: AbortSignal): Promise<void> {
  const written = streams.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve())))
  if (signal.aborted) await Promise.all(written)
  else await Promise.race([Promise.all(written), once(signal, 'abort')])
}
