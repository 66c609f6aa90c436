import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Job, trpc } from '../../lib/api.ts'
import { Panel } from '../ui/page.tsx'
import { JobStatusBadge } from '../ui/status.tsx'

const MOST = 100

/** The jobs of the same pipeline by stage, each shown as its newest attempt. */
export function PipelinePanel({ job }: { job: Job }) {
  const { data } = useQuery(trpc.jobs.list.queryOptions({ pipelineId: job.pipelineId, limit: MOST }))
  const stages = stagesOf(data?.items ?? [])
  const count = stages.reduce((sum, { jobs }) => sum + jobs.length, 0)
  if (count < 2) return null
  return (
    <Panel
      title={data?.nextCursor ? `Pipeline (last ${count})` : `Pipeline (${count})`}
      actions={
        <Link to="/jobs" search={{ pipeline: job.pipelineId }} className="px-2 text-xs text-soft hover:underline">
          Show as list
        </Link>
      }
      flush
    >
      <ol className="max-h-80 overflow-y-auto py-1">
        {stages.map(({ stage, jobs }) => (
          <li key={stage} className="px-4 py-1.5">
            <h3 className="label-caps">{stage}</h3>
            <ul>
              {jobs.map((each) => (
                <li key={each.id} className="flex items-center justify-between gap-3 py-0.5 text-sm">
                  <Link
                    to="/jobs/$jobId"
                    params={{ jobId: each.id }}
                    className={`min-w-0 truncate hover:underline ${each.name === job.name ? 'font-semibold' : ''}`}
                  >
                    {each.name}
                  </Link>
                  <span className="shrink-0 text-xs">
                    <JobStatusBadge status={each.status} allowed={each.allowFailure} />
                  </span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

/** Groups jobs by stage in the order of creation; a retry takes the place of its first attempt. */
function stagesOf(newestFirst: readonly Job[]): { stage: string; jobs: Job[] }[] {
  const stages = new Map<string, Map<string, Job>>()
  for (const job of newestFirst.toReversed()) {
    const jobs = stages.get(job.stage) ?? new Map<string, Job>()
    stages.set(job.stage, jobs.set(job.name, job))
  }
  return [...stages].map(([stage, jobs]) => ({ stage, jobs: [...jobs.values()] }))
}
