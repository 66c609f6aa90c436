import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Explanation, type Job, trpc } from '../../lib/api.ts'
import { RULE_WORDS } from '../../lib/words.ts'
import { buttonStyle } from '../ui/button.tsx'
import { Chip } from '../ui/chip.tsx'
import { Panel } from '../ui/page.tsx'
import { JobStatusBadge } from '../ui/status.tsx'

const RECHECK_MS = 5_000
const MOST = 8
const MAINTENANCE = 'The instance is in maintenance: no jobs are handed out until it ends.'

/** Shows why a pending job waits: what excludes each runner, or how busy it is. */
export function WhyItWaits({ job }: { job: Job }) {
  const { data } = useQuery(trpc.jobs.explain.queryOptions({ id: job.id }, { refetchInterval: RECHECK_MS }))
  const runners = data?.runners
  return (
    <Panel title="Why it is waiting" flush>
      {!runners ? (
        <div className="h-24" />
      ) : (
        <>
          <p className="px-4 pt-3 text-sm">{data.maintenance ? MAINTENANCE : summary(runners)}</p>
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
                        <Chip tone="accent">{runner.runningJobs > 0 ? 'Busy' : 'Matches'}</Chip>
                      ) : (
                        <Chip>{runner.rule === null ? 'Maintenance' : (RULE_WORDS[runner.rule] ?? runner.rule)}</Chip>
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

/** Shows which jobs have to end before a job is queued. */
export function WhatItWaitsFor({ job }: { job: Job }) {
  const { data } = useQuery(trpc.jobs.explain.queryOptions({ id: job.id }, { refetchInterval: RECHECK_MS }))
  return (
    <Panel title="What it is waiting for" flush>
      {!data ? (
        <div className="h-24" />
      ) : (
        <>
          {data.maintenance && <p className="px-4 pt-3 text-sm">{MAINTENANCE}</p>}
          <p className="px-4 py-3 text-sm">{condition(job, data.waitsFor)}</p>
          {data.waitsFor.length > 0 && (
            <ul className="border-t border-line">
              {data.waitsFor.map(({ id, name, status, reason, detail }) => (
                <li key={id} className="border-b border-line px-4 py-2 text-sm last:border-0">
                  <OtherJob id={id} name={name} status={status} />
                  {reason !== 'dependency' && <p className="text-xs text-soft">{detail}</p>}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Panel>
  )
}

/** Shows because of which jobs a job was skipped. */
export function WhyItWasSkipped({ job }: { job: Job }) {
  const { data } = useQuery(trpc.jobs.explain.queryOptions({ id: job.id }, { refetchInterval: RECHECK_MS }))
  return (
    <Panel title="Why it was skipped" flush>
      {!data?.skip ? (
        <div className="h-12" />
      ) : (
        <>
          <p className="px-4 py-3 text-sm">{data.skip.detail}</p>
          {data.skip.jobs.length > 0 && (
            <ul className="border-t border-line">
              {data.skip.jobs.map(({ id, name, status }) => (
                <li key={id} className="border-b border-line px-4 py-2 text-sm last:border-0">
                  <OtherJob id={id} name={name} status={status} />
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Panel>
  )
}

const OtherJob = ({ id, name, status }: Pick<Job, 'id' | 'name' | 'status'>) => (
  <div className="flex items-center justify-between gap-3">
    <span className="min-w-0 truncate">
      <Link to="/jobs/$jobId" params={{ jobId: id }} className="font-medium hover:underline">
        {name}
      </Link>{' '}
      <span className="text-xs text-soft">#{id}</span>
    </span>
    <JobStatusBadge status={status} />
  </div>
)

function condition({ status, resourceGroup }: Job, waitsFor: Explanation['waitsFor']): string {
  if (status === 'waiting_for_resource') {
    const rule = `Only one job at a time may use the resource ${resourceGroup}.`
    if (waitsFor.length === 0) return `${rule} It is free now.`
    return waitsFor.length === 1 && waitsFor[0]?.reason === 'has_resource'
      ? `${rule} This job is queued when that one ends:`
      : `${rule} These jobs come first:`
  }
  const jobs = waitsFor.length
  if (jobs === 0) return 'The jobs it waited for have ended; it should be queued soon.'
  return jobs === 1
    ? 'Whether it runs is decided when this job ends:'
    : `Whether it runs is decided when these ${jobs} jobs end:`
}

function summary(runners: Explanation['runners']): string {
  if (runners.length === 0) return 'There are no runners yet.'
  const fitting = runners.filter(({ fits }) => fits)
  if (fitting.length === 0) return 'No runner can take it. It waits until one matches.'
  const busy = fitting.filter(({ runningJobs }) => runningJobs > 0).length
  if (busy === fitting.length) return 'Every matching runner is busy with other jobs.'
  return fitting.length === 1
    ? 'A runner matches and should take it soon.'
    : `${fitting.length} runners match; one should take it soon.`
}
