import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Job, trpc } from '../../lib/api.ts'
import { Panel } from '../ui/page.tsx'
import { JobStatusBadge } from '../ui/status.tsx'

/** The jobs of the same pipeline by stage, each shown as its newest attempt. */
export function PipelinePanel({ job }: { job: Job }) {
  const { data } = useQuery(trpc.pipelines.jobs.queryOptions({ id: job.pipelineId }))
  if (!data || data.jobs.length < 2) return null
  const stages = Map.groupBy(data.jobs, ({ stageIndex }) => stageIndex)
  return (
    <Panel
      title={`Pipeline (${data.jobs.length})`}
      actions={
        <Link
          to="/pipelines/$pipelineId"
          params={{ pipelineId: job.pipelineId }}
          className="px-2 text-xs text-soft hover:underline"
        >
          Show as graph
        </Link>
      }
      flush
    >
      <ol className="max-h-80 overflow-y-auto py-1">
        {[...stages].map(([index, jobs]) => (
          <li key={index} className="px-4 py-1.5">
            <h3 className="label-caps">{jobs[0]?.stage}</h3>
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
