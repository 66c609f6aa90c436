import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { type Deployment, type Environment, trpc } from '../../lib/api.ts'
import { useLive } from '../../lib/live.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Chip } from '../ui/chip.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { StopIcon, TrashIcon } from '../ui/icons.tsx'
import { Panel } from '../ui/page.tsx'
import { RefName } from '../ui/ref-name.tsx'
import { JobStatusBadge } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'

const MOST = 100

/** Where the jobs of a project deploy to; nothing when no job has named an environment. */
export function EnvironmentsPanel({ projectId }: { projectId: number }) {
  useLive('pipelines')
  const { data } = useQuery(trpc.environments.list.queryOptions({ projectId, limit: MOST }))
  if (!data || data.items.length === 0) return null
  return (
    <Panel title="Environments" flush>
      <ul className="divide-y divide-line">
        {data.items.map((environment) => (
          <EnvironmentRow key={environment.id} environment={environment} />
        ))}
      </ul>
      {data.nextCursor !== null && (
        <p className="border-t border-line px-4 py-2 text-xs text-soft">The newest {MOST} are shown.</p>
      )}
    </Panel>
  )
}

const STATE_WORDS = { available: 'Available', stopping: 'Stopping', stopped: 'Stopped' } as const
const STATE_TONES = { available: 'accent', stopping: 'warn', stopped: 'plain' } as const

function EnvironmentRow({ environment }: { environment: Environment }) {
  const { name, tier, state, url, autoStopAt, lastDeployment, lastSuccess } = environment
  const isLive = lastDeployment?.jobId === lastSuccess?.jobId
  return (
    <li aria-label={name} className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 py-3 text-sm">
      <div className="min-w-0 flex-1 basis-72">
        <div className="flex flex-wrap items-center gap-2">
          <span className="min-w-0 truncate font-medium" title={name}>
            {name}
          </span>
          <Chip tone={STATE_TONES[state]}>{STATE_WORDS[state]}</Chip>
          <span className="text-xs text-soft">{tier}</span>
        </div>
        {lastDeployment ? (
          <DeploymentLine deployment={lastDeployment} />
        ) : (
          <p className="mt-1 text-xs text-soft">No deployments yet</p>
        )}
        {lastSuccess && !isLive && <DeploymentLine deployment={lastSuccess} before="Live:" />}
        {url !== null && (
          <a href={url} target="_blank" rel="noreferrer" className="mt-1 block truncate text-xs underline">
            {url}
          </a>
        )}
      </div>
      <div className="flex items-center gap-3">
        {autoStopAt !== null && (
          <span className="text-xs text-soft">
            Stops <Ago at={autoStopAt} />
          </span>
        )}
        {state === 'available' && <StopEnvironment environment={environment} />}
        {state === 'stopped' && <RemoveEnvironment environment={environment} />}
      </div>
    </li>
  )
}

function DeploymentLine({ deployment, before }: { deployment: Deployment; before?: string }) {
  const { jobId, jobName, pipelineId, sha, status, startedAt, finishedAt } = deployment
  return (
    <div className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-xs">
      {before && <span className="text-soft">{before}</span>}
      <JobStatusBadge status={status} />
      <Link to="/jobs/$jobId" params={{ jobId }} className="max-w-full truncate underline">
        {jobName}
      </Link>
      <span className="text-soft">
        in{' '}
        <Link to="/pipelines/$pipelineId" params={{ pipelineId }} className="underline">
          pipeline #{pipelineId}
        </Link>
      </span>
      <RefName of={deployment} />
      {sha !== null && <span className="font-mono text-soft">{sha.slice(0, 8)}</span>}
      <span className="text-soft">
        <Ago at={finishedAt ?? startedAt} />
      </span>
    </div>
  )
}

function StopEnvironment({ environment: { id, name, stopJob } }: { environment: Environment }) {
  const queries = useQueryClient()
  const stop = useAction(trpc.environments.stop.mutationOptions(), null, () => {
    void queries.invalidateQueries(trpc.environments.pathFilter())
  })
  return (
    <Button
      aria-label={`Stop ${name}`}
      title={stopJob ? `Runs the job ${stopJob.name}` : 'Marks it as stopped: no job stops it'}
      busy={stop.isPending}
      onClick={() => stop.mutate({ id })}
    >
      <StopIcon /> Stop
    </Button>
  )
}

function RemoveEnvironment({ environment: { id, name } }: { environment: Environment }) {
  const queries = useQueryClient()
  const [asked, setAsked] = useState(false)
  const remove = useAction(trpc.environments.remove.mutationOptions(), `Environment ${name} removed`, () => {
    setAsked(false)
    void queries.invalidateQueries(trpc.environments.pathFilter())
  })
  return (
    <>
      <Button kind="quiet" iconOnly aria-label={`Remove ${name}`} title="Remove" onClick={() => setAsked(true)}>
        <TrashIcon />
      </Button>
      {asked && (
        <Confirm
          title="Remove this environment?"
          action="Remove the environment"
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ id })}
          onClose={() => setAsked(false)}
        >
          <p>
            <span className="font-medium break-words text-ink">{name}</span> and its deployments are no longer listed.
            Its jobs stay, and a job that names it again brings it back.
          </p>
        </Confirm>
      )}
    </>
  )
}
