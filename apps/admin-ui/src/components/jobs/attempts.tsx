import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Job, trpc } from '../../lib/api.ts'
import { runnerName } from '../../lib/lists.ts'
import { failureWords } from '../../lib/words.ts'
import { Chip } from '../ui/chip.tsx'
import { Panel } from '../ui/page.tsx'
import { JobStatusBadge } from '../ui/status.tsx'
import { Ago, Span } from '../ui/time.tsx'

const MOST = 100

/** Returns all attempts of a job that was retried, oldest first. */
function useAttempts({ pipelineId, name, retryOf, retriedBy }: Job): readonly Job[] | undefined {
  const { data } = useQuery(
    trpc.jobs.list.queryOptions({ pipelineId, name, limit: MOST }, { enabled: retryOf !== null || retriedBy !== null }),
  )
  return data?.items.toReversed()
}

/** For lists too long to show whole. A stable function, so that React calls it once and later renders don't scroll. */
function bringIntoView(item: HTMLElement | null): void {
  if (item?.parentElement) item.parentElement.scrollLeft = item.offsetLeft - 12
}

/** Shows side by side how each attempt ended, when, how long it took and where it ran. */
export function Attempts({ job }: { job: Job }) {
  const attempts = useAttempts(job)
  if (job.retryOf === null && job.retriedBy === null) return null
  const title = attempts ? `Attempts (${attempts.length})` : 'Attempts'
  return (
    <Panel title={title} flush>
      {attempts ? (
        <ol className="relative flex gap-2 overflow-x-auto p-3">
          {attempts.map((attempt, index) => (
            <li key={attempt.id} ref={attempt.id === job.id ? bringIntoView : null} className="w-52 shrink-0">
              <Link
                to="/jobs/$jobId"
                params={{ jobId: attempt.id }}
                aria-current={attempt.id === job.id ? 'true' : undefined}
                activeOptions={{ exact: true }}
                className={`block h-full rounded-md border px-3 py-2 text-sm hover:bg-raised ${attempt.id === job.id ? 'border-accent bg-accent-wash' : 'border-line'}`}
              >
                <span className="flex items-center justify-between gap-2">
                  <JobStatusBadge status={attempt.status} allowed={attempt.allowFailure} />
                  {index === attempts.length - 1 && <Chip tone="accent">newest</Chip>}
                </span>
                <span className="block truncate text-xs text-soft">
                  #{attempt.id} · <Ago at={attempt.startedAt ?? attempt.createdAt} /> ·{' '}
                  <Span from={attempt.startedAt} to={attempt.finishedAt} />
                </span>
                <span className="block truncate text-xs text-soft">
                  {attempt.runnerId === null
                    ? 'no runner yet'
                    : runnerName({ id: attempt.runnerId, description: attempt.runnerDescription })}
                </span>
                {attempt.failureReason !== null && (
                  <span className="block truncate text-xs text-bad" title={failureWords(attempt.failureReason)}>
                    {failureWords(attempt.failureReason)}
                  </span>
                )}
              </Link>
            </li>
          ))}
        </ol>
      ) : (
        <div className="h-24" />
      )}
    </Panel>
  )
}

/** Says that there is a newer attempt, with a link to it. */
export function Superseded({ job }: { job: Job }) {
  const newest = useAttempts(job)?.at(-1)
  if (job.retriedBy === null) return null
  const id = newest?.id ?? job.retriedBy
  return (
    <p className="mb-4 rounded-md bg-raised px-4 py-2.5 text-sm">
      This attempt is superseded: the job was retried.{' '}
      <Link to="/jobs/$jobId" params={{ jobId: id }} className="font-medium underline">
        Go to the newest attempt, #{id}
      </Link>
    </p>
  )
}
