import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { type JobInPipeline, type Pipeline, trpc } from '../../lib/api.ts'
import { isOver } from '../../lib/words.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { RetryIcon, StopIcon, TrashIcon } from '../ui/icons.tsx'
import { MenuItem, MoreMenu } from '../ui/menu.tsx'

/** The actions that the jobs of a pipeline allow. */
export function PipelineActions({ pipeline: { id }, jobs }: { pipeline: Pipeline; jobs: readonly JobInPipeline[] }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useState(false)
  const refresh = () => void queries.invalidateQueries(trpc.pipelines.pathFilter())
  const cancel = useAction(trpc.pipelines.cancel.mutationOptions(), null, refresh)
  const retry = useAction(trpc.pipelines.retry.mutationOptions(), 'Jobs retried', refresh)
  const remove = useAction(trpc.pipelines.remove.mutationOptions(), 'Pipeline removed', () => {
    void navigate({ to: '/pipelines' })
    void queries.invalidateQueries(trpc.pipelines.list.pathFilter())
  })
  const has = (status: JobInPipeline['status']) => jobs.some((job) => job.status === status)
  return (
    <>
      {jobs.some(({ status }) => !isOver(status) && status !== 'canceling') && (
        <Button busy={cancel.isPending} onClick={() => cancel.mutate({ id })}>
          <StopIcon /> Cancel
        </Button>
      )}
      {(has('failed') || has('canceled')) && (
        <Button busy={retry.isPending} onClick={() => retry.mutate({ id })}>
          <RetryIcon /> {has('failed') ? 'Retry failed jobs' : 'Retry canceled jobs'}
        </Button>
      )}
      {jobs.every(({ status }) => isOver(status)) && (
        <MoreMenu>
          <MenuItem danger onSelect={() => setAsked(true)}>
            <TrashIcon /> Remove
          </MenuItem>
        </MoreMenu>
      )}
      {asked && (
        <Confirm
          title="Remove this pipeline?"
          action="Remove the pipeline"
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ id })}
          onClose={() => setAsked(false)}
        >
          <p>Its jobs, their logs and their artifacts are removed too. This cannot be undone.</p>
        </Confirm>
      )}
    </>
  )
}
