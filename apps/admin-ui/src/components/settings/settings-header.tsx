import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { PageHeader } from '../ui/page.tsx'

/** Views that administrators need now and then: tabs below one entry of the navigation. */
export const SETTINGS_VIEWS = [
  { to: '/settings', label: 'General' },
  { to: '/webhooks', label: 'Webhooks' },
  { to: '/audit', label: 'Audit' },
  { to: '/usage', label: 'Usage' },
] as const

/** The header of one of these views. */
export function SettingsHeader({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <>
      <PageHeader title={title}>{children}</PageHeader>
      <nav aria-label="Settings" className="-mt-1 mb-4 flex gap-1 border-b border-line">
        {SETTINGS_VIEWS.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: false, includeSearch: false }}
            className="-mb-px flex h-9 items-center border-b-2 border-transparent px-3 text-sm font-medium text-soft hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink"
          >
            {label}
          </Link>
        ))}
      </nav>
    </>
  )
}
