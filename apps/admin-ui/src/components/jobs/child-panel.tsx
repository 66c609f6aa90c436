import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Job, trpc } from '../../lib/api.ts'
import { useLive } from '../../lib/live.ts'
import { isOver, pipelineName } from '../../lib/words.ts'
import { StageDots } from '../pipelines/stage-dots.tsx'
import { Panel } from '../ui/page.tsx'
import { PipelineStatusBadge } from '../ui/status.tsx'

/** The child pipeline of a trigger job, in place of a log, which it does not have. */
export function ChildPanel({ job }: { job: Job }) {
  return (
    <Panel title="Child pipeline">
      {job.downstreamPipelineId === null ? (
        <p className="text-sm">
          {isOver(job.status) ? 'It has none.' : 'The server makes it when it is the job’s turn.'}
        </p>
      ) : (
        <Child id={job.downstreamPipelineId} />
      )}
      <p className="pt-2 text-sm text-soft">{STRATEGIES[job.strategy ?? 'none']}</p>
    </Panel>
  )
}

const STRATEGIES = {
  none: 'The job is over once its child pipeline exists.',
  depend: 'The job is over when its child pipeline is.',
  mirror: 'The job has the status of its child pipeline.',
} as const

function Child({ id }: { id: number }) {
  useLive('pipelines')
  const { data, isError } = useQuery(trpc.pipelines.jobs.queryOptions({ id }))
  if (!data) return <p className="text-sm">{isError ? `Pipeline #${id} cannot be shown.` : `Pipeline #${id}`}</p>
  const { pipeline } = data
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
      <span className="min-w-0 truncate">
        <Link to="/pipelines/$pipelineId" params={{ pipelineId: id }} className="font-medium hover:underline">
          {pipelineName(pipeline)}
        </Link>
        {pipeline.name !== null && <span className="text-soft"> #{id}</span>}
      </span>
      <PipelineStatusBadge pipeline={pipeline} />
      <StageDots pipeline={pipeline} />
    </div>
  )
}
