import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, type MouseEvent, type SyntheticEvent, useCallback, useMemo, useRef, useState } from 'react'
import type { Mark } from './job-chip.tsx'
import { chipAfter, type Layout, relatives } from './lay-out.ts'

const keyOf = (target: EventTarget): string | null =>
  target instanceof Element ? (target.closest<HTMLElement>('[data-chip]')?.dataset.chip ?? null) : null

/** Whether a click is to open a link in another tab or window. */
const isForBrowser = (event: MouseEvent) =>
  event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey

/**
 * Handles the pointer and the keys for all chips of a graph at once, and keeps which one has the tab stop. Chips are
 * known by their names, so that the focus stays where it is while jobs change and are retried.
 */
export function useGraph(layout: Layout) {
  const navigate = useNavigate()
  const ref = useRef<HTMLDivElement>(null)
  const [stop, setStop] = useState<string | null>(null)
  const [hovered, setHovered] = useState<string | null>(null)
  const [focused, setFocused] = useState<string | null>(null)
  const active = hovered ?? focused
  const { chips, columns, lines } = layout
  const tabStop = stop !== null && chips.has(stop) ? stop : (columns[0]?.chips[0]?.key ?? null)

  const marks = useMemo(() => {
    const chip = active === null ? undefined : chips.get(active)
    if (!chip) return null
    const { before, after } = relatives(lines, chip.key)
    return {
      of: (key: string): Mark => (key === chip.key ? 'self' : before.has(key) || after.has(key) ? 'related' : null),
      lines: lines.filter(
        ({ from, to }) =>
          (before.has(from.key) && (before.has(to.key) || to === chip)) ||
          (after.has(to.key) && (after.has(from.key) || from === chip)),
      ),
    }
  }, [active, chips, lines])

  const focus = useCallback((key: string) => {
    ref.current?.querySelector<HTMLElement>(`[data-chip="${CSS.escape(key)}"] [data-target]`)?.focus()
  }, [])

  return {
    tabStop,
    markOf: (key: string): Mark => marks?.of(key) ?? null,
    strong: marks?.lines ?? [],
    /** Moves the focus to a chip: from a button that is about to disappear. */
    focus,
    handlers: {
      ref,
      onMouseOver: (event: MouseEvent) => setHovered(keyOf(event.target)),
      onMouseLeave: () => setHovered(null),
      onFocus(event: SyntheticEvent) {
        const key = keyOf(event.target)
        setFocused(key)
        if (key !== null) setStop(key)
      },
      onBlur: () => setFocused(null),
      onClick(event: MouseEvent) {
        const link =
          event.target instanceof Element ? event.target.closest<HTMLElement>('a[data-job], a[data-pipeline]') : null
        if (!link || isForBrowser(event)) return
        event.preventDefault()
        const { job, pipeline } = link.dataset
        if (pipeline !== undefined)
          void navigate({ to: '/pipelines/$pipelineId', params: { pipelineId: Number(pipeline) } })
        else void navigate({ to: '/jobs/$jobId', params: { jobId: Number(job) } })
      },
      onKeyDown(event: KeyboardEvent) {
        if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
        const chip = chips.get(keyOf(event.target) ?? '')
        const next = chip && chipAfter(layout, chip, event.key)
        if (!next) return
        event.preventDefault()
        focus(next.key)
      },
    },
  }
}
