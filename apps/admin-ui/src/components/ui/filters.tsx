import { type ComponentProps, type ReactNode, useEffect, useRef, useState } from 'react'
import { Button } from './button.tsx'
import { SearchIcon } from './icons.tsx'

/** While a person types, the address is updated after this pause. */
const SETTLE_MS = 250

/** The filters of a list. Every choice is in the address, so that a view can be shared. */
export function Filters({
  label,
  active,
  onClear,
  children,
}: {
  label: string
  active: boolean
  onClear: () => void
  children: ReactNode
}) {
  return (
    <search
      aria-label={label}
      className="mb-3 grid grid-cols-2 gap-2 md:flex md:flex-wrap md:items-center [&>:first-child]:col-span-2"
    >
      {children}
      <Button kind="quiet" className={active ? '' : 'invisible max-md:hidden'} onClick={onClear}>
        Clear
      </Button>
    </search>
  )
}

/** A filter by text. It keeps what is being typed, and follows the address when that changes otherwise. */
export function TextFilter({
  label,
  value,
  onChange,
  wide = false,
}: {
  label: string
  value: string | undefined
  onChange: (value: string | undefined) => void
  wide?: boolean
}) {
  const [text, setText] = useState(value ?? '')
  const sent = useRef(value)
  const latest = useRef(onChange)
  latest.current = onChange
  useEffect(() => {
    if (value === sent.current) return
    sent.current = value
    setText(value ?? '')
  }, [value])
  useEffect(() => {
    const wanted = text.trim() || undefined
    if (wanted === sent.current) return
    const timer = window.setTimeout(() => {
      sent.current = wanted
      latest.current(wanted)
    }, SETTLE_MS)
    return () => window.clearTimeout(timer)
  }, [text])
  return (
    <div className={`relative min-w-0 ${wide ? 'md:w-72' : 'md:w-36'}`}>
      {wide && <SearchIcon className="pointer-events-none absolute top-2 left-2 text-soft" />}
      <input
        type={wide ? 'search' : 'text'}
        aria-label={label}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        maxLength={255}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className={`control w-full ${wide ? 'pl-8' : ''}`}
      />
    </div>
  )
}

/** Returns the style of a picker used as a filter: one that is set is highlighted. */
export const filterStyle = (id: number | undefined): string =>
  `md:w-44 ${id === undefined ? '' : '[&_input]:border-accent [&_input]:text-accent'}`

/** A filter by one of several values; the first option means all. */
export function ChoiceFilter({
  label,
  all,
  value,
  options,
  onChange,
  ...rest
}: {
  label: string
  all: string
  value: string | undefined
  options: readonly (readonly [value: string, label: string])[]
  onChange: (value: string | undefined) => void
} & Omit<ComponentProps<'select'>, 'value' | 'onChange'>) {
  const isListed = value === undefined || options.some(([known]) => known === value)
  return (
    <select
      {...rest}
      aria-label={label}
      value={value ?? ''}
      onChange={(event) => onChange(event.target.value || undefined)}
      className={`control pr-1 md:max-w-44 ${value === undefined ? '' : 'border-accent text-accent'}`}
    >
      <option value="">{all}</option>
      {!isListed && <option value={value}>#{value}</option>}
      {options.map(([known, words]) => (
        <option key={known} value={known}>
          {words}
        </option>
      ))}
    </select>
  )
}
