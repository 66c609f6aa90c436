import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Job, trpc } from '../../lib/api.ts'

const INDEXING_MS = 1_500

/** Quotes the last lines that a failed job printed; each leads to its place in the log. */
export function FailureQuote({ job }: { job: Job }) {
  const { data } = useFailureQuote(job)
  if (!data || data.lines.length === 0) return null
  return (
    <span data-testid="failure-quote" className="grid w-full min-w-0 gap-y-0.5 border-l-2 border-current pl-3">
      {data.lines.map(({ number, text }) => (
        <Link
          key={number}
          to="."
          search={true}
          hash={`L${number}`}
          resetScroll={false}
          hashScrollIntoView={false}
          title={text}
          className="min-w-0 truncate py-0.5 font-mono text-xs text-ink hover:underline"
        >
          {text}
        </Link>
      ))}
    </span>
  )
}

/** Reads what a failed job printed last; nothing for other jobs. */
export const useFailureQuote = (job: Job) =>
  useQuery(
    trpc.traces.failure.queryOptions(
      { jobId: job.id },
      {
        enabled: job.status === 'failed' && job.kind === 'build' && job.traceSize > 0,
        refetchInterval: ({ state: { data } }) => (data?.indexed === false ? INDEXING_MS : false),
      },
    ),
  )
