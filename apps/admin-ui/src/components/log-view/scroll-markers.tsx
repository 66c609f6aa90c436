import type { LogView } from './log-view.ts'
import { useThrottled } from './throttled.ts'

/** Markers are drawn on a scale of this many steps; finer ones would be invisible. */
const STEPS = 500

/** Shows beside the scroll bar where matches, errors and marked lines are. */
export function Marks({ view }: { view: LogView }) {
  useThrottled(view)
  const { log, search, marked, viewport } = view
  const { folding } = viewport
  const stepOf = (line: number) => Math.floor((folding.rowOf(line) / Math.max(1, folding.rowCount)) * STEPS)
  const path = (steps: Iterable<number>, left: number, width: number) =>
    [...steps].map((step) => `M${left} ${step}h${width}v3h-${width}z`).join('')
  const errors = new Set(log.errors.list.map(stepOf))
  const matches = new Set(search.count.buckets.map(({ line }) => stepOf(line)))
  return (
    <svg
      aria-hidden="true"
      data-testid="marks"
      viewBox={`0 0 12 ${STEPS}`}
      preserveAspectRatio="none"
      className="pointer-events-none absolute inset-y-0 right-0 h-full w-3"
    >
      {errors.size > 0 && <path d={path(errors, 8, 4)} className="fill-bad" />}
      {matches.size > 0 && <path data-marks="matches" d={path(matches, 2, 5)} className="fill-warn" />}
      {marked && <path d={path([stepOf(marked.first)], 0, 12)} className="fill-accent" />}
    </svg>
  )
}
