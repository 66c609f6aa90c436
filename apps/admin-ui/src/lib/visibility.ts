import { useSyncExternalStore } from 'react'

const subscribe = (listener: () => void) => {
  document.addEventListener('visibilitychange', listener)
  return () => document.removeEventListener('visibilitychange', listener)
}

/** Whether somebody can see this tab. */
export const useVisible = (): boolean => useSyncExternalStore(subscribe, () => !document.hidden)

const wide = window.matchMedia('(min-width: 48rem)')
const subscribeWidth = (listener: () => void) => {
  wide.addEventListener('change', listener)
  return () => wide.removeEventListener('change', listener)
}

/** Room for tables; without it they become cards. */
export const useWide = (): boolean => useSyncExternalStore(subscribeWidth, () => wide.matches)
