import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Explanation, type Job, trpc } from '../api.ts'
import { RULE_WORDS } from '../lib/words.ts'
import { buttonStyle } from './button.tsx'
import { Panel } from './page.tsx'
import { Chip } from './status.tsx'

const RECHECK_MS = 5_000
const MOST = 8

/** Why a pending job waits: for each runner what excludes it, or what it is busy with. */
export function WhyItWaits({ job }: { job: Job }) {
  const { data } = useQuery(trpc.jobs.explain.queryOptions({ id: job.id }, { refetchInterval: RECHECK_MS }))
  const runners = data && [...data.runners].sort((a, b) => Number(b.fits) - Number(a.fits))
  return (
    <Panel title="Why it waits" flush>
      {!runners ? (
        <div className="h-24" />
      ) : (
        <>
          <p className="px-4 pt-3 text-sm">{summary(runners)}</p>
          {runners.length === 0 ? (
            <div className="px-4 pt-2 pb-4">
              <Link to="/runners" search={{ new: true }} className={buttonStyle('primary')}>
                Create a runner
              </Link>
            </div>
          ) : (
            <ul className="mt-2 border-t border-line">
              {runners.slice(0, MOST).map((runner) => (
                <li key={runner.runnerId} className="border-b border-line px-4 py-2 text-sm last:border-0">
                  <div className="flex items-center justify-between gap-2">
                    <Link
                      to="/runners/$runnerId"
                      params={{ runnerId: runner.runnerId }}
                      className="truncate font-medium hover:underline"
                    >
                      {runner.description || `Runner ${runner.runnerId}`}
                    </Link>
                    <span className="shrink-0">
                      {runner.fits ? (
                        <Chip tone="accent">{runner.runningJobs > 0 ? 'Busy' : 'Fits'}</Chip>
                      ) : (
                        <Chip>{RULE_WORDS[runner.rule ?? ''] ?? runner.rule}</Chip>
                      )}
                    </span>
                  </div>
                  <p className="text-xs text-soft">{runner.detail}</p>
                </li>
              ))}
            </ul>
          )}
          {runners.length > MOST && (
            <p className="border-t border-line px-4 py-2 text-xs text-soft">and {runners.length - MOST} more</p>
          )}
        </>
      )}
    </Panel>
  )
}

function summary(runners: Explanation['runners']): string {
  if (runners.length === 0) return 'There is no runner yet.'
  const fitting = runners.filter(({ fits }) => fits)
  if (fitting.length === 0) return 'No runner can take it. It waits until one fits.'
  const busy = fitting.filter(({ runningJobs }) => runningJobs > 0).length
  if (busy === fitting.length) return 'Every runner that fits is busy with other jobs.'
  return fitting.length === 1
    ? 'A runner fits and should take it soon.'
    : `${fitting.length} runners fit; one should take it soon.`
}
