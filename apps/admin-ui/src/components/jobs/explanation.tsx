import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Job, trpc } from '../../lib/api.ts'
import { duration, useNow } from '../../lib/time.ts'
import { counted, RULE_WORDS } from '../../lib/words.ts'
import { buttonStyle } from '../ui/button.tsx'
import { Chip } from '../ui/chip.tsx'
import { Panel } from '../ui/page.tsx'
import { JobStatusBadge } from '../ui/status.tsx'
import { Clock } from '../ui/time.tsx'

const RECHECK_MS = 5_000
const MOST = 8

/** Shows why a pending job waits: what excludes each runner, or how many jobs it runs. */
export function WhyItWaits({ job }: { job: Job }) {
  const { data } = useQuery(trpc.jobs.explain.queryOptions({ id: job.id }, { refetchInterval: RECHECK_MS }))
  const runners = data?.runners
  return (
    <Panel title="Why it is waiting" flush>
      {!runners ? (
        <div className="h-24" />
      ) : (
        <>
          <p className="px-4 pt-3 text-sm">{data.summary}</p>
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
                        <Chip tone="accent">
                          {runner.runningJobs > 0 ? `Runs ${counted(runner.runningJobs)}` : 'Idle'}
                        </Chip>
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
          <p className="px-4 py-3 text-sm">{data.summary}</p>
          {data.failedBefore && (
            <>
              <JobList jobs={data.failedBefore.jobs} />
              {data.waitsFor.length > 0 && (
                <p className="border-t border-line px-4 py-3 text-sm">These jobs have not ended yet:</p>
              )}
            </>
          )}
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

/** Shows what starts a manual or a delayed job. */
export function WhatStartsIt({ job }: { job: Job }) {
  const { data } = useQuery(trpc.jobs.explain.queryOptions({ id: job.id }, { refetchInterval: RECHECK_MS }))
  return (
    <Panel title="What it is waiting for" flush>
      {!data ? (
        <div className="h-12" />
      ) : (
        <p className="px-4 py-3 text-sm">
          {data.startsAt === null ? data.summary : <Delay startsAt={data.startsAt} maintenance={data.maintenance} />}
        </p>
      )}
    </Panel>
  )
}

function Delay({ startsAt, maintenance }: { startsAt: string; maintenance: boolean }) {
  const left = Date.parse(startsAt) - useNow()
  return (
    <>
      {maintenance && 'The instance is in maintenance: no jobs are handed out until it ends. '}
      {left > 0 ? (
        <>
          It is delayed: it is queued in <span className="font-medium">{duration(left)}</span>, at{' '}
          <Clock at={startsAt} />, or when a person plays it.
        </>
      ) : (
        <>
          It is delayed, and was due at <Clock at={startsAt} />.
        </>
      )}
    </>
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
          {data.skip.jobs.length > 0 && <JobList jobs={data.skip.jobs} />}
        </>
      )}
    </Panel>
  )
}

const JobList = ({ jobs }: { jobs: readonly Pick<Job, 'id' | 'name' | 'status'>[] }) => (
  <ul className="border-t border-line">
    {jobs.map(({ id, name, status }) => (
      <li key={id} className="border-b border-line px-4 py-2 text-sm last:border-0">
        <OtherJob id={id} name={name} status={status} />
      </li>
    ))}
  </ul>
)

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
