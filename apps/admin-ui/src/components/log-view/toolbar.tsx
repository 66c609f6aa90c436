import type { Severity } from '@yardmaster/trace-format'
import type { ReactNode } from 'react'
import { bytes } from '../../lib/bytes.ts'
import { Button, buttonStyle } from '../ui/button.tsx'
import { DownloadIcon } from '../ui/icons.tsx'
import { count } from './format-count.ts'
import { ErrorIcon, FullIcon, SmallIcon, WarningIcon, WrapIcon } from './icons.tsx'
import { downloadUrl, foldAll, type LogActions } from './log-actions.ts'
import type { LogView } from './log-view.ts'
import { MoreMenu } from './more-menu.tsx'
import { SearchBox } from './search-box.tsx'
import { useThrottled } from './throttled.ts'

interface ToolbarProps extends LogActions {
  readonly full: boolean
  readonly onFull: (full: boolean) => void
  /** Moves the focus when the search is left. */
  readonly onLeaveSearch: () => void
}

/** The actions of a log, above its lines. */
export function Toolbar({ full, onFull, onLeaveSearch, ...actions }: ToolbarProps) {
  const { view, jobId, preferences, onPreferences } = actions
  useThrottled(view)
  const fold = foldAll(view)
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1.5 border-b border-line bg-panel py-1.5 pr-2 pl-4">
      <h2 className="text-sm font-semibold">Log</h2>
      <Extent view={view} />
      <SearchBox view={view} onLeave={onLeaveSearch} />
      <div className="order-2 ml-auto flex items-center md:order-3">
        {preferences.severities && <SeveritySteps view={view} />}
        {fold && (
          <Tool label={fold.label} keys="Z" onClick={fold.run} className="max-md:hidden">
            <fold.Icon />
          </Tool>
        )}
        <Tool
          label="Wrap long lines"
          keys="w"
          pressed={preferences.wrap}
          onClick={() => onPreferences({ ...preferences, wrap: !preferences.wrap })}
        >
          <WrapIcon />
        </Tool>
        <Tool label={full ? 'Leave full screen' : 'Full screen'} keys="f" onClick={() => onFull(!full)}>
          {full ? <SmallIcon /> : <FullIcon />}
        </Tool>
        <a
          href={downloadUrl(jobId)}
          className={`${buttonStyle('quiet', true)} max-md:hidden`}
          download={`job-${jobId}.log`}
          aria-label="Download"
          title="Download"
        >
          <DownloadIcon />
        </a>
        <MoreMenu {...actions} />
      </div>
    </div>
  )
}

function Tool({
  label,
  keys,
  pressed,
  className = '',
  ...rest
}: {
  label: string
  keys: string
  pressed?: boolean
  className?: string
  onClick: () => void
  children: ReactNode
}) {
  const on = pressed ? 'text-accent! bg-accent-wash' : ''
  return (
    <Button
      kind="quiet"
      iconOnly
      aria-label={label}
      title={`${label} (${keys})`}
      aria-pressed={pressed}
      className={`${on} ${className}`}
      {...rest}
    />
  )
}

/** Shows how long the log is, or how much of it has been read. */
function Extent({ view: { log } }: { view: LogView }) {
  const { extent } = log
  if (!extent.known || extent.size === 0) return null
  return (
    <span className="text-xs text-soft" data-testid="extent">
      {bytes(extent.size)}
      {log.counted ? (
        <span className="max-md:hidden"> · {count(log.lineCount, 'line')}</span>
      ) : (
        <> · reading, {extent.percent} %</>
      )}
    </span>
  )
}

/** Steps through what the log reports. */
function SeveritySteps({ view }: { view: LogView }) {
  const errors = view.countOf(view.errors)
  const warnings = view.countOf(['warning'])
  const red = view.failed ? 0 : view.countOf(['red'])
  return (
    <>
      <Step view={view} of={view.errors} count={errors} word="error" keys="e; back with E" className="text-bad!" />
      <Step view={view} of={['warning']} count={warnings} word="warning" className="text-warn! max-md:hidden" />
      {errors === 0 && <Step view={view} of={['red']} count={red} word="red line" keys="e; back with E" />}
    </>
  )
}

function Step({
  view,
  of,
  count: number,
  word,
  keys = 'back with Shift',
  className = '',
}: {
  view: LogView
  of: readonly Severity[]
  count: number
  word: string
  keys?: string
  className?: string
}) {
  if (number === 0) return null
  const label = `Next of ${count(number, word)}`
  return (
    <Button
      kind="quiet"
      aria-label={label}
      title={`${label} (${keys})`}
      className={`gap-1 px-2! ${className}`}
      onClick={(event) => view.stepTo(of, event.shiftKey ? -1 : 1)}
    >
      {word === 'warning' ? <WarningIcon /> : <ErrorIcon />} {number.toLocaleString('en')}
    </Button>
  )
}
