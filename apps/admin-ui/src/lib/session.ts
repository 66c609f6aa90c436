import { useEffect, useId, useSyncExternalStore } from 'react'
import { gatewayPath } from './base.ts'

/** Places on this page that hold what would be gone with it: something typed, a secret that is shown once. */
const holders = new Set<string>()

type Question = 'none' | 'asked' | 'put off'
let question: Question = 'none'
const listeners = new Set<() => void>()

function become(next: Question): void {
  question = next
  for (const listener of listeners) listener()
}

/** While `holds`, the end of the session does not take this page away: it asks for the sign-in on top of it. */
export function useKeptPage(holds: boolean): void {
  const holder = useId()
  useEffect(() => {
    if (!holds) return
    holders.add(holder)
    return () => void holders.delete(holder)
  }, [holds, holder])
}

/**
 * The server no longer knows this session: on to the sign-in, and back here afterwards. A page with something to lose
 * stays and asks instead; again after it was put off only if a person did something, which `acted` says.
 */
export function endSession({ acted }: { acted: boolean }): void {
  if (holders.size > 0) {
    if (question === 'none' || acted) become('asked')
    return
  }
  const { pathname, search, hash } = window.location
  const here = pathname.slice(gatewayPath('/').length - 1) + search + hash
  if (here.startsWith('/sign-in')) return
  window.location.assign(`${gatewayPath('/sign-in')}?next=${encodeURIComponent(here)}`)
}

export const putOffSignIn = (): void => become('put off')

export const resumeSession = (): void => become('none')

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Whether to ask for the sign-in on top of the page. */
export const useSignInAsked = (): boolean => useSyncExternalStore(subscribe, () => question === 'asked')
