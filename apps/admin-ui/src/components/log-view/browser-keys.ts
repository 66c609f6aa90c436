import { type RefObject, useEffect, useRef } from 'react'

interface BrowserKeys {
  /** Whether the log fills the screen. */
  readonly full: boolean
  /** @returns whether there are lines to mark. */
  readonly markAll: () => boolean
  /** @returns whether lines are marked. */
  readonly copy: () => boolean
}

/**
 * Handles the shortcuts of browsers that know only the part of a log that is drawn: find, select all, copy. In the
 * search field they are the browser's, so that pressing find twice gives its own.
 */
export function useBrowserKeys(panel: RefObject<HTMLElement | null>, keys: BrowserKeys): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { altKey, ctrlKey, metaKey, shiftKey, target } = event
      if (event.defaultPrevented || altKey || shiftKey || ctrlKey === metaKey) return
      const isHere = target instanceof Element && panel.current?.contains(target) === true
      const isInLog = isHere && target.closest('[role="log"]') !== null
      const key = event.key.toLowerCase()
      const isDone =
        key === 'f'
          ? (isHere || latest.current.full) && focusSearch(panel.current)
          : key === 'a'
            ? isInLog && latest.current.markAll()
            : key === 'c' && isInLog && getSelection()?.isCollapsed !== false && latest.current.copy()
      if (isDone) event.preventDefault()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [panel])
}

/** @returns whether the focus has moved. */
function focusSearch(panel: HTMLElement | null): boolean {
  const field = panel?.querySelector<HTMLInputElement>('input[type="search"]')
  if (!field || field === document.activeElement) return false
  field.focus()
  field.select()
  return true
}
