import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { client, trpc } from '../../lib/api.ts'
import { sentenceOf } from '../../lib/refusal.ts'
import { toast } from '../ui/toast.tsx'
import type { ChipAction } from './job-chip.tsx'

/** Plays and retries jobs of a pipeline. One hook for all of them: there may be a thousand. */
export function useJobAction(): { act: (action: ChipAction, id: number) => void; busy: ReadonlySet<number> } {
  const queries = useQueryClient()
  const [busy, setBusy] = useState<ReadonlySet<number>>(new Set())
  const { mutate } = useMutation({
    mutationFn: ({ action, id }: { action: ChipAction; id: number }) => client.jobs[action].mutate({ id }),
    onMutate: ({ id }) => setBusy((before) => new Set([...before, id])),
    onSuccess: (_, { action }) => toast.done(action === 'play' ? 'Job queued' : 'Job retried'),
    onError: (error) => toast.failed(sentenceOf(error)),
    onSettled: async (_done, _error, { id }) => {
      await queries.invalidateQueries(trpc.pipelines.pathFilter())
      setBusy((before) => new Set([...before].filter((other) => other !== id)))
    },
  })
  return { act: useCallback((action, id) => mutate({ action, id }), [mutate]), busy }
}
