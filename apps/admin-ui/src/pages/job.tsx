import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArtifactsPanel } from '../components/jobs/artifacts-panel.tsx'
import { Attempts, Superseded } from '../components/jobs/attempts.tsx'
import { ChildPanel } from '../components/jobs/child-panel.tsx'
import { WhatItWaitsFor, WhatStartsIt, WhyItWaits, WhyItWasSkipped } from '../components/jobs/explanation.tsx'
import { JobActions } from '../components/jobs/job-actions.tsx'
import { FailureNotice, JobFacts } from '../components/jobs/job-facts.tsx'
import { PipelinePanel } from '../components/jobs/pipeline-panel.tsx'
import { TimeBar } from '../components/jobs/time-bar.tsx'
import { UsualDuration } from '../components/jobs/usual-duration.tsx'
import { LogPanel } from '../components/log-view/log-panel.tsx'
import { Failed, PageHeader, Panel } from '../components/ui/page.tsx'
import { JobStatusBadge } from '../components/ui/status.tsx'
import { type Job, trpc } from '../lib/api.ts'
import { useStatusIcon } from '../lib/favicon.ts'
import { useLive } from '../lib/live.ts'
import { codeOf } from '../lib/refusal.ts'
import { useVisible } from '../lib/visibility.ts'
import { isHeldUp, isOver, isPlayable, JOB_STATUS_WORDS } from '../lib/words.ts'
import { NotFoundPage } from './not-found.tsx'

const route = getRouteApi('/shell/jobs/$jobId')
/** A background tab has no live connection, but its icon still shows the job's status. */
const HIDDEN_MS = 10_000
/** No event announces the log's size. */
const SHOWN_MS = 5_000

export function JobPage() {
  const { jobId } = route.useParams()
  const visible = useVisible()
  useLive('jobs')
  const job = useQuery(
    trpc.jobs.get.queryOptions(
      { id: jobId },
      {
        refetchInterval: ({ state: { data } }) =>
          data && isOver(data.status) ? false : visible ? SHOWN_MS : HIDDEN_MS,
        refetchIntervalInBackground: true,
      },
    ),
  )
  const { data } = job
  useStatusIcon(data?.status)

  if (['NOT_FOUND', 'BAD_REQUEST'].includes(codeOf(job.error) ?? '')) return <NotFoundPage what="job" />
  if (job.isError && !data) return <Failed error={job.error} onRetry={() => void job.refetch()} />
  return (
    <>
      <PageHeader
        above={
          data ? (
            <>
              <Link to="/jobs" className="hover:underline">
                Jobs
              </Link>
              {' / '}
              <Link to="/jobs" search={{ project: data.projectId }} className="hover:underline">
                {data.projectPath}
              </Link>
            </>
          ) : (
            'Jobs'
          )
        }
        title={data?.name ?? `Job ${jobId}`}
        tab={data ? `${JOB_STATUS_WORDS[data.status]}: ${data.name} #${jobId}` : `Job ${jobId}`}
        beside={
          <>
            <span className="text-soft">#{jobId}</span>
            <span aria-live="polite" data-testid="status">
              {data && <JobStatusBadge status={data.status} allowed={data.allowFailure} />}
            </span>
          </>
        }
      >
        {data && <JobActions job={data} />}
      </PageHeader>
      {data && <Superseded job={data} />}
      {data && <FailureNotice job={data} />}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_21rem]">
        <div className="grid min-w-0 gap-4">
          <section aria-label="Times" className="rounded-lg border border-line bg-panel px-4 py-3">
            {data ? <TimeBar job={data} /> : <div className="h-[3.75rem]" />}
            {data && !isOver(data.status) && <UsualDuration job={data} />}
          </section>
          {data && <Attempts job={data} />}
          {data?.status === 'pending' && data.kind === 'build' && <WhyItWaits job={data} />}
          {data && isHeldUp(data.status) && <WhatItWaitsFor job={data} />}
          {data && isPlayable(data.status) && <WhatStartsIt job={data} />}
          {data?.status === 'skipped' && <WhyItWasSkipped job={data} />}
          {data ? <Outcome job={data} /> : <div className="h-96 rounded-lg border border-line bg-panel" />}
        </div>
        <div className="grid min-w-0 gap-4">
          {data ? (
            <>
              <PipelinePanel job={data} />
              {data.kind === 'build' && <ArtifactsPanel job={data} />}
              <JobFacts job={data} />
            </>
          ) : (
            <Panel title="About">
              <div className="h-48" />
            </Panel>
          )}
        </div>
      </div>
    </>
  )
}

const Outcome = ({ job }: { job: Job }) => (job.kind === 'trigger' ? <ChildPanel job={job} /> : <LogPanel job={job} />)
