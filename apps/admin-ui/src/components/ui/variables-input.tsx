import { useId } from 'react'
import { Button } from './button.tsx'
import { Field, Input, Textarea } from './field.tsx'
import { PlusIcon, TrashIcon } from './icons.tsx'

/** A variable to send to the server. With `value` null the stored masked value is kept. */
export interface EditedVariable {
  /** Identifies the row on screen, not the stored variable. */
  readonly row: number
  readonly key: string
  readonly value: string | null
  readonly masked: boolean
  readonly file: boolean
  readonly protected: boolean
  /** Whether references to other variables in it are left alone. */
  readonly raw: boolean
  /** Whether services of jobs get it; cannot be edited here, and stays as it is. */
  readonly public: boolean
}

let rows = 0

export const editedVariable = (variable: Partial<Omit<EditedVariable, 'row'>> = {}): EditedVariable => ({
  key: '',
  value: '',
  masked: false,
  file: false,
  protected: false,
  raw: false,
  public: false,
  ...variable,
  row: ++rows,
})

const FLAGS = [
  ['masked', 'Masked'],
  ['file', 'File'],
  ['protected', 'Protected'],
  ['raw', 'Raw'],
] as const

/** Rows of key, value and flags; `flags` lists those that apply here. */
export function VariablesInput({
  variables,
  onChange,
  flags,
  titled = false,
}: {
  variables: readonly EditedVariable[]
  onChange: (variables: readonly EditedVariable[]) => void
  flags: readonly (typeof FLAGS)[number][0][]
  /** The surrounding panel already has the title, so the label is hidden. */
  titled?: boolean
}) {
  const change = (row: number, changed: Partial<EditedVariable>) =>
    onChange(variables.map((variable) => (variable.row === row ? { ...variable, ...changed } : variable)))
  return (
    <Field
      label="Variables"
      group
      labelHidden={titled}
      name="variables"
      hint={
        flags.includes('masked') &&
        'Masked variables are hidden here and in logs; file variables reach the job as a path; in raw ones a $ is only a $.'
      }
    >
      {(described) => (
        <div className="grid gap-2">
          {variables.map((variable, index) => (
            <div
              key={variable.row}
              className="grid grid-cols-[minmax(0,1fr)_2rem] gap-2 rounded-md md:grid-cols-[minmax(0,2fr)_minmax(0,3fr)_2rem]"
            >
              <Input
                {...(index === 0 && described)}
                aria-label={`Key of variable ${index + 1}`}
                placeholder="KEY"
                className="font-mono"
                value={variable.key}
                onChange={({ target }) => change(variable.row, { key: target.value })}
              />
              <Button
                kind="quiet"
                iconOnly
                className="md:col-start-3 md:row-start-1"
                aria-label={`Remove variable ${variable.key || index + 1}`}
                onClick={() => onChange(variables.filter(({ row }) => row !== variable.row))}
              >
                <TrashIcon />
              </Button>
              <div className="col-span-2 md:col-span-1 md:col-start-2 md:row-start-1">
                <Value
                  variable={variable}
                  label={`Value of variable ${variable.key || index + 1}`}
                  onChange={(value) => change(variable.row, { value })}
                />
              </div>
              <div className="col-span-2 -mt-1 flex flex-wrap gap-x-4 gap-y-1 md:col-span-3">
                {FLAGS.filter(([flag]) => flags.includes(flag)).map(([flag, label]) => (
                  <Flag
                    key={flag}
                    label={label}
                    of={variable.key || String(index + 1)}
                    checked={variable[flag]}
                    onChange={(checked) => change(variable.row, { [flag]: checked })}
                  />
                ))}
              </div>
            </div>
          ))}
          <div>
            <Button
              aria-describedby={described['aria-describedby']}
              onClick={() => onChange([...variables, editedVariable()])}
            >
              <PlusIcon /> Add a variable
            </Button>
          </div>
        </div>
      )}
    </Field>
  )
}

/** Files have several lines, which a single-line input would join. */
function Value({
  variable: { value, masked, file },
  label,
  onChange,
}: {
  variable: EditedVariable
  label: string
  onChange: (value: string) => void
}) {
  const shared = {
    'aria-label': label,
    placeholder: value === null ? 'stored, hidden' : 'value',
    autoComplete: 'off',
    value: value ?? '',
  }
  if (!file && !value?.includes('\n')) {
    return (
      <Input
        {...shared}
        className="font-mono"
        type={masked ? 'password' : 'text'}
        onChange={({ target }) => onChange(target.value)}
      />
    )
  }
  return (
    <Textarea
      {...shared}
      rows={Math.min(8, Math.max(2, shared.value.split('\n').length))}
      className={masked ? '[-webkit-text-security:disc]' : ''}
      onChange={({ target }) => onChange(target.value)}
    />
  )
}

function Flag({
  label,
  of,
  checked,
  onChange,
}: {
  label: string
  of: string
  checked: boolean
  onChange: (checked: boolean) => void
}) {
  const id = useId()
  return (
    <span className="inline-flex items-center gap-1.5 text-xs">
      <input
        id={id}
        type="checkbox"
        className="size-3.5 accent-accent"
        aria-label={`${label}: variable ${of}`}
        checked={checked}
        onChange={({ target }) => onChange(target.checked)}
      />
      <label htmlFor={id}>{label}</label>
    </span>
  )
}
