import { useSyncExternalStore } from 'react'

const subscribe = (listener: () => void) => {
  document.addEventListener('visibilitychange', listener)
  return () => document.removeEventListener('visibilitychange', listener)
}

/** Whether this tab is visible. */
export const useVisible = (): boolean => useSyncExternalStore(subscribe, () => !document.hidden)

const wide = window.matchMedia('(min-width: 48rem)')
const subscribeWidth = (listener: () => void) => {
  wide.addEventListener('change', listener)
  return () => wide.removeEventListener('change', listener)
}

/** Whether there is room for tables, which otherwise become cards. */
export const useWide = (): boolean => useSyncExternalStore(subscribeWidth, () => wide.matches)
