import { useSyncExternalStore } from 'react'
import { queryClient } from './api.ts'
import { gatewayPath } from './base.ts'
import { forgetDraft } from './lint.ts'

const LOOK_AGAIN_MS = 50
/** Longest wait for pending requests before the sign-out goes ahead anyway. */
const SETTLE_MS = 2000

let underWay = false
const listeners = new Set<() => void>()

function become(next: boolean): void {
  underWay = next
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Whether the page must stop making requests. */
export const useSigningOut = (): boolean => useSyncExternalStore(subscribe, () => underWay)

/**
 * Ends the session and leads to the sign-in. The page stops making requests first: any request after the end would be
 * refused, and look like an expired session.
 *
 * @throws Error when the server was not reached or did not end the session; the page then continues to work
 */
export async function signOut(): Promise<void> {
  become(true)
  try {
    await settled()
    const reply = await fetch(gatewayPath('/sign-out'), { method: 'POST', headers: { Accept: 'application/json' } })
    if (!reply.ok) throw new Error(String(reply.status))
  } catch (error) {
    become(false)
    throw error
  }
  forgetDraft()
  window.location.assign(gatewayPath('/sign-in'))
}

async function settled(): Promise<void> {
  const latest = performance.now() + SETTLE_MS
  do await new Promise((resolve) => window.setTimeout(resolve, LOOK_AGAIN_MS))
  while (queryClient.isFetching() > 0 && performance.now() < latest)
}
