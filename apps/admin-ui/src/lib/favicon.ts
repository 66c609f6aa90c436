import { useEffect } from 'react'
import failed from '../icons/failed.svg'
import pending from '../icons/pending.svg'
import running from '../icons/running.svg'
import stopped from '../icons/stopped.svg'
import success from '../icons/success.svg'
import type { Job } from './api.ts'

const ICONS: Readonly<Partial<Record<Job['status'], string>>> = {
  created: pending,
  waiting_for_resource: pending,
  preparing: pending,
  scheduled: pending,
  manual: pending,
  pending,
  running,
  canceling: running,
  success,
  failed,
  canceled: stopped,
  skipped: stopped,
}

/** Shows the job's status in the tab's icon. */
export function useStatusIcon(status: Job['status'] | undefined): void {
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
    const icon = status && ICONS[status]
    if (!link || !icon) return
    const usual = link.href
    link.href = icon
    return () => {
      link.href = usual
    }
  }, [status])
}
