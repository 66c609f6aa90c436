import type { ReactNode } from 'react'
import { sentenceOf } from '../../lib/refusal.ts'
import { Button } from './button.tsx'

/** The header of a view: title, details beside it and actions. Also sets the tab's title. */
export function PageHeader({
  title,
  tab = title,
  above,
  beside,
  children,
}: {
  title: ReactNode
  tab?: ReactNode
  above?: ReactNode
  beside?: ReactNode
  children?: ReactNode
}) {
  return (
    <div className="mb-4">
      <title>{`${typeof tab === 'string' ? tab : 'Yardmaster'} · Yardmaster`}</title>
      {above && <div className="mb-1 text-sm text-soft">{above}</div>}
      <div className="flex min-h-8 flex-wrap items-center gap-x-4 gap-y-2">
        <h1 tabIndex={-1} className="min-w-0 text-xl font-semibold tracking-[-0.01em]">
          {title}
        </h1>
        {beside}
        {children && <div className="ml-auto flex flex-wrap items-center gap-2">{children}</div>}
      </div>
    </div>
  )
}

/** A part of a view, with a title. */
export function Panel({
  title,
  actions,
  children,
  flush = false,
}: {
  title: string
  actions?: ReactNode
  children: ReactNode
  flush?: boolean
}) {
  return (
    <section aria-label={title} className="overflow-hidden rounded-lg border border-line bg-panel">
      <div className="flex min-h-10 items-center justify-between gap-3 border-b border-line py-1 pr-2 pl-4">
        <h2 className="text-sm font-semibold">{title}</h2>
        {actions}
      </div>
      <div className={flush ? '' : 'p-4'}>{children}</div>
    </section>
  )
}

/** Names and values in two columns. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-sm">{children}</dl>
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  )
}

/** An empty state: why there is nothing, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="rounded-lg border border-line bg-panel px-6 py-10">
      <div className="mx-auto grid max-w-xl justify-items-center gap-3 text-center">
        <h2 className="text-lg font-semibold">{title}</h2>
        {children}
      </div>
    </div>
  )
}

/** A view whose data could not be loaded. */
export function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div role="alert" className="rounded-lg border border-line bg-panel px-6 py-10 text-center">
      <p className="mb-4">{sentenceOf(error)}</p>
      <Button onClick={onRetry}>Try again</Button>
    </div>
  )
}
