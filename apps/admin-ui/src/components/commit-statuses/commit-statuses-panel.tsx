import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { type CommitStatus, type Project, trpc } from '../../lib/api.ts'
import { FORGE_WORDS, type StatusTarget } from '../../lib/forges.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Chip } from '../ui/chip.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Panel } from '../ui/page.tsx'
import { Ago } from '../ui/time.tsx'
import { Attempts, STATES, summaryOf } from '../webhooks/attempts.tsx'
import { TargetForm } from './target-form.tsx'

const PAGE = 5
const SHORT_SHA = 8
/** No event announces them, so the list is polled. */
const RECHECK_MS = 3_000

/** Where the statuses of a project's commits go, and what became of the latest ones. */
export function CommitStatusesPanel({ project }: { project: Project }) {
  const [editing, setEditing] = useState(false)
  const { commitStatus } = project
  return (
    <Panel
      title="Commit statuses"
      flush
      actions={
        <span className="flex gap-1">
          {commitStatus && <Stop project={project} target={commitStatus} />}
          <Button kind="quiet" onClick={() => setEditing(true)}>
            {commitStatus ? 'Change' : 'Set up'}
          </Button>
        </span>
      }
    >
      {commitStatus ? (
        <>
          <Target target={commitStatus} />
          <Statuses projectId={project.id} />
        </>
      ) : (
        <p className="px-4 py-3 text-sm text-soft">
          No forge is told how pipelines go. Gitea, Forgejo, GitHub and GitLab show it beside the commits.
        </p>
      )}
      {editing && <TargetForm project={project} onClose={() => setEditing(false)} />}
    </Panel>
  )
}

const Target = ({ target: { forge, address, context, jobs, pausedUntil } }: { target: StatusTarget }) => (
  <div className="border-b border-line px-4 py-3 text-sm">
    <p className="min-w-0 break-words">
      {FORGE_WORDS[forge]} at <span className="font-mono text-xs">{address}</span>
    </p>
    <p className="text-xs text-soft">
      {jobs ? (
        <>
          As <code className="font-mono">{context}</code>, and each job as{' '}
          <code className="font-mono">{context}/…</code>
        </>
      ) : (
        <>
          As <code className="font-mono">{context}</code>, for pipelines only
        </>
      )}
    </p>
    {pausedUntil !== null && (
      <p className="mt-1 text-xs text-warn">
        The forge wants no requests for now; they go on <Ago at={pausedUntil} />.
      </p>
    )}
  </div>
)

function Statuses({ projectId }: { projectId: number }) {
  const statuses = useInfiniteQuery(
    trpc.commitStatuses.list.infiniteQueryOptions(
      { projectId, limit: PAGE },
      { getNextPageParam: ({ nextCursor }) => nextCursor, refetchInterval: RECHECK_MS },
    ),
  )
  const rows = statuses.data?.pages.flatMap(({ items }) => items)
  if (!rows) return <div className="h-24" aria-busy="true" />
  if (rows.length === 0) {
    return (
      <p className="px-4 py-3 text-sm text-soft">
        Nothing has been sent yet. The next pipeline with a commit will be the first.
      </p>
    )
  }
  return (
    <>
      <ul aria-label="Commit statuses, newest first">
        {rows.map((status) => (
          <li key={status.id} className="border-b border-line last:border-0">
            <OneStatus status={status} />
          </li>
        ))}
      </ul>
      {statuses.hasNextPage && (
        <div className="border-t border-line px-2 py-1 text-center">
          <Button kind="quiet" busy={statuses.isFetchingNextPage} onClick={() => void statuses.fetchNextPage()}>
            Show older ones
          </Button>
        </div>
      )}
    </>
  )
}

function OneStatus({ status }: { status: CommitStatus }) {
  const { state, attempts, context, sha, sent, dueAt, pipelineId, jobId } = status
  const [tone, words] = STATES[state]
  const error = state === 'delivered' ? null : attempts.at(-1)?.error
  return (
    <details>
      <summary className="grid grid-cols-[5.5rem_minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2 text-sm hover:bg-raised">
        <span>
          <Chip tone={tone}>{words}</Chip>
        </span>
        <span className="min-w-0">
          <span className="flex min-w-0 items-baseline gap-2">
            <span className="truncate font-medium">{context}</span>
            <code className="font-mono text-xs text-soft max-md:hidden">{sha.slice(0, SHORT_SHA)}</code>
          </span>
          <span className="block truncate text-xs text-soft">
            {error ? <span className="text-bad">{sentence(error)}</span> : (sent?.description ?? 'Not sent yet')}
          </span>
        </span>
        <span className="text-right text-xs text-soft">
          <Ago at={status.changedAt} />
        </span>
      </summary>
      <div className="border-t border-line bg-log-ground px-4 py-3 text-sm">
        <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
          <p className="text-xs text-soft">
            {jobId === null ? (
              <Link to="/pipelines/$pipelineId" params={{ pipelineId }} className="underline">
                Pipeline #{pipelineId}
              </Link>
            ) : (
              <Link to="/jobs/$jobId" params={{ jobId }} className="underline">
                Job #{jobId}
              </Link>
            )}
            {' · '}
            <code className="font-mono">{sha.slice(0, SHORT_SHA)}</code>
            {' · '}
            {summaryOf(attempts)}
            {state === 'waiting' && dueAt !== null && attempts.length > 0 && (
              <>
                {', again '}
                <Ago at={dueAt} />
              </>
            )}
          </p>
          <SendAgain status={status} />
        </div>
        <Attempts attempts={attempts} />
      </div>
    </details>
  )
}

function SendAgain({ status: { id, state } }: { status: CommitStatus }) {
  const queries = useQueryClient()
  const again = useAction(trpc.commitStatuses.resend.mutationOptions(), 'Sending again', () => {
    void queries.invalidateQueries(trpc.commitStatuses.pathFilter())
  })
  return (
    <Button busy={again.isPending} onClick={() => again.mutate({ id })}>
      {state === 'waiting' ? 'Send now' : 'Send again'}
    </Button>
  )
}

function Stop({ project, target }: { project: Project; target: StatusTarget }) {
  const queries = useQueryClient()
  const [asked, setAsked] = useState(false)
  const stop = useAction(trpc.projects.update.mutationOptions(), 'No commit statuses are sent any more', () => {
    setAsked(false)
    void queries.invalidateQueries(trpc.projects.pathFilter())
  })
  return (
    <>
      <Button kind="quiet" onClick={() => setAsked(true)}>
        Stop
      </Button>
      {asked && (
        <Confirm
          title="Send no more commit statuses?"
          action="Stop sending"
          busy={stop.isPending}
          onConfirm={() => stop.mutate({ id: project.id, commitStatus: null })}
          onClose={() => setAsked(false)}
        >
          <p>The token and the list below are removed. What {FORGE_WORDS[target.forge]} shows already stays there.</p>
        </Confirm>
      )}
    </>
  )
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`
