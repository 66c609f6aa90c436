import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { LOG_SHORTCUTS } from './trace-view/keys.ts'
import { Dialog } from './ui/dialog.tsx'

const SHORTCUTS = [
  ['j  k', 'Next and previous row, as the arrow keys do'],
  ['Enter', 'Open the row'],
  ['/', 'Search'],
  ['n', 'New job, runner, project or webhook'],
  ['g j', 'Jobs'],
  ['g r', 'Runners'],
  ['g p', 'Projects'],
  ['g s', 'Settings'],
  ['g w', 'Webhooks'],
  ['g a', 'Audit'],
  ['g u', 'Usage'],
  ['?', 'This sheet'],
] as const

const GO = {
  j: '/jobs',
  r: '/runners',
  p: '/projects',
  s: '/settings',
  w: '/webhooks',
  a: '/audit',
  u: '/usage',
} as const
/** The second key of two has to come by then. */
const SECOND_KEY_MS = 1500

/** Keys belong to whatever takes text, to an open dialog and to the browser first. */
export function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true
  if (document.querySelector('dialog:modal')) return true
  const { target } = event
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable], [role="menu"]') !== null
  )
}

/** Keys that work in every view. */
export function useShortcuts(onHelp: () => void): void {
  const navigate = useNavigate()
  const help = useRef(onHelp)
  help.current = onHelp
  useEffect(() => {
    let goneAt = Number.NEGATIVE_INFINITY
    const listen = (event: KeyboardEvent) => {
      if (isTaken(event)) return
      const isSecond = event.timeStamp - goneAt < SECOND_KEY_MS
      goneAt = Number.NEGATIVE_INFINITY
      if (isSecond && event.key in GO) {
        event.preventDefault()
        event.stopImmediatePropagation()
        void navigate({ to: GO[event.key as keyof typeof GO] })
      } else if (event.key === 'g' && !isSecond) {
        goneAt = event.timeStamp
      } else if (event.key === '?') {
        event.preventDefault()
        help.current()
      } else if (event.key === '/') {
        const search = document.querySelector<HTMLElement>('input[type="search"]')
        if (!search) return
        event.preventDefault()
        search.focus()
      } else if (event.key === 'n') {
        const create = document.querySelector<HTMLElement>('[data-new]')
        if (!create) return
        event.preventDefault()
        create.click()
      }
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [navigate])
}

export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose} wide>
      <div className="grid gap-x-8 gap-y-6 md:grid-cols-2">
        <Keys title="Everywhere" keys={SHORTCUTS} />
        <Keys title="In a log" keys={LOG_SHORTCUTS} />
      </div>
    </Dialog>
  )
}

function Keys({ title, keys }: { title: string; keys: readonly (readonly [keys: string, what: string])[] }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-2 text-sm font-semibold">{title}</h3>
      <dl className="grid grid-cols-[4.5rem_1fr] gap-x-3 gap-y-2 text-sm">
        {keys.map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt className="flex gap-1">
              {keys.split(/ +/).map((key) => (
                <kbd
                  key={key}
                  className="grid h-6 min-w-6 place-items-center rounded border border-line-strong bg-raised px-1.5 font-mono text-xs"
                >
                  {key}
                </kbd>
              ))}
            </dt>
            <dd className="self-center text-soft">{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
