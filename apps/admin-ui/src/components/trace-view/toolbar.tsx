import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { gatewayPath } from '../../lib/base.ts'
import { bytes } from '../../lib/bytes.ts'
import { Button, buttonStyle } from '../button.tsx'
import { CloseIcon, CopyIcon, DownloadIcon, MoreIcon, SearchIcon } from '../icons.tsx'
import { Menu, MenuChoice, MenuItem, MenuLine } from '../menu.tsx'
import {
  ErrorIcon,
  FoldIcon,
  FullIcon,
  LinesIcon,
  NextIcon,
  RawIcon,
  SmallIcon,
  UnfoldIcon,
  UpIcon,
  WrapIcon,
} from './icons.tsx'
import type { LogView } from './log-view.ts'
import type { Preferences } from './preferences.ts'
import type { Query } from './search.ts'
import { useSlowly } from './slowly.ts'
import type { TimeColumn } from './stamps.ts'

const SETTLE_MS = 250
const count = (value: number, one: string): string => `${value.toLocaleString('en')} ${one}${value === 1 ? '' : 's'}`

export interface ToolbarProps {
  readonly view: LogView
  readonly jobId: number
  readonly preferences: Preferences
  readonly onPreferences: (preferences: Preferences) => void
  readonly full: boolean
  readonly onFull: (full: boolean) => void
  readonly onCopy: () => void
  readonly onUnmark: () => void
  /** Where keys go when the search is left. */
  readonly onLeaveSearch: () => void
}

/** What can be done with a log, above its lines. */
export function Toolbar(props: ToolbarProps) {
  const { view, full, onFull, preferences, onPreferences, jobId } = props
  useSlowly(view)
  const { log } = view
  const sections = log.sections.size > 0
  const folds = log.sections.anyUnfolded
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1.5 border-b border-line bg-panel py-1.5 pr-2 pl-4">
      <h2 className="text-sm font-semibold">Log</h2>
      <Extent view={view} />
      <Search {...props} />
      <div className="order-2 ml-auto flex items-center md:order-3">
        <Errors view={view} />
        {sections && (
          <Tool
            label={folds ? 'Fold all sections' : 'Unfold all sections'}
            keys="Z"
            onClick={() => view.foldAll(folds)}
            className="max-md:hidden"
          >
            {folds ? <FoldIcon /> : <UnfoldIcon />}
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
          href={gatewayPath(`/download/jobs/${jobId}/trace`)}
          className={`${buttonStyle('quiet', true)} max-md:hidden`}
          download={`job-${jobId}.log`}
          aria-label="Download"
          title="Download"
        >
          <DownloadIcon />
        </a>
        <MoreMenu {...props} />
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

/** How long the log is, or how far that is known. */
function Extent({ view: { log } }: { view: LogView }) {
  if (!log.known || log.size === 0) return null
  const share = log.size > 0 ? Math.floor((log.indexedBytes / log.size) * 100) : 100
  return (
    <span className="text-xs text-soft" data-testid="extent">
      {bytes(log.size)}
      {log.counted ? (
        <span className="max-md:hidden"> · {count(log.lineCount, 'line')}</span>
      ) : (
        <> · reading, {share} %</>
      )}
    </span>
  )
}

function Errors({ view }: { view: LogView }) {
  const { count: errors } = view.log.errors
  if (errors === 0) return null
  const label = `Next of ${count(errors, 'red line')}`
  return (
    <Button
      kind="quiet"
      aria-label={label}
      title={`${label} (e; back with E)`}
      className="gap-1 px-2! text-bad!"
      onClick={(event) => view.stepToError(event.shiftKey ? -1 : 1)}
    >
      <ErrorIcon /> {errors.toLocaleString('en')}
    </Button>
  )
}

function Search({ view, onLeaveSearch }: ToolbarProps) {
  const [text, setText] = useState('')
  const [regex, setRegex] = useState(false)
  const [caseSensitive, setCaseSensitive] = useState(false)
  const searched = useRef('')
  const input = useRef<HTMLInputElement>(null)
  const query: Query | null = text === '' ? null : { text, regex, caseSensitive }
  const key = query ? JSON.stringify(query) : ''
  const latest = useRef(query)
  latest.current = query

  const run = () => {
    if (searched.current === key) return false
    searched.current = key
    void view.find(latest.current)
    return true
  }
  const due = useRef(run)
  due.current = run
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is to be searched for has changed
  useEffect(() => {
    const timer = window.setTimeout(() => due.current(), SETTLE_MS)
    return () => window.clearTimeout(timer)
  }, [key])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      event.preventDefault()
      if (!run()) void view.stepToMatch(event.shiftKey ? -1 : 1)
    } else if (event.key === 'Escape') {
      event.preventDefault()
      if (text === '') onLeaveSearch()
      setText('')
    }
  }
  const { search, log } = view
  useEffect(() => search.grow(log.lineCount))
  return (
    <search
      aria-label="In this log"
      className="order-3 flex min-w-0 items-center gap-1 max-md:-ml-2 max-md:w-full max-md:flex-wrap md:order-2 md:ml-2"
    >
      <div className="relative min-w-0 max-md:flex-1 md:w-64">
        <SearchIcon className="pointer-events-none absolute top-2 left-2 text-soft" />
        <input
          ref={input}
          type="search"
          aria-label="Search the log"
          aria-invalid={search.problem !== null || undefined}
          placeholder="Search the log"
          value={text}
          maxLength={500}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
          onFocus={(event) => event.target.select()}
          onKeyDown={onKeyDown}
          className="control w-full pr-16! pl-7! font-mono [&::-webkit-search-cancel-button]:hidden"
        />
        <span className="absolute inset-y-0 right-1 flex items-center gap-0.5">
          <Option label="Match case" on={caseSensitive} onClick={() => setCaseSensitive(!caseSensitive)}>
            Aa
          </Option>
          <Option label="Regular expression" on={regex} onClick={() => setRegex(!regex)}>
            .*
          </Option>
        </span>
      </div>
      {query && (
        <>
          <Button
            kind="quiet"
            iconOnly
            aria-label="Previous match"
            title="Previous match (N, Shift+Enter)"
            onClick={() => view.stepToMatch(-1)}
          >
            <UpIcon />
          </Button>
          <Button
            kind="quiet"
            iconOnly
            aria-label="Next match"
            title="Next match (n, Enter)"
            onClick={() => view.stepToMatch(1)}
          >
            <NextIcon />
          </Button>
        </>
      )}
      <span aria-live="polite" className="min-w-0 text-xs text-soft" data-testid="found">
        {query && <SearchState view={view} />}
      </span>
    </search>
  )
}

function Option({
  label,
  on,
  onClick,
  children,
}: {
  label: string
  on: boolean
  onClick: () => void
  children: string
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-pressed={on}
      onClick={onClick}
      className={`h-6 w-7 rounded font-mono text-xs ${on ? 'bg-accent-wash text-accent' : 'text-soft hover:bg-raised hover:text-ink'}`}
    >
      {children}
    </button>
  )
}

function SearchState({ view: { search } }: { view: LogView }) {
  if (search.problem) return <span className="text-bad">{search.problem}</span>
  if (search.searchedTo === 0 && search.busy) return 'Searching…'
  if (!search.query) return null
  return (
    <>
      {search.count === 0 ? 'No match' : count(search.count, 'line')}
      {search.timedOut && ` up to line ${search.searchedTo.toLocaleString('en')}`}
      {search.timedOut && !search.busy && (
        <button type="button" onClick={() => void search.searchOn()} className="ml-1 font-medium text-accent underline">
          Search on
        </button>
      )}
    </>
  )
}

const TIMES: readonly { value: TimeColumn; children: string }[] = [
  { value: 'none', children: 'No times' },
  { value: 'elapsed', children: 'Seconds since start' },
  { value: 'clock', children: 'Time of day' },
]

function MoreMenu({ view, jobId, preferences, onPreferences, onCopy, onUnmark }: ToolbarProps) {
  const { log, marked } = view
  const folds = log.sections.anyUnfolded
  const url = gatewayPath(`/download/jobs/${jobId}/trace`)
  return (
    <Menu
      trigger={
        <Button kind="quiet" iconOnly aria-label="More of the log" title="More">
          <MoreIcon />
        </Button>
      }
    >
      {log.stamped && (
        <>
          <MenuChoice
            label="Times"
            value={preferences.times}
            options={TIMES}
            onChange={(times) => onPreferences({ ...preferences, times })}
          />
          <MenuLine />
        </>
      )}
      {marked && (
        <>
          <MenuItem onSelect={onCopy}>
            <CopyIcon className="text-soft" /> Copy marked lines
          </MenuItem>
          <MenuItem onSelect={onUnmark}>
            <CloseIcon className="text-soft" /> Remove the mark
          </MenuItem>
          <MenuLine />
        </>
      )}
      {log.sections.size > 0 && (
        <MenuItem onSelect={() => view.foldAll(folds)}>
          {folds ? <FoldIcon className="text-soft" /> : <UnfoldIcon className="text-soft" />}
          {folds ? 'Fold all sections' : 'Unfold all sections'}
        </MenuItem>
      )}
      <MenuItem onSelect={() => view.toTop()}>
        <LinesIcon className="text-soft" /> First line
      </MenuItem>
      <MenuItem onSelect={() => void window.open(`${url}?view=raw`, '_blank', 'noopener')}>
        <RawIcon className="text-soft" /> Raw
      </MenuItem>
      <MenuItem onSelect={() => window.location.assign(url)}>
        <DownloadIcon className="text-soft" /> Download
      </MenuItem>
    </Menu>
  )
}
