import { setTimeout as pause } from 'node:timers/promises'
import type { AdminContext } from './trpc.ts'

/** Milliseconds after which lists on screen are read again even without an event. */
const RECHECK_MS = 15_000
/** Milliseconds in which a burst of changes becomes one event. */
const SETTLE_MS = 100

/** Yields whenever something on a topic changed, and now and then without a change: the caller then reads again. */
export async function* watchTopic(
  { services, stopping }: Pick<AdminContext, 'services' | 'stopping'>,
  topic: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ changed: boolean }> {
  const over = AbortSignal.any(signal ? [signal, stopping] : [stopping])
  yield { changed: false }
  while (!over.aborted) {
    const subscription = await services.events.subscribe(topic).catch(() => null)
    if (!subscription) {
      await pause(SETTLE_MS * 10, undefined, { signal: over }).catch(() => undefined)
      yield { changed: true }
      continue
    }
    await using wakeups = subscription
    while (!over.aborted && services.events.healthy) {
      await wakeups.wait(RECHECK_MS, over)
      if (over.aborted) return
      yield { changed: true }
      await pause(SETTLE_MS, undefined, { signal: over }).catch(() => undefined)
    }
  }
}
