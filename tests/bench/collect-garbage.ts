import type { Site } from './form.ts'

/** Environment of a gateway that `collectGarbage` can reach, by an inspector on a free loopback port. */
export const COLLECTABLE = { NODE_OPTIONS: '--inspect=127.0.0.1:0' }

/**
 * Makes a gateway collect its garbage, so that the memory measured afterwards is in use. Otherwise a measurement
 * depends on the garbage that happens to exist before and after.
 */
export async function collectGarbage(site: Site): Promise<void> {
  const address = /Debugger listening on (ws:\S+)/.exec(site.output)?.[1]
  if (!address) throw new Error('This gateway was not started with COLLECTABLE.')
  const inspector = new WebSocket(address)
  try {
    await heard(inspector, 'open')
    const answered = heard(inspector, 'message')
    inspector.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }))
    await answered
  } finally {
    // A gateway with a debugger attached does not exit.
    inspector.close()
  }
}

function heard(socket: WebSocket, event: 'open' | 'message'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener(event, () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error('The gateway’s inspector cannot be reached.')), {
      once: true,
    })
  })
}
