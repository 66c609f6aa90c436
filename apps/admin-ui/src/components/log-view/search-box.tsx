import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { SearchIcon } from '../ui/icons.tsx'
import { count } from './format-count.ts'
import { NextIcon, UpIcon } from './icons.tsx'
import type { LogView } from './log-view.ts'
import type { Query } from './query.ts'

/** The search waits until typing has paused for this long. */
const SETTLE_MS = 250

/** Searches the whole log on the server. `onLeave` is called on Escape in an empty field. */
export function SearchBox({ view, onLeave }: { view: LogView; onLeave: () => void }) {
  const [text, setText] = useState('')
  const [regex, setRegex] = useState(false)
  const [caseSensitive, setCaseSensitive] = useState(false)
  const searched = useRef('')
  const input = useRef<HTMLInputElement>(null)
  const query: Query | null = text === '' ? null : { text, regex, caseSensitive }
  const key = query ? JSON.stringify(query) : ''
  const latest = useRef(query)
  latest.current = query

  const run = (wanted: string) => {
    if (searched.current === wanted) return false
    searched.current = wanted
    void view.find(latest.current)
    return true
  }
  const due = useRef(run)
  due.current = run
  useEffect(() => {
    const timer = window.setTimeout(() => due.current(key), SETTLE_MS)
    return () => window.clearTimeout(timer)
  }, [key])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      event.preventDefault()
      if (!run(key)) void view.stepToMatch(event.shiftKey ? -1 : 1)
    } else if (event.key === 'Escape') {
      event.preventDefault()
      if (text === '') onLeave()
      setText('')
    }
  }
  const { search } = view
  useEffect(() => search.grow())
  return (
    <search
      aria-label="In this log"
      className="order-3 flex min-w-0 items-center gap-1 max-md:-ml-2 max-md:w-[calc(100%+0.5rem)] max-md:flex-wrap md:order-2 md:ml-2"
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
  const { count: found } = search
  if (search.problem) return <span className="text-bad">{search.problem}</span>
  if (found.searchedTo === 0 && search.busy) return 'Searching…'
  if (!search.query) return null
  return (
    <>
      {search.rank !== null && (
        <span title="The current one, counted in lines">{`${search.rank.toLocaleString('en')} of `}</span>
      )}
      {found.lines === 0 ? 'No matches' : count(found.lines, 'line')}
      {found.timedOut && ` up to line ${found.searchedTo.toLocaleString('en')}`}
      {found.timedOut && !search.busy && (
        <button type="button" onClick={() => void search.searchOn()} className="ml-1 font-medium text-accent underline">
          Continue
        </button>
      )}
    </>
  )
}
