import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { type HookDelivery, trpc } from '../../lib/api.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Chip } from '../ui/chip.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Ago } from '../ui/time.tsx'

const PAGE = 10
/** No event announces deliveries, so the list is polled. */
const RECHECK_MS = 3_000

const OUTCOMES = {
  received: ['plain', 'Received'],
  created: ['accent', 'Started'],
  waiting: ['warn', 'Waiting'],
  skipped: ['plain', 'Skipped'],
  refused: ['bad', 'Refused'],
  ignored: ['plain', 'Ignored'],
  failed: ['bad', 'Failed'],
} as const

/** What forges sent for a project, and what came of it. */
export function HookDeliveries({ projectId }: { projectId: number }) {
  const deliveries = useInfiniteQuery(
    trpc.hooks.list.infiniteQueryOptions(
      { projectId, limit: PAGE },
      { getNextPageParam: ({ nextCursor }) => nextCursor, refetchInterval: RECHECK_MS },
    ),
  )
  const rows = deliveries.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <div className="border-t border-line">
      {rows.length === 0 ? (
        <p className="px-4 py-4 text-center text-sm text-soft">Nothing was received yet.</p>
      ) : (
        <ul aria-label="Received, newest first" className="divide-y divide-line">
          {rows.map((delivery) => (
            <OneDelivery key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
      {deliveries.hasNextPage && (
        <div className="border-t border-line px-2 py-1 text-center">
          <Button kind="quiet" busy={deliveries.isFetchingNextPage} onClick={() => void deliveries.fetchNextPage()}>
            Show older ones
          </Button>
        </div>
      )}
    </div>
  )
}

const MOST_NAMED = 2

const shortened = (subjects: readonly string[]): string => {
  const left = subjects.length - MOST_NAMED
  return `${subjects.slice(0, MOST_NAMED).join(', ')}${left > 0 ? ` and ${left} more` : ''}`
}

function OneDelivery({ delivery }: { delivery: HookDelivery }) {
  const { id, kind, event, subjects, outcome, message, pipelineIds, receivedAt, dueAt } = delivery
  const [tone, words] = OUTCOMES[outcome]
  return (
    <li className="px-4 py-2 text-sm" aria-label={`Delivery ${id}`}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Chip tone={tone}>{words}</Chip>
        <span className="min-w-0 flex-1 basis-40 truncate">
          {kind === event ? kind : `${kind}: ${event}`}
          {subjects.length > 0 && ` · ${shortened(subjects)}`}
          {pipelineIds.map((pipelineId) => (
            <span key={pipelineId}>
              {' '}
              <Link to="/pipelines/$pipelineId" params={{ pipelineId }} className="underline">
                #{pipelineId}
              </Link>
            </span>
          ))}
        </span>
        <span className="text-xs text-soft">
          <Ago at={receivedAt} />
        </span>
        {outcome === 'waiting' && <Approve id={id} />}
        <Replay id={id} />
      </div>
      {message !== null && <p className="mt-1 text-xs break-words whitespace-pre-line text-soft">{message}</p>}
      {outcome === 'failed' && dueAt !== null && (
        <p className="mt-1 text-xs text-soft">
          It is tried again <Ago at={dueAt} />.
        </p>
      )}
    </li>
  )
}

function useRefresh() {
  const queries = useQueryClient()
  return () => void queries.invalidateQueries(trpc.hooks.list.pathFilter())
}

function Replay({ id }: { id: number }) {
  const refresh = useRefresh()
  const replay = useAction(trpc.hooks.replay.mutationOptions(), null, refresh)
  return (
    <Button kind="quiet" busy={replay.isPending} onClick={() => replay.mutate({ id })}>
      Replay
    </Button>
  )
}

function Approve({ id }: { id: number }) {
  const refresh = useRefresh()
  const [asked, setAsked] = useState(false)
  const approve = useAction(trpc.hooks.approve.mutationOptions(), null, () => {
    setAsked(false)
    refresh()
  })
  return (
    <>
      <Button onClick={() => setAsked(true)}>Approve</Button>
      {asked && (
        <Confirm
          title="Run jobs of this fork?"
          action="Approve"
          busy={approve.isPending}
          onConfirm={() => approve.mutate({ id })}
          onClose={() => setAsked(false)}
        >
          <p>
            Who wrote the merge request decides what its jobs do on your runners. They get no protected or masked
            variables, but look at the changes first.
          </p>
        </Confirm>
      )}
    </>
  )
}
