import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Pipeline, trpc } from '../../lib/api.ts'
import { Chip } from '../ui/chip.tsx'
import { Ago } from '../ui/time.tsx'
import { STATES } from '../webhooks/attempts.tsx'

/** No event announces it, so it is asked for again while it waits. */
const RECHECK_MS = 3_000

/** Returns the status of a pipeline's commit; nothing when no forge is told of it. */
export function useStatusOf({ id, projectId, sha }: Pipeline) {
  const { data } = useQuery(
    trpc.commitStatuses.list.queryOptions(
      { projectId, pipelineId: id, jobs: false, limit: 1 },
      {
        enabled: sha !== null,
        refetchInterval: ({ state }) => (state.data?.items[0]?.state === 'delivered' ? false : RECHECK_MS),
      },
    ),
  )
  return data?.items[0]
}

/** Says whether the forge has the status of a pipeline. */
export function StatusOfPipeline({ status }: { status: NonNullable<ReturnType<typeof useStatusOf>> }) {
  const { state, projectId, context, sent } = status
  const [tone, words] = STATES[state]
  const error = state === 'delivered' ? null : status.attempts.at(-1)?.error
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <Link to="/projects/$projectId" params={{ projectId }} title={error ?? `The forge shows ${context}`}>
        <Chip tone={tone}>{words}</Chip>
      </Link>
      {state === 'delivered' && sent && (
        <span className="text-soft">
          <Ago at={sent.at} />
        </span>
      )}
      {error && <span className="truncate text-bad">{error}</span>}
    </span>
  )
}
