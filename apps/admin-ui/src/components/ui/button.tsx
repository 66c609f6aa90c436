import type { ButtonHTMLAttributes, ReactNode } from 'react'

const KINDS = {
  primary: 'bg-accent text-accent-ink border-transparent hover:brightness-110',
  plain: 'bg-panel text-ink border-line-strong hover:bg-raised',
  quiet: 'border-transparent text-soft hover:bg-raised hover:text-ink',
  danger: 'bg-panel text-bad border-line-strong hover:bg-bad-wash hover:border-bad',
} as const

export type ButtonKind = keyof typeof KINDS

/** Also for links that look like buttons. */
export const buttonStyle = (kind: ButtonKind = 'plain', iconOnly = false): string =>
  `inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-md border text-sm font-medium whitespace-nowrap select-none
  disabled:opacity-60 ${iconOnly ? 'w-8' : 'px-3'} ${KINDS[kind]}`

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type'> {
  readonly kind?: ButtonKind
  readonly submit?: boolean
  /** The action is under way: the button is disabled and keeps its size. */
  readonly busy?: boolean
  /** Contains no words, so `aria-label` must say what it does. */
  readonly iconOnly?: boolean
  readonly children: ReactNode
}

export function Button({
  kind = 'plain',
  submit = false,
  busy = false,
  iconOnly = false,
  className = '',
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={submit ? 'submit' : 'button'}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={`${buttonStyle(kind, iconOnly)} ${className}`}
    >
      {children}
    </button>
  )
}
