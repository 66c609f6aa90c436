import { useEffect, useRef, useSyncExternalStore } from 'react'
import { Button } from './button.tsx'
import { CheckIcon, CloseIcon } from './icons.tsx'

interface Toast {
  readonly id: number
  readonly tone: 'done' | 'failed'
  readonly text: string
}

const DONE_MS = 4000
const FAILED_MS = 12_000
const MOST = 4

let toasts: readonly Toast[] = []
let last = 0
const listeners = new Set<() => void>()

function change(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

const dismiss = (id: number): void => change(toasts.filter((toast) => toast.id !== id))

function say(tone: Toast['tone'], text: string): void {
  const id = ++last
  change([...toasts, { id, tone, text }].slice(-MOST))
  window.setTimeout(() => dismiss(id), tone === 'done' ? DONE_MS : FAILED_MS)
}

/** Shows the result of an action for a moment. */
export const toast = {
  done: (text: string): void => say('done', text),
  failed: (text: string): void => say('failed', text),
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  const ref = useRef<HTMLDivElement>(null)
  const newest = shown.at(-1)?.id
  useEffect(() => {
    // Shown again, to be in the top layer above a dialog that opened earlier.
    ref.current?.hidePopover()
    if (newest !== undefined) ref.current?.showPopover()
  }, [newest])
  return (
    <div
      ref={ref}
      popover="manual"
      className="fixed inset-auto right-4 bottom-4 m-0 w-[min(24rem,calc(100vw-2rem))] overflow-visible border-0 bg-transparent p-0"
    >
      <div aria-live="polite" className="grid gap-2">
        {shown.map(({ id, tone, text }) => (
          <div
            key={id}
            role={tone === 'failed' ? 'alert' : undefined}
            className={`flex items-start gap-2 rounded-md border bg-panel py-2 pr-2 pl-3 text-sm text-ink shadow-lg ${tone === 'failed' ? 'border-bad' : 'border-line-strong'}`}
          >
            {tone === 'done' && <CheckIcon className="mt-0.5 text-good" />}
            <p className={`min-w-0 flex-1 py-0.5 ${tone === 'failed' ? 'text-bad' : ''}`}>{text}</p>
            <Button kind="quiet" iconOnly className="-my-1" aria-label="Dismiss" onClick={() => dismiss(id)}>
              <CloseIcon />
            </Button>
          </div>
        ))}
      </div>
    </div>
  )
}
