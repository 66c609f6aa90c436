import type { Settings } from '@yardmaster/domain'
import type { EventBus, SettingsStore } from '@yardmaster/domain/ports'

/** Milliseconds after which another process's change is seen even if its event was lost. */
const FRESH_MS = 2_000
const TOPIC = 'settings'

/**
 * Keeps the settings in memory, because every runner request reads the maintenance switch. A change through this
 * process takes effect at once, one through another process when its event arrives.
 */
export async function rememberSettings(
  store: SettingsStore,
  events: EventBus,
): Promise<SettingsStore & AsyncDisposable> {
  let known: Settings | null = null
  let readAt = 0
  let reading: Promise<Settings> | null = null
  const over = new AbortController()

  function read(): Promise<Settings> {
    reading ??= store
      .get()
      .then((settings) => {
        readAt = performance.now()
        known = settings
        return settings
      })
      .finally(() => {
        reading = null
      })
    return reading
  }

  async function listen(): Promise<void> {
    const subscription = await events.subscribe(TOPIC).catch(() => null)
    if (!subscription) return
    await using wakeups = subscription
    while (!over.signal.aborted) {
      const { events: woken } = await wakeups.wait(60_000, over.signal)
      if (woken) known = null
    }
  }
  const listening = listen()

  return {
    ...store,
    async get() {
      if (known && performance.now() - readAt < FRESH_MS) return known
      return await read()
    },
    async update(changes) {
      const settings = await store.update(changes)
      known = settings
      readAt = performance.now()
      await events.publish(TOPIC)
      return settings
    },
    async [Symbol.asyncDispose]() {
      over.abort()
      await listening
    },
  }
}
