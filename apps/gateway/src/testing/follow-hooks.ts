import type { Services } from '@yardmaster/domain'
import { HOOKS_TOPIC, workDeliveries } from '@yardmaster/domain/hooks'

/** Works on deliveries of hooks, as a gateway does in the background, until it is disposed of. */
export function followHooks(services: Services): AsyncDisposable {
  const stopping = new AbortController()
  const follow = async () => {
    await using wakeups = await services.events.subscribe(HOOKS_TOPIC)
    while (!stopping.signal.aborted) {
      await workDeliveries(services)
      await wakeups.wait(1_000, stopping.signal)
    }
  }
  const following = follow()
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await following
    },
  }
}
