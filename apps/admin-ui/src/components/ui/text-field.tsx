import type { ComponentProps } from 'react'
import { Field, Input, Textarea } from './field.tsx'

type Said = Pick<ComponentProps<typeof Field>, 'label' | 'name' | 'hint'> & { onChange: (value: string) => void }

/** A text field of one line. */
export const TextField = ({
  label,
  name,
  hint,
  onChange,
  ...input
}: Said & Omit<ComponentProps<'input'>, 'name' | 'onChange'>) => (
  <Field label={label} name={name} hint={hint}>
    {(described) => <Input {...described} {...input} onChange={({ target }) => onChange(target.value)} />}
  </Field>
)

/** A text field of several lines. */
export const LinesField = ({
  label,
  name,
  hint,
  onChange,
  ...textarea
}: Said & Omit<ComponentProps<'textarea'>, 'name' | 'onChange'>) => (
  <Field label={label} name={name} hint={hint}>
    {(described) => <Textarea {...described} {...textarea} onChange={({ target }) => onChange(target.value)} />}
  </Field>
)
