import { useCallback, useEffect, useLayoutEffect, useReducer, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import type { LogView } from './log-view.ts'
import type { Found } from './pieces.ts'
import { Row, type RowLook } from './row.tsx'
import { Marks } from './scroll-markers.tsx'
import type { Section } from './sections.ts'
import { pauseBefore } from './timestamps.ts'

const NONE: readonly Found[] = []
/** Minimum width of line numbers in digits, so that the text of a short log does not shift while it grows. */
const LEAST_DIGITS = 4

/** Draws the rows of a log that are on screen, with a scroll bar that represents all of them. */
export function Lines({
  view,
  look,
  onMark,
}: {
  view: LogView
  look: RowLook
  onMark: (line: number, extend: boolean) => void
}) {
  const { log, viewport, search } = view
  const [, draw] = useReducer((count: number) => count + 1, 0)
  const box = useRef<HTMLDivElement>(null)
  const spacer = useRef<HTMLDivElement>(null)
  const rows = useRef<HTMLDivElement>(null)
  const [height, setHeight] = useState(0)

  useLayoutEffect(() => {
    if (!box.current || !spacer.current || !rows.current) return
    const stage = { box: box.current, spacer: spacer.current, rows: rows.current }
    const unmount = viewport.mount(stage)
    // Draws in this frame, not in a later one.
    const unsubscribe = view.subscribe(() => flushSync(draw))
    draw()
    return () => {
      unsubscribe()
      unmount()
    }
  }, [view, viewport])

  const folding = view.refold()
  const [first, last] = viewport.range()
  const shown: number[] = []
  for (let row = first; row <= last; row++) shown.push(folding.lineAt(row))

  useLayoutEffect(() => {
    viewport.place([first, last])
    if (rows.current) view.bringMatch(rows.current)
    if (viewport.height !== height) setHeight(viewport.height)
  })
  useEffect(() => log.want(view.waiting ? view.wanted : shown))
  const laidOut = useRef(look)
  useLayoutEffect(() => {
    if (laidOut.current.wrap === look.wrap && laidOut.current.times === look.times) return
    laidOut.current = look
    viewport.reflow()
  }, [look, viewport])

  const mark = useRef(onMark)
  mark.current = onMark
  const onPick = useCallback((line: number, extend: boolean) => mark.current(line, extend), [])
  const onFold = useCallback((section: Section) => view.fold(section), [view])
  const { marked, cursor } = view
  const digits = Math.max(LEAST_DIGITS, String(log.lineCount).length)
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={box}
        role="log"
        aria-live="off"
        aria-label="Log text"
        aria-busy={!log.extent.known || view.waiting}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling element must be reachable by keyboard
        tabIndex={0}
        className="log-box @container absolute inset-0 overflow-x-auto overflow-y-scroll bg-log-ground font-mono text-xs leading-5"
      >
        <div ref={spacer} className={look.wrap ? '' : 'w-max min-w-full'}>
          <div className="sticky top-0 overflow-x-visible overflow-y-clip" style={{ height: height || undefined }}>
            <div
              ref={rows}
              data-testid="log"
              className={`relative pb-2 ${look.wrap ? '' : 'w-max min-w-full'}`}
              style={{ ['--digits' as string]: digits }}
            >
              {shown.map((number) => {
                const line = log.get(number)
                const section = log.sections.at(number)
                return (
                  <Row
                    key={number}
                    number={number}
                    line={line}
                    section={section}
                    folded={section !== undefined && log.sections.isFolded(section)}
                    marked={marked !== null && marked.first <= number && number <= marked.last}
                    cursor={number === cursor}
                    pause={pauseBefore(line, { before: log.get(number - 1), after: log.get(number + 1) })}
                    severity={line && look.severities ? view.severityOf(line) : null}
                    found={line ? search.found(line) : NONE}
                    onFold={onFold}
                    onPick={onPick}
                    {...look}
                  />
                )
              })}
            </div>
          </div>
        </div>
      </div>
      <div className="log-ring pointer-events-none absolute inset-0 z-20" />
      <Marks view={view} severities={look.severities} />
    </div>
  )
}
