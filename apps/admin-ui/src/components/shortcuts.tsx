import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { listenToKeys } from '../lib/keys.ts'
import { LOG_SHORTCUTS } from './log-view/keys.ts'
import { Dialog } from './ui/dialog.tsx'

const SHORTCUTS = [
  ['j  k', 'Next and previous row; arrow keys work too'],
  ['Enter', 'Open the row'],
  ['/', 'Search'],
  ['n', 'New job, runner, project, schedule or webhook'],
  ['g l', 'Pipelines'],
  ['g j', 'Jobs'],
  ['g r', 'Runners'],
  ['g p', 'Projects'],
  ['g c', 'Lint a configuration'],
  ['g s', 'Settings'],
  ['g w', 'Webhooks'],
  ['g a', 'Audit'],
  ['g u', 'Usage'],
  ['?', 'Show these shortcuts'],
] as const

const GO = {
  l: '/pipelines',
  j: '/jobs',
  r: '/runners',
  p: '/projects',
  c: '/lint',
  s: '/settings',
  w: '/webhooks',
  a: '/audit',
  u: '/usage',
} as const

/** Handles the keys that work in every view. */
export function useShortcuts(onHelp: () => void): void {
  const navigate = useNavigate()
  const help = useRef(onHelp)
  help.current = onHelp
  useEffect(
    () =>
      listenToKeys(({ event, after }) => {
        const { key } = event
        if (after === 'g' && key in GO) {
          event.preventDefault()
          event.stopImmediatePropagation()
          void navigate({ to: GO[key as keyof typeof GO] })
        } else if (key === 'g') {
          return after !== 'g'
        } else if (key === '?') {
          event.preventDefault()
          help.current()
        } else if (key === '/') {
          focusOn(event, 'input[type="search"]')
        } else if (key === 'n') {
          clickOn(event, '[data-new]')
        }
        return false
      }),
    [navigate],
  )
}

function focusOn(event: KeyboardEvent, selector: string): void {
  const found = document.querySelector<HTMLElement>(selector)
  if (!found) return
  event.preventDefault()
  found.focus()
}

function clickOn(event: KeyboardEvent, selector: string): void {
  const found = document.querySelector<HTMLElement>(selector)
  if (!found) return
  event.preventDefault()
  found.click()
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
