import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Delivery, trpc } from '../../lib/api.ts'
import { JOB_STATUS_WORDS } from '../../lib/words.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Chip } from '../ui/chip.tsx'
import { Failed, Panel } from '../ui/page.tsx'
import { Ago } from '../ui/time.tsx'
import { Attempts, STATES, summaryOf } from './attempts.tsx'

const PAGE = 25
/** No event announces deliveries, so the list is polled. */
const RECHECK_MS = 3_000

/** The deliveries of a webhook, with their attempts. */
export function Deliveries({ webhookId }: { webhookId: number }) {
  const deliveries = useInfiniteQuery(
    trpc.webhooks.deliveries.infiniteQueryOptions(
      { id: webhookId, limit: PAGE },
      { getNextPageParam: ({ nextCursor }) => nextCursor, refetchInterval: RECHECK_MS },
    ),
  )
  const rows = deliveries.data?.pages.flatMap(({ items }) => items)
  if (deliveries.isError && !rows) return <Failed error={deliveries.error} onRetry={() => void deliveries.refetch()} />
  return (
    <Panel title="Deliveries" flush>
      {!rows ? (
        <div className="h-64" aria-busy="true" />
      ) : rows.length === 0 ? (
        <p className="px-4 py-6 text-center text-sm text-soft">
          Nothing has been sent yet. Send a test to see whether it arrives.
        </p>
      ) : (
        <ul aria-label="Deliveries, newest first">
          {rows.map((delivery) => (
            <li key={delivery.id} className="border-b border-line last:border-0">
              <OneDelivery delivery={delivery} />
            </li>
          ))}
        </ul>
      )}
      {deliveries.hasNextPage && (
        <div className="border-t border-line px-2 py-1 text-center">
          <Button kind="quiet" busy={deliveries.isFetchingNextPage} onClick={() => void deliveries.fetchNextPage()}>
            Show older deliveries
          </Button>
        </div>
      )}
    </Panel>
  )
}

function OneDelivery({ delivery }: { delivery: Delivery }) {
  const { state, attempts, dueAt, jobId, pipelineId, event } = delivery
  const [tone, words] = STATES[state]
  return (
    <details>
      <summary className="grid grid-cols-[5.5rem_minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2 text-sm hover:bg-raised md:grid-cols-[5.5rem_minmax(0,1fr)_minmax(0,19rem)_6.5rem]">
        <span>
          <Chip tone={tone}>{words}</Chip>
        </span>
        <span className="md:truncate">{whatHappened(delivery)}</span>
        <span className="text-soft max-md:order-last max-md:col-span-2 max-md:col-start-2 max-md:text-xs md:truncate md:text-right">
          {summaryOf(attempts)}
          {state === 'waiting' && dueAt !== null && attempts.length > 0 && (
            <>
              {', again '}
              <Ago at={dueAt} />
            </>
          )}
        </span>
        <span className="text-right text-xs text-soft">
          <Ago at={delivery.createdAt} />
        </span>
      </summary>
      <div className="border-t border-line bg-log-ground px-4 py-3 text-sm">
        <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
          <p className="text-xs text-soft">
            <code className="font-mono">{delivery.key}</code>
            {jobId !== null && (
              <>
                {' · '}
                <Link to="/jobs/$jobId" params={{ jobId }} className="underline">
                  Job #{jobId}
                </Link>
              </>
            )}
            {pipelineId !== null && (
              <>
                {' · '}
                <Link to="/pipelines/$pipelineId" params={{ pipelineId }} className="underline">
                  Pipeline #{pipelineId}
                </Link>
              </>
            )}
          </p>
          {event !== 'test' && <SendAgain delivery={delivery} />}
        </div>
        <Attempts attempts={attempts} />
      </div>
    </details>
  )
}

function SendAgain({ delivery: { id, webhookId, state } }: { delivery: Delivery }) {
  const queries = useQueryClient()
  const again = useAction(trpc.webhooks.redeliver.mutationOptions(), 'Sending again', () => {
    void queries.invalidateQueries(trpc.webhooks.deliveries.pathFilter())
  })
  return (
    <Button busy={again.isPending} onClick={() => again.mutate({ id: webhookId, deliveryId: id })}>
      {state === 'waiting' ? 'Send now' : 'Send again'}
    </Button>
  )
}

function whatHappened({ event, jobId, pipelineId, previousStatus, status }: Delivery): string {
  if (event === 'test') return 'Test'
  const what = event === 'job' ? `Job #${jobId}` : `Pipeline #${pipelineId}`
  const now = status === null ? '' : JOB_STATUS_WORDS[status].toLowerCase()
  return previousStatus === null
    ? `${what}: new, ${now}`
    : `${what}: ${JOB_STATUS_WORDS[previousStatus].toLowerCase()} → ${now}`
}
