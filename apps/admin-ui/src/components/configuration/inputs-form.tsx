import type { ShownInput } from '@yardmaster/ci-config'
import { Button } from '../ui/button.tsx'
import { type Described, Field, Input, Select, Textarea } from '../ui/field.tsx'
import { CloseIcon } from '../ui/icons.tsx'
import { type EnteredInputs, textOf, withInput } from './edited-configuration.ts'

const TYPE_WORDS = { string: '', number: 'a number', boolean: 'true or false', array: 'a list as JSON' } as const

/** Fields for the inputs that a configuration declares. One without a value has its default. */
export function InputsForm({
  shown,
  inputs,
  onChange,
}: {
  shown: readonly ShownInput[]
  inputs: EnteredInputs
  onChange: (inputs: EnteredInputs) => void
}) {
  const declared = new Set(shown.map(({ name }) => name))
  const unknown = Object.entries(inputs).filter(([name]) => !declared.has(name))
  return (
    <div className="grid gap-4">
      {shown.map((input) => (
        <InputField
          key={input.name}
          input={input}
          value={Object.hasOwn(inputs, input.name) ? inputs[input.name] : undefined}
          onChange={(value) => onChange(withInput(inputs, input.name, value))}
        />
      ))}
      {unknown.map(([name, value]) => (
        <UnknownInput
          key={name}
          name={name}
          value={value}
          onRemove={() => onChange(withInput(inputs, name, undefined))}
        />
      ))}
    </div>
  )
}

function InputField({
  input,
  value,
  onChange,
}: {
  input: ShownInput
  /** Undefined when it has none. */
  value: unknown
  onChange: (value: unknown) => void
}) {
  const { name, type, description, isRequired, problems, regex } = input
  const about = [
    description,
    [isRequired ? 'required' : null, TYPE_WORDS[type] || null, regex === null ? null : `must match ${regex}`]
      .filter((part) => part !== null)
      .join(', '),
  ].filter((part) => part !== null && part !== '')
  const canReset = value !== undefined && !isRequired && input.options === null && type !== 'boolean'
  return (
    <Field label={name} name={`inputs.${name}`} hint={about.join(' · ')} fault={sentenceOf(problems[0])}>
      {(described) => (
        <div className="flex items-start gap-2">
          <Control input={input} value={value} described={described} onChange={onChange} />
          {canReset && (
            <Button aria-label={`Use the default of ${name}`} onClick={() => onChange(undefined)}>
              Use the default
            </Button>
          )}
        </div>
      )}
    </Field>
  )
}

/** Returns a problem without the name of its input, as a sentence. */
function sentenceOf(problem: string | undefined): string | null {
  if (problem === undefined) return null
  const said = problem.replace(/^`.*?` input: /, '')
  if (said === 'required value has not been provided') return 'Required: it has no default.'
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.`
}

/** The value of an option that stands for no value. */
const NOTHING = ''

function Control({
  input: { name, type, options, isRequired, default: fallback },
  value,
  described,
  onChange,
}: {
  input: ShownInput
  value: unknown
  described: Described
  onChange: (value: unknown) => void
}) {
  const choices = options ?? (type === 'boolean' ? [true, false] : null)
  if (choices) {
    const chosen = value === undefined ? NOTHING : textOf(value)
    const texts = [...new Set(choices.map(textOf))]
    return (
      <Select
        {...described}
        value={chosen}
        onChange={({ target }) => onChange(target.value === NOTHING ? undefined : target.value)}
      >
        {(isRequired ? value === undefined : true) && (
          <option value={NOTHING}>{isRequired ? 'choose a value' : `${textOf(fallback) || 'empty'} (default)`}</option>
        )}
        {(texts.includes(chosen) || chosen === NOTHING ? texts : [chosen, ...texts])
          .filter((text) => text !== NOTHING)
          .map((text) => (
            <option key={text} value={text}>
              {text}
            </option>
          ))}
      </Select>
    )
  }
  const text = value === undefined ? (isRequired ? '' : textOf(fallback ?? '')) : textOf(value)
  const enter = (entered: string) =>
    // An empty text is a value only where a text is wanted.
    onChange(entered === '' && (isRequired || type !== 'string') ? undefined : entered)
  if (type === 'array' || text.includes('\n')) {
    return (
      <Textarea
        {...described}
        rows={Math.min(8, Math.max(2, text.split('\n').length))}
        placeholder={type === 'array' ? '["a", "b"]' : undefined}
        value={text}
        onChange={({ target }) => enter(target.value)}
      />
    )
  }
  return (
    <Input
      {...described}
      key={name}
      className="font-mono"
      inputMode={type === 'number' ? 'decimal' : undefined}
      value={text}
      onChange={({ target }) => enter(target.value)}
    />
  )
}

function UnknownInput({ name, value, onRemove }: { name: string; value: unknown; onRemove: () => void }) {
  return (
    <Field label={name} name={`inputs.${name}`} fault="The configuration declares no such input.">
      {(described) => (
        <div className="flex items-start gap-2">
          <Input {...described} className="font-mono" readOnly value={textOf(value)} />
          <Button kind="quiet" iconOnly aria-label={`Remove the value of ${name}`} title="Remove" onClick={onRemove}>
            <CloseIcon />
          </Button>
        </div>
      )}
    </Field>
  )
}
