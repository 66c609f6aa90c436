import { useEffect, useRef } from 'react'
import { listenToKeys } from '../../lib/keys.ts'
import type { LogView } from './log-view.ts'

/** For the sheet of keyboard shortcuts. */
export const LOG_SHORTCUTS = [
  ['j  k', 'Next and previous line'],
  ['gg  G', 'First line; the end, and follow it'],
  ['/', 'Search; Enter and Shift+Enter step through'],
  ['Ctrl+F', 'The same with the focus in the log; again for the browser’s own'],
  ['n  N', 'Next and previous match'],
  ['e  E', 'Next and previous error'],
  ['z  Z', 'Fold the section; fold all'],
  ['l  L', 'Mark the line; extend the mark to it'],
  ['Ctrl+A', 'Mark all lines, with the focus in the log'],
  ['c  Ctrl+C', 'Copy the marked lines'],
  ['t', 'Times: none, since start, time of day'],
  ['w', 'Wrap long lines'],
  ['f', 'Full screen'],
] as const

export interface LogActions {
  readonly mark: (line: number, extend: boolean) => void
  readonly copy: () => void
  readonly wrap: () => void
  readonly times: () => void
  readonly full: () => void
  /** @returns whether there was anything to close. */
  readonly escape: () => boolean
}

/** Handles a log's keys, wherever the focus is on its page. Keys that lead to other views are for `shortcuts.tsx`. */
export function useLogKeys(view: LogView, actions: LogActions): void {
  const latest = useRef(actions)
  latest.current = actions
  useEffect(
    () =>
      listenToKeys(({ event, after }) => {
        if (event.key === 'g') {
          if (after === null) return true
          view.toTop()
        } else if (after === null && act(view, latest.current, event)) {
          // After a first key, this is the second of a pair that leads to another view.
          event.preventDefault()
        }
        return false
      }),
    [view],
  )
}

function act(view: LogView, actions: LogActions, { key, target }: KeyboardEvent): boolean {
  const inLog = target instanceof HTMLElement && target.role === 'log'
  switch (key) {
    case 'ArrowDown':
    case 'ArrowUp':
      // Until a line is picked, these keys scroll.
      if (!inLog || view.cursor === null) return false
      view.step(key === 'ArrowDown' ? 1 : -1)
      return true
    case 'j':
    case 'k':
      view.step(key === 'j' ? 1 : -1)
      return true
    case 'G':
      view.toEnd()
      return true
    case 'n':
    case 'N':
      if (!view.search.query) return false
      void view.stepToMatch(key === 'n' ? 1 : -1)
      return true
    case 'e':
    case 'E':
      return view.stepToError(key === 'e' ? 1 : -1)
    case 'Enter':
      if (!inLog) return false
      view.foldHere()
      return true
    case 'z':
      view.foldHere()
      return true
    case 'Z':
      view.foldAll(view.log.sections.anyUnfolded)
      return true
    case 'l':
    case 'L':
      actions.mark(view.here, key === 'L')
      return true
    case 'c':
      if (!view.marked) return false
      actions.copy()
      return true
    case 't':
      actions.times()
      return true
    case 'w':
      actions.wrap()
      return true
    case 'f':
      actions.full()
      return true
    case 'Escape':
      return actions.escape()
    default:
      return false
  }
}
