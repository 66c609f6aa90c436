import type { Site } from './form.ts'

/** Lets a gateway be asked to collect its garbage (`collectGarbage`), at a free port of the loopback. */
export const COLLECTABLE = { NODE_OPTIONS: '--inspect=127.0.0.1:0' }

/**
 * Has a gateway collect its garbage. What is in its memory then is in use, while otherwise a measurement depends on how
 * much garbage there happened to be, before and after.
 */
export async function collectGarbage(site: Site): Promise<void> {
  const address = /Debugger listening on (ws:\S+)/.exec(site.output)?.[1]
  if (!address) throw new Error('This gateway was not started COLLECTABLE.')
  const inspector = new WebSocket(address)
  try {
    await heard(inspector, 'open')
    const answered = heard(inspector, 'message')
    inspector.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }))
    await answered
  } finally {
    // A gateway that has a debugger does not end.
    inspector.close()
  }
}

function heard(socket: WebSocket, event: 'open' | 'message'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener(event, () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error('The inspector of the gateway can’t be reached.')), {
      once: true,
    })
  })
}
