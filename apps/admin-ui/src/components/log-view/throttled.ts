import { useEffect, useReducer } from 'react'
import type { LogView } from './log-view.ts'

const PAUSE_MS = 120

/** Redraws a component after changes of the view, at most a few times a second. */
export function useThrottled(view: LogView): void {
  const [, draw] = useReducer((count: number) => count + 1, 0)
  useEffect(() => {
    let timer: number | undefined
    let isDue = false
    const run = () => {
      isDue = false
      draw()
      timer = window.setTimeout(() => {
        timer = undefined
        if (isDue) run()
      }, PAUSE_MS)
    }
    const unsubscribe = view.subscribe(() => {
      if (timer === undefined) run()
      else isDue = true
    })
    return () => {
      unsubscribe()
      window.clearTimeout(timer)
    }
  }, [view])
}
