import { useQueryClient } from '@tanstack/react-query'
import { client, trpc } from '../../lib/api.ts'
import { type BulkAction, BulkBar } from '../ui/bulk-bar.tsx'
import { PauseIcon, PlayIcon, TrashIcon } from '../ui/icons.tsx'
import type { Selection } from '../ui/selection.tsx'

type Filter = Omit<Parameters<typeof client.runners.changeMatching.mutate>[0], 'change' | 'atMost' | 'progress'>
type Change = Parameters<typeof client.runners.changeMatching.mutate>[0]['change']

const ACTIONS: readonly BulkAction<Change>[] = [
  {
    ...{ change: 'pause', label: 'Pause', done: 'paused', Icon: PauseIcon },
    warning: 'Paused runners finish what they run, and take no new jobs.',
  },
  { change: 'resume', label: 'Resume', done: 'resumed', Icon: PlayIcon, warning: 'They take jobs again.' },
  {
    ...{ change: 'remove', label: 'Remove', done: 'removed', Icon: TrashIcon, isDanger: true },
    warning: 'Their tokens stop working at once. Jobs that they ran are kept, without their names.',
  },
]

/** Does the same with the chosen runners, or with all that match. */
export function BulkRunners({
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
      noun={['runner', 'runners']}
      actions={ACTIONS}
      selection={selection}
      shown={shown}
      total={total}
      run={({ change, ids, atMost, progress, signal }) =>
        ids
          ? client.runners.changeMany.mutate({ change, ids: [...ids], progress }, { signal })
          : client.runners.changeMatching.mutate({ change, atMost, progress, ...filter }, { signal })
      }
      onDone={() => {
        for (const stale of [trpc.runners, trpc.overview]) void queries.invalidateQueries(stale.pathFilter())
      }}
    />
  )
}
