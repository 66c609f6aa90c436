import { useEffect, useId, useSyncExternalStore } from 'react'
import { gatewayPath } from './base.ts'

/** Components on this page with content that would be lost with it: typed text, a secret that is shown once. */
const holders = new Set<string>()

type Question = 'none' | 'asked' | 'put off'
let question: Question = 'none'
const listeners = new Set<() => void>()

function become(next: Question): void {
  question = next
  for (const listener of listeners) listener()
}

/** While `holds` is true, the end of the session keeps this page and asks for the sign-in on top of it. */
export function useKeptPage(holds: boolean): void {
  const holder = useId()
  useEffect(() => {
    if (!holds) return
    holders.add(holder)
    return () => void holders.delete(holder)
  }, [holds, holder])
}

/**
 * Leads to the sign-in and back, because the session has ended. A page with something to lose stays and shows a dialog
 * instead. Once the user has dismissed the dialog, it opens again only after an action of the user (`acted`).
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

/** Whether to show the sign-in on top of the page. */
export const useSignInAsked = (): boolean => useSyncExternalStore(subscribe, () => question === 'asked')
