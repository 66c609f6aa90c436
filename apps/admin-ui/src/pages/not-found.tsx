import { Link } from '@tanstack/react-router'
import { Button, buttonStyle } from '../components/ui/button.tsx'
import { Empty, PageHeader } from '../components/ui/page.tsx'

/** An address without a view, or an id that nothing has. */
export function NotFoundPage({ what = 'page' }: { what?: string }) {
  return (
    <div className="mx-auto max-w-2xl px-4 py-10">
      <PageHeader title="Not found" />
      <Empty title={`There is no such ${what}`}>
        <p className="text-soft">It may have been removed, or the address has a typing error.</p>
        <Link to="/jobs" className={buttonStyle('primary')}>
          To the jobs
        </Link>
      </Empty>
    </div>
  )
}

/** A bug in the dashboard: what is stored is not touched by it. */
export function Crashed({ error }: { error: unknown }) {
  return (
    <div role="alert" className="mx-auto max-w-2xl px-4 py-10">
      <Empty title="This view broke">
        <p className="text-soft">{error instanceof Error ? error.message : 'An unknown error.'}</p>
        <Button kind="primary" onClick={() => window.location.reload()}>
          Load it again
        </Button>
      </Empty>
    </div>
  )
}
