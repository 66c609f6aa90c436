import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { type Job, trpc } from '../../lib/api.ts'
import { isOver, isPlayable, type JobStatus } from '../../lib/words.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { PlayIcon, RetryIcon, StopIcon, TrashIcon } from '../ui/icons.tsx'
import { MenuItem, MoreMenu } from '../ui/menu.tsx'

const isRetryable = (status: JobStatus) => status === 'failed' || status === 'canceled' || status === 'success'

/** The actions that a job's status allows. */
export function JobActions({ job }: { job: Job }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useState<'erase' | null>(null)
  const refresh = () => void queries.invalidateQueries(trpc.jobs.pathFilter())
  const cancel = useAction(trpc.jobs.cancel.mutationOptions(), null, refresh)
  const play = useAction(trpc.jobs.play.mutationOptions(), 'Job queued', refresh)
  const retry = useAction(trpc.jobs.retry.mutationOptions(), 'Job retried', ({ id }) => {
    refresh()
    void navigate({ to: '/jobs/$jobId', params: { jobId: id } })
  })
  const erase = useAction(trpc.jobs.erase.mutationOptions(), 'Log and artifacts erased', () => {
    setAsked(null)
    refresh()
  })
  const { id, status } = job
  return (
    <>
      {isPlayable(status) && job.downstreamPipelineId === null && (
        <Button kind="primary" busy={play.isPending} onClick={() => play.mutate({ id })}>
          <PlayIcon /> Play
        </Button>
      )}
      {!isOver(status) && status !== 'canceling' && (
        <Button busy={cancel.isPending} onClick={() => cancel.mutate({ id })}>
          <StopIcon /> Cancel
        </Button>
      )}
      {status === 'canceling' && (
        <Button kind="danger" busy={cancel.isPending} onClick={() => cancel.mutate({ id, force: true })}>
          <StopIcon /> Force cancel
        </Button>
      )}
      {isRetryable(status) && job.retriedBy === null && (
        <Button busy={retry.isPending} onClick={() => retry.mutate({ id })}>
          <RetryIcon /> Retry
        </Button>
      )}
      {isOver(status) && job.erasedAt === null && (job.traceSize > 0 || job.artifacts.length > 0) && (
        <MoreMenu>
          <MenuItem danger onSelect={() => setAsked('erase')}>
            <TrashIcon /> Erase log and artifacts
          </MenuItem>
        </MoreMenu>
      )}
      {asked === 'erase' && (
        <Confirm
          title="Erase log and artifacts?"
          action="Erase them"
          busy={erase.isPending}
          onConfirm={() => erase.mutate({ id })}
          onClose={() => setAsked(null)}
        >
          <p>This cannot be undone. The job itself stays in the list.</p>
        </Confirm>
      )}
    </>
  )
}
