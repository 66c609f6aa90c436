import { type ReactNode, useEffect, useId, useRef } from 'react'
import { Button } from './button.tsx'
import { CloseIcon } from './icons.tsx'

/**
 * The browser's own modal dialog: it keeps the focus, closes on Escape and hides the rest from screen readers without
 * injecting styles, which the content security policy would refuse.
 */
export function Dialog({
  title,
  onClose,
  wide = false,
  children,
}: {
  title: string
  onClose: () => void
  wide?: boolean
  children: ReactNode
}) {
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const dialog = ref.current
    const before = document.activeElement
    dialog?.showModal()
    dialog?.querySelector<HTMLElement>('[data-body] :is(input, textarea, select, button)')?.focus()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      className={`m-auto max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] overflow-y-auto rounded-lg border border-line bg-panel p-0 text-ink shadow-xl ${wide ? 'max-w-2xl' : 'max-w-md'}`}
    >
      <div className="sticky top-0 z-10 flex items-center justify-between gap-4 border-b border-line bg-panel py-2.5 pr-2.5 pl-5">
        <h2 id={titleId} className="text-lg font-semibold">
          {title}
        </h2>
        <Button kind="quiet" iconOnly aria-label="Close" onClick={onClose}>
          <CloseIcon />
        </Button>
      </div>
      <div data-body="" className="p-5">
        {children}
      </div>
    </dialog>
  )
}

/** The buttons at the end of a dialog or form. */
export function Actions({ children }: { children: ReactNode }) {
  return <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>
}

/** Asks before something that can't be undone. */
export function Confirm({
  title,
  children,
  action,
  keep = 'Keep it',
  busy,
  problem,
  onConfirm,
  onClose,
}: {
  title: string
  children: ReactNode
  action: string
  /** The label of the other button. */
  keep?: string
  busy: boolean
  problem?: string | null
  onConfirm: () => void
  onClose: () => void
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="text-soft">{children}</div>
      {problem && <Problem>{problem}</Problem>}
      <Actions>
        <Button onClick={onClose}>{keep}</Button>
        <Button kind="danger" busy={busy} onClick={onConfirm}>
          {action}
        </Button>
      </Actions>
    </Dialog>
  )
}

/** An error, which screen readers announce at once. */
export function Problem({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className="mt-4 rounded-md bg-bad-wash px-3 py-2 text-sm text-bad">
      {children}
    </p>
  )
}
