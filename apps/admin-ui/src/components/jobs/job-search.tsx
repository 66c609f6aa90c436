import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCombobox } from 'downshift'
import { useEffect, useRef, useState } from 'react'
import { client, trpc } from '../../lib/api.ts'
import {
  isCommit,
  jobNumber,
  keyedWord,
  QUERY_KEYS,
  type QueryKey,
  queryWords,
  readQuery,
  statusesLike,
  statusNamed,
} from '../../lib/job-query.ts'
import { runnerName } from '../../lib/lists.ts'
import { type Changes, given } from '../../lib/search.ts'
import { JOB_STATUS_WORDS, type JobStatus } from '../../lib/words.ts'
import { SearchIcon } from '../ui/icons.tsx'
import { toast } from '../ui/toast.tsx'

/** The filters of jobs that the search sets. */
export interface JobFilters {
  readonly status?: JobStatus
  readonly project?: number
  readonly runner?: number
  readonly pipeline?: number
  readonly tag?: string
  readonly ref?: string
  readonly sha?: string
  readonly q?: string
}

interface Suggestion {
  readonly label: string
  readonly hint: string
  /** What takes the place of the last word; the choice is complete when there is nothing. */
  readonly types?: string
  readonly changes?: Changes<JobFilters>
  readonly opens?: number
}

/** While a person types, the list follows after this pause. */
const SETTLE_MS = 250
const MOST = 8

const HINTS: Readonly<Record<QueryKey, string>> = {
  status: 'such as failed',
  project: 'its path',
  runner: 'its name or number',
  tag: 'the whole tag',
  ref: 'the whole branch or tag',
  sha: 'the whole commit',
  pipeline: 'its number',
}

/**
 * The search of jobs: a text is looked for in names, projects and tags as it is typed; a number opens a job, and
 * `key:value` becomes a filter with Enter or by choosing a suggestion.
 */
export function JobSearch({
  value,
  onChange,
}: {
  value: string | undefined
  onChange: (changes: Changes<JobFilters>) => void
}) {
  const navigate = useNavigate()
  const [text, setText] = useState(value ?? '')
  const sent = useRef(value)
  const latest = useRef(onChange)
  latest.current = onChange
  useEffect(() => {
    if (value === sent.current) return
    sent.current = value
    setText(value ?? '')
  }, [value])
  const send = (q: string | undefined, others: Changes<JobFilters> = {}) => {
    sent.current = q
    setText(q ?? '')
    latest.current({ ...others, q })
  }
  useEffect(() => {
    const wanted = text.trim() || undefined
    // What is not only a text waits for Enter.
    if (wanted === sent.current || (wanted !== undefined && !isPlain(wanted))) return
    const timer = window.setTimeout(() => {
      sent.current = wanted
      latest.current({ q: wanted })
    }, SETTLE_MS)
    return () => window.clearTimeout(timer)
  }, [text])

  const suggestions = useSuggestions(text)
  const open = (id: number) => void navigate({ to: '/jobs/$jobId', params: { jobId: id } })
  const choose = ({ types, changes, opens }: Suggestion) => {
    const before = queryWords(text).slice(0, -1).join(' ')
    if (opens !== undefined) open(opens)
    else if (types !== undefined) setText(`${before === '' ? '' : `${before} `}${types}`)
    else if (isPlain(before)) send(before || undefined, changes)
    else {
      latest.current(changes ?? {})
      setText(before)
    }
  }
  const enter = async () => {
    const number = jobNumber(text)
    if (number !== null && (text.trim().startsWith('#') || (await isThere(number)))) return open(number)
    const { values, text: q } = readQuery(text)
    const found = await filtersOf(values)
    if (found.problem) toast.failed(found.problem)
    else send(q || undefined, isCommit(q) ? { ...found.filters, sha: q, q: undefined } : found.filters)
  }

  const { isOpen, highlightedIndex, getInputProps, getItemProps, getMenuProps } = useCombobox<Suggestion>({
    items: suggestions,
    itemToString: (item) => item?.label ?? '',
    inputValue: text,
    selectedItem: null,
    stateReducer: (_, { type, changes }) =>
      // A key wants its value.
      type === useCombobox.stateChangeTypes.InputKeyDownEnter && changes.selectedItem?.types !== undefined
        ? { ...changes, isOpen: true, highlightedIndex: -1 }
        : changes,
    onStateChange: ({ type, selectedItem }) => {
      const { ItemClick, InputKeyDownEnter } = useCombobox.stateChangeTypes
      if ((type === ItemClick || type === InputKeyDownEnter) && selectedItem) choose(selectedItem)
    },
  })
  return (
    <div className="relative min-w-0 md:w-80">
      <SearchIcon className="pointer-events-none absolute top-2 left-2 text-soft" />
      <input
        {...getInputProps({
          'aria-label': 'Search jobs',
          // At once: `onInputValueChange` comes later, and what was typed meanwhile would be lost.
          onChange: ({ currentTarget }) => setText(currentTarget.value),
          onKeyDown: (event) => {
            if (event.key === 'Enter' && highlightedIndex === -1) void enter()
          },
        })}
        type="search"
        placeholder="Name, #number, status:failed, ref:…"
        autoComplete="off"
        spellCheck={false}
        maxLength={255}
        className="control w-full pl-8"
      />
      <ul
        {...getMenuProps({ 'aria-label': 'Suggestions' })}
        className={`absolute z-20 mt-1 max-h-80 w-full min-w-64 overflow-y-auto rounded-md border border-line bg-panel p-1 text-sm shadow-lg ${isOpen && suggestions.length > 0 ? '' : 'hidden'}`}
      >
        {isOpen &&
          suggestions.map((item, index) => (
            <li
              key={item.label}
              {...getItemProps({ item, index })}
              className={`flex min-h-8 cursor-pointer items-center justify-between gap-3 rounded px-2 ${index === highlightedIndex ? 'bg-raised' : ''}`}
            >
              <span className="truncate">{item.label}</span>
              <span className="shrink-0 text-xs text-soft">{item.hint}</span>
            </li>
          ))}
      </ul>
    </div>
  )
}

const isPlain = (text: string): boolean =>
  !text.startsWith('#') && queryWords(text).every((word) => keyedWord(word) === null)

function useSuggestions(text: string): Suggestion[] {
  const last = /\s$/.test(text) ? '' : (queryWords(text).at(-1) ?? '')
  const keyed = keyedWord(last)
  const search = useSettled(keyed?.value.trim() ?? '')
  const isOf = (key: QueryKey) => keyed?.key === key
  const wanted = { limit: MOST, ...given({ search: search || undefined }) }
  const common = { placeholderData: keepPreviousData } as const
  const { data: runners } = useQuery(trpc.runners.list.queryOptions(wanted, { ...common, enabled: isOf('runner') }))
  const { data: projects } = useQuery(trpc.projects.list.queryOptions(wanted, { ...common, enabled: isOf('project') }))
  if (!keyed) return [...ofWord(text.trim(), last), ...keysLike(last)]
  const { key, value } = keyed
  switch (key) {
    case 'status':
      return statusesLike(value).map((status) => ({
        ...{ label: `status:${status}`, hint: JOB_STATUS_WORDS[status], changes: { status } },
      }))
    case 'runner':
      return (runners?.items ?? []).map((runner) => ({
        ...{ label: runnerName(runner), hint: `runner #${runner.id}`, changes: { runner: runner.id } },
      }))
    case 'project':
      return (projects?.items ?? []).map(({ id, path }) => ({
        ...{ label: path, hint: `project #${id}`, changes: { project: id } },
      }))
    case 'pipeline': {
      const pipeline = jobNumber(value)
      return pipeline === null ? [] : [{ label: `pipeline:${pipeline}`, hint: 'its jobs', changes: { pipeline } }]
    }
    default:
      return value === '' ? [] : [{ label: `${key}:${value}`, hint: HINTS[key], changes: { [key]: value } }]
  }
}

/** Keys that begin like a word; all of them where none has been begun. */
const keysLike = (word: string): Suggestion[] =>
  QUERY_KEYS.filter((key) => key.startsWith(word.toLowerCase())).map((key) => ({
    ...{ label: `${key}:`, hint: HINTS[key], types: `${key}:` },
  }))

function ofWord(whole: string, word: string): Suggestion[] {
  if (word === '') return []
  const number = jobNumber(whole)
  return [
    ...(number === null ? [] : [{ label: `Job #${number}`, hint: 'open it', opens: number }]),
    ...(isCommit(word) ? [{ label: `sha:${word.slice(0, 12)}…`, hint: 'this commit', changes: { sha: word } }] : []),
    ...(word.startsWith('#') ? [] : [{ label: `ref:${word}`, hint: 'this branch or tag', changes: { ref: word } }]),
  ]
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(text), SETTLE_MS)
    return () => window.clearTimeout(timer)
  }, [text])
  return settled
}

const isThere = (id: number): Promise<boolean> =>
  client.jobs.get.query({ id }).then(
    () => true,
    () => false,
  )

interface Found {
  readonly filters: Changes<JobFilters>
  /** Why there are none. */
  readonly problem?: string
}

/** Turns typed values into filters; runners and projects are looked up by their names. */
async function filtersOf(values: Partial<Record<QueryKey, string>>): Promise<Found> {
  const { status, runner, project, pipeline, ...texts } = values
  const filters: { -readonly [Key in keyof JobFilters]: JobFilters[Key] } = texts
  const problem = (sentence: string): Found => ({ filters: {}, problem: sentence })
  if (status !== undefined) {
    const named = statusNamed(status)
    if (named === null) return problem(`There is no status “${status}”.`)
    filters.status = named
  }
  if (pipeline !== undefined) {
    const number = jobNumber(pipeline)
    if (number === null) return problem(`“${pipeline}” is not the number of a pipeline.`)
    filters.pipeline = number
  }
  if (runner !== undefined) {
    const id = jobNumber(runner) ?? (await firstRunner(runner))
    if (id === null) return problem(`No runner is called “${runner}”.`)
    filters.runner = id
  }
  if (project !== undefined) {
    const id = jobNumber(project) ?? (await firstProject(project))
    if (id === null) return problem(`No project is called “${project}”.`)
    filters.project = id
  }
  return { filters }
}

async function firstRunner(search: string): Promise<number | null> {
  const { items } = await client.runners.list.query({ search, limit: MOST })
  return (items.find(({ description }) => description === search) ?? items[0])?.id ?? null
}

async function firstProject(search: string): Promise<number | null> {
  const { items } = await client.projects.list.query({ search, limit: MOST })
  return (items.find(({ path }) => path === search) ?? items[0])?.id ?? null
}
