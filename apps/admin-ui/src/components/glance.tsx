import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { type Overview, trpc } from '../lib/api.ts'
import { actorWords } from '../lib/audit.ts'
import { setBroken, useBroken } from '../lib/live.ts'
import { codeOf } from '../lib/refusal.ts'
import { counted } from '../lib/words.ts'
import { RunnerStatusIcon } from './ui/status.tsx'
import { Ago, Span } from './ui/time.tsx'

/** Pages with a live connection ask earlier, when something changed. */
const LOOK_AGAIN_MS = 5_000
/** The server counts no further. */
const MOST_WAITING = 100_000

const useOverview = () => useQuery(trpc.overview.get.queryOptions(undefined, { refetchInterval: LOOK_AGAIN_MS }))

/** Notices that stay on screen on every page, because they explain why nothing happens. */
export function Notices() {
  const { data: overview, failureReason, fetchStatus } = useOverview()
  const isLost = fetchStatus === 'paused' || (failureReason !== null && codeOf(failureReason) === null)
  useEffect(() => {
    setBroken('overview', isLost)
    return () => setBroken('overview', false)
  }, [isLost])
  const broken = useBroken()
  return (
    <>
      <div role="status">{overview?.maintenance && <Maintenance begin={overview.maintenanceBegin} />}</div>
      <div role="status">
        {broken && <Notice>Connection lost: what you see may be out of date. Reconnecting…</Notice>}
      </div>
    </>
  )
}

const Notice = ({ children }: { children: ReactNode }) => (
  <p className="border-t border-line bg-warn-wash px-4 py-1.5 text-center text-sm text-warn md:px-6">{children}</p>
)

const Maintenance = ({ begin }: { begin: Overview['maintenanceBegin'] }) => (
  <Notice>
    <strong className="font-semibold">Maintenance</strong>: no jobs are handed out, and runners hold back their reports.{' '}
    {begin && (
      <>
        Switched on <Ago at={begin.at} /> by{' '}
        <Link to="/audit" search={{ action: 'settings.update' }} className="font-medium underline">
          {actorWords(begin.by)}
        </Link>
        .{' '}
      </>
    )}
    <Link to="/settings" className="font-medium underline">
      Settings
    </Link>
  </Notice>
)

const RUNNER_COUNTS = [
  ['online', 'online', 'online'],
  ['offline', 'offline', 'offline'],
  ['stale', 'stale', 'stale'],
  ['never_contacted', 'neverContacted', 'never contacted'],
] as const

/** What waits and who could work, on every page. */
export function Glance() {
  const { data: overview } = useOverview()
  return (
    <section aria-label="At a glance" className="border-b border-line bg-panel text-xs text-soft">
      <div className="mx-auto flex min-h-7 max-w-[88rem] flex-wrap items-center gap-x-6 px-4 py-0.5 md:px-6">
        {overview && (
          <>
            <Queue queue={overview.queue} />
            <ul aria-label="Runners" className="flex flex-wrap items-center gap-x-4">
              {RUNNER_COUNTS.filter(([status, key]) => status === 'online' || overview.runners[key] > 0).map(
                ([status, key, words]) => (
                  <li key={status}>
                    <Link to="/runners" search={{ status }} className={LINK}>
                      <RunnerStatusIcon status={status} />
                      <span>
                        <Figure>{overview.runners[key]}</Figure>
                        <span className={status === 'online' ? '' : 'sr-only'}>
                          {' '}
                          {overview.runners[key] === 1 ? 'runner' : 'runners'}
                        </span>{' '}
                        {words}
                      </span>
                    </Link>
                  </li>
                ),
              )}
            </ul>
          </>
        )}
      </div>
    </section>
  )
}

const LINK = 'inline-flex min-h-6 items-center gap-1 hover:text-ink hover:underline'

const Figure = ({ children }: { children: number }) => (
  <span className="font-semibold text-ink">{counted(children)}</span>
)

function Queue({ queue: { waiting, oldestAt } }: Pick<Overview, 'queue'>) {
  if (waiting === 0) return <span className="min-h-6 content-center">No jobs wait for a runner</span>
  return (
    <Link to="/jobs" search={{ status: 'pending' }} className={LINK}>
      <span>
        <Figure>{waiting}</Figure>
        {waiting >= MOST_WAITING && ' or more'} {waiting === 1 ? 'job waits' : 'jobs wait'}
        {oldestAt && (
          <>
            {waiting === 1 ? ', for ' : ', the oldest for '}
            <span className="text-ink">
              <Span from={oldestAt} to={null} />
            </span>
          </>
        )}
      </span>
    </Link>
  )
}
