import type { Severity } from '@yardmaster/trace-format'
import type { LogView } from './log-view.ts'
import { useThrottled } from './throttled.ts'

/** Markers are drawn on a scale of this many steps; finer ones would be invisible. */
const STEPS = 500

/** Shows beside the scroll bar where matches, marked lines, and lines that report something are. */
export function Marks({ view, severities }: { view: LogView; severities: boolean }) {
  useThrottled(view)
  const { log, search, marked, viewport } = view
  const { folding } = viewport
  const stepOf = (line: number) => Math.floor((folding.rowOf(line) / Math.max(1, folding.rowCount)) * STEPS)
  const path = (steps: Iterable<number>, left: number, width: number) =>
    [...steps].map((step) => `M${left} ${step}h${width}v3h-${width}z`).join('')
  const stepsOf = (...of: Severity[]) =>
    new Set(severities ? of.flatMap((severity) => log.bySeverity.of(severity).list.map(stepOf)) : [])
  const errors = stepsOf(...view.errors)
  const warnings = stepsOf('warning')
  const red = view.failed ? new Set<number>() : stepsOf('red')
  const matches = new Set(search.count.buckets.map(({ line }) => stepOf(line)))
  return (
    <svg
      aria-hidden="true"
      data-testid="marks"
      viewBox={`0 0 12 ${STEPS}`}
      preserveAspectRatio="none"
      className="pointer-events-none absolute inset-y-0 right-0 h-full w-3"
    >
      {red.size > 0 && <path d={path(red, 10, 2)} className="fill-line-strong" />}
      {warnings.size > 0 && <path data-marks="warnings" d={path(warnings, 8, 4)} className="fill-warn" />}
      {errors.size > 0 && <path data-marks="errors" d={path(errors, 8, 4)} className="fill-bad" />}
      {matches.size > 0 && <path data-marks="matches" d={path(matches, 2, 5)} className="fill-warn" />}
      {marked && <path d={path([stepOf(marked.first)], 0, 12)} className="fill-accent" />}
    </svg>
  )
}
