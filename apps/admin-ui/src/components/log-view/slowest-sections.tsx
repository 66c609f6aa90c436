import { formatDuration } from '@yardmaster/trace-format'
import type { LogView } from './log-view.ts'
import { useThrottled } from './throttled.ts'

const MOST = 5
/** Of a single section one sees the time in its header. */
const LEAST = 2

/** Shows which sections of a finished log took longest, as bars that lead to them. */
export function SlowestSections({ view, onJump }: { view: LogView; onJump: () => void }) {
  useThrottled(view)
  const { log } = view
  const slowest = log.complete && log.counted ? log.sections.slowest(MOST) : []
  const most = slowest[0]?.seconds ?? 0
  if (slowest.length < LEAST) return null
  return (
    <ol
      aria-label="Slowest sections"
      className="flex shrink-0 overflow-x-auto border-b border-line bg-panel px-2 py-0.5"
    >
      {slowest.map(({ section, seconds }) => {
        const { startLine, header, name } = section
        const title = header.trim() || name
        const jump = () => {
          view.goTo(startLine)
          onJump()
        }
        return (
          <li key={startLine} className="min-w-44 flex-1">
            <button
              type="button"
              onClick={jump}
              title={`${title}: ${formatDuration(seconds)}`}
              className="grid w-full gap-1 rounded px-2 py-1.5 text-left text-xs -outline-offset-2 hover:bg-raised"
            >
              <span className="flex min-w-0 justify-between gap-2">
                <span className="truncate">{title}</span>
                <span className="shrink-0 text-soft tabular-nums">{formatDuration(seconds)}</span>
              </span>
              <span aria-hidden="true" className="h-1 rounded-full bg-raised">
                <span
                  className="block h-full rounded-full bg-accent/60"
                  style={{ width: `${(seconds / most) * 100}%` }}
                />
              </span>
            </button>
          </li>
        )
      })}
    </ol>
  )
}
