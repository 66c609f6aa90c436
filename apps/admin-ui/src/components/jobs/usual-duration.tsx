import { useQuery } from '@tanstack/react-query'
import { type Job, trpc } from '../../lib/api.ts'
import { between, duration, useNow } from '../../lib/time.ts'
import { usualWords } from './usual-words.ts'

/** Says how long a job that is not over usually takes, and how that compares with now. Nothing when it is not known. */
export function UsualDuration({ job }: { job: Job }) {
  const { data } = useQuery(
    trpc.jobs.usualDuration.queryOptions({ id: job.id }, { staleTime: Number.POSITIVE_INFINITY }),
  )
  const now = useNow(job.startedAt !== null)
  if (!data || data.seconds === null) return null
  const { seconds, runs, ref } = data
  const usual = seconds * 1000
  const { words, isLong } = usualWords(usual, between(job.startedAt, null, now))
  const where = ref === null ? 'on other refs' : `on ${ref}`
  return (
    <p data-testid="usual" className="mt-2 text-sm text-soft">
      <span className="text-ink">Usually {duration(usual)}</span>
      <span className={isLong ? 'text-warn' : 'text-ink'}>{words}</span>
      <span className="text-xs max-sm:block sm:ml-2">
        {runs === 1 ? `the only successful run ${where}` : `median of ${runs} successful runs ${where}`}
      </span>
    </p>
  )
}
