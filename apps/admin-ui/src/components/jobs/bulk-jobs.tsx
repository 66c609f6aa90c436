import { useQueryClient } from '@tanstack/react-query'
import { client, trpc } from '../../lib/api.ts'
import { type BulkAction, BulkBar } from '../ui/bulk-bar.tsx'
import { PlayIcon, RetryIcon, StopIcon, TrashIcon } from '../ui/icons.tsx'
import type { Selection } from '../ui/selection.tsx'

type Filter = Omit<Parameters<typeof client.jobs.changeMatching.mutate>[0], 'change' | 'atMost' | 'progress'>
type Change = Parameters<typeof client.jobs.changeMatching.mutate>[0]['change']

const ACTIONS: readonly BulkAction<Change>[] = [
  { change: 'cancel', label: 'Cancel', done: 'canceled', Icon: StopIcon },
  { change: 'retry', label: 'Retry', done: 'retried', Icon: RetryIcon },
  { change: 'play', label: 'Play', done: 'queued', Icon: PlayIcon },
  {
    ...{ change: 'erase', label: 'Erase', done: 'erased', Icon: TrashIcon, isDanger: true },
    warning: 'Their logs and artifacts are deleted, which cannot be undone. The jobs stay in the list.',
  },
]

/** Does the same with the chosen jobs, or with all that match. */
export function BulkJobs({
  selection,
  filter,
  shown,
  total,
}: {
  selection: Selection
  filter: Filter
  shown: number
  total: number | undefined
}) {
  const queries = useQueryClient()
  return (
    <BulkBar
      noun={['job', 'jobs']}
      actions={ACTIONS}
      selection={selection}
      shown={shown}
      total={total}
      run={({ change, ids, atMost, progress, signal }) =>
        ids
          ? client.jobs.changeMany.mutate({ change, ids: [...ids], progress }, { signal })
          : client.jobs.changeMatching.mutate({ change, atMost, progress, ...filter }, { signal })
      }
      onDone={() => {
        for (const stale of [trpc.jobs, trpc.pipelines, trpc.overview])
          void queries.invalidateQueries(stale.pathFilter())
      }}
    />
  )
}
