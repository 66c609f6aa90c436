import { Link } from '@tanstack/react-router'
import { Button, buttonStyle } from '../components/ui/button.tsx'
import { Empty, PageHeader } from '../components/ui/page.tsx'

/** Shown for an address without a view, or an unknown id. */
export function NotFoundPage({ what = 'page' }: { what?: string }) {
  return (
    <div className="mx-auto max-w-2xl px-4 py-10">
      <PageHeader title="Not found" />
      <Empty title={`There is no such ${what}`}>
        <p className="text-soft">It may have been removed, or the address has a typo.</p>
        <Link to="/jobs" className={buttonStyle('primary')}>
          Go to jobs
        </Link>
      </Empty>
    </div>
  )
}

/** Shown after a bug in the dashboard; no stored data is affected. */
export function Crashed({ error }: { error: unknown }) {
  return (
    <div role="alert" className="mx-auto max-w-2xl px-4 py-10">
      <Empty title="This view crashed">
        <p className="text-soft">{error instanceof Error ? error.message : 'Unknown error.'}</p>
        <Button kind="primary" onClick={() => window.location.reload()}>
          Reload
        </Button>
      </Empty>
    </div>
  )
}
