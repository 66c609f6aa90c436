import * as RadixSwitch from '@radix-ui/react-switch'
import {
  type ComponentProps,
  createContext,
  type FormEvent,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react'
import { type Complaints, NO_COMPLAINTS } from '../../lib/refusal.ts'
import { useKeptPage } from '../../lib/session.ts'
import { Problem } from './dialog.tsx'

const Refused = createContext<Complaints>(NO_COMPLAINTS)

/**
 * A form whose fields show the server's complaints about them; the first such field gets the focus. Once something was
 * entered, the page is kept when the session ends.
 */
export function Form({
  complaints,
  onSubmit,
  children,
  label,
}: {
  complaints: Complaints
  onSubmit: () => void
  children: ReactNode
  label: string
}) {
  const ref = useRef<HTMLFormElement>(null)
  const [isTouched, setTouched] = useState(false)
  useKeptPage(isTouched)
  useEffect(() => {
    const form = ref.current
    const touch = () => setTouched(true)
    // Switches and pickers are buttons, which send no input event.
    for (const event of ['input', 'click']) form?.addEventListener(event, touch)
    return () => {
      for (const event of ['input', 'click']) form?.removeEventListener(event, touch)
    }
  }, [])
  useEffect(() => {
    if (Object.keys(complaints.fields).length === 0) return
    ref.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [complaints])
  return (
    <form
      ref={ref}
      aria-label={label}
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      <Refused value={complaints}>
        <div className="grid gap-4">{children}</div>
      </Refused>
      {complaints.rest && <Problem>{complaints.rest}</Problem>}
    </form>
  )
}

/** The attributes that tie a control to its label, hint and complaint. */
export interface Described {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': true | undefined
}

/** A labelled control with a hint or complaint beneath it. `name` is the server's name of the field. */
export function Field({
  label,
  labelHidden = false,
  group = false,
  name,
  hint,
  fault,
  children,
}: {
  label: string
  /** Only screen readers get the label. */
  labelHidden?: boolean
  /** The field has several controls, each with its own label. */
  group?: boolean
  name: string
  hint?: ReactNode
  /** What is wrong, when that is known without asking the server. */
  fault?: string | null | undefined
  children: (described: Described) => ReactNode
}) {
  const id = useId()
  const wrong = useContext(Refused).fields[name] ?? fault
  const described = wrong || hint ? `${id}-said` : undefined
  const Frame = group ? 'fieldset' : 'div'
  const titleStyle = labelHidden ? 'sr-only' : 'mb-1 block text-sm font-medium'
  return (
    <Frame className="min-w-0">
      {group ? (
        <legend className={titleStyle}>{label}</legend>
      ) : (
        <label htmlFor={id} className={titleStyle}>
          {label}
        </label>
      )}
      {children({ id, 'aria-describedby': described, 'aria-invalid': wrong ? true : undefined })}
      {wrong ? (
        <p id={described} className="mt-1 text-xs text-bad">
          {wrong}
        </p>
      ) : (
        hint && (
          <p id={described} className="mt-1 text-xs text-soft">
            {hint}
          </p>
        )
      )}
    </Frame>
  )
}

const INVALID = 'aria-invalid:border-bad aria-invalid:outline-bad'

export const Input = ({ className = '', ...props }: ComponentProps<'input'>) => (
  <input autoComplete="off" {...props} className={`control w-full ${INVALID} ${className}`} />
)

export const Textarea = ({ className = '', ...props }: ComponentProps<'textarea'>) => (
  <textarea
    spellCheck={false}
    {...props}
    className={`control h-auto w-full resize-y py-1.5 font-mono text-xs leading-5 ${INVALID} ${className}`}
  />
)

export const Select = ({ className = '', ...props }: ComponentProps<'select'>) => (
  <select {...props} className={`control w-full pr-1 ${INVALID} ${className}`} />
)

/** A switch alone, which needs a label. */
export const Switch = (props: Omit<ComponentProps<typeof RadixSwitch.Root>, 'className' | 'children'>) => (
  <RadixSwitch.Root
    {...props}
    className="mt-0.5 flex h-5 w-9 shrink-0 items-center rounded-full border border-line-strong bg-raised px-0.5 data-[state=checked]:border-accent data-[state=checked]:bg-accent"
  >
    <RadixSwitch.Thumb className="block size-3.5 rounded-full bg-line-strong transition-transform data-[state=checked]:translate-x-4 data-[state=checked]:bg-accent-ink" />
  </RadixSwitch.Root>
)

/** A switch with its label. */
export function Toggle({
  label,
  hint,
  checked,
  disabled = false,
  onChange,
}: {
  label: string
  hint?: ReactNode
  checked: boolean
  disabled?: boolean
  onChange: (checked: boolean) => void
}) {
  const id = useId()
  return (
    <div className="flex items-start justify-between gap-4">
      <div className="min-w-0">
        <label htmlFor={id} className="block text-sm font-medium">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-xs text-soft">
            {hint}
          </p>
        )}
      </div>
      <Switch
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        checked={checked}
        disabled={disabled}
        onCheckedChange={onChange}
      />
    </div>
  )
}
