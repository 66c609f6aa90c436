import { useEffect, useReducer } from 'react'
import type { LogView } from './log-view.ts'

const PAUSE_MS = 120

/** Draws what stands around the lines again when something changed, a few times a second at most. */
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
