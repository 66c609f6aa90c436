import { useState } from 'react'
import { type Described, Input, Select } from './field.tsx'

const UNITS = [
  ['seconds', 1],
  ['minutes', 60],
  ['hours', 3600],
  ['days', 86_400],
] as const

/** A number of seconds, entered in the largest unit that divides it; empty is null. */
export function DurationInput({
  seconds,
  usualUnit = 3600,
  placeholder,
  onChange,
  ...described
}: Described & {
  seconds: number | null
  /** The unit selected while there is no number, in seconds. */
  usualUnit?: number
  /** What it means to leave the field empty. */
  placeholder?: string
  onChange: (seconds: number | null) => void
}) {
  const [unit, setUnit] = useState<number>(
    () => UNITS.findLast(([, size]) => seconds !== null && seconds >= size && seconds % size === 0)?.[1] ?? usualUnit,
  )
  return (
    <div className="flex gap-2">
      <Input
        {...described}
        type="number"
        inputMode="numeric"
        min={0}
        step="any"
        placeholder={placeholder}
        value={seconds === null ? '' : String(seconds / unit)}
        onChange={({ target: { value } }) => onChange(value === '' ? null : Math.round(Number(value) * unit))}
      />
      <Select
        aria-label="Unit"
        className="max-w-28"
        value={unit}
        onChange={({ target: { value } }) => {
          const next = Number(value)
          setUnit(next)
          if (seconds !== null) onChange(Math.round((seconds / unit) * next))
        }}
      >
        {UNITS.map(([name, size]) => (
          <option key={name} value={size}>
            {name}
          </option>
        ))}
      </Select>
    </div>
  )
}
