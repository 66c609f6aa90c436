import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { trpc } from '../../lib/api.ts'
import { sentenceOf } from '../../lib/refusal.ts'
import { Button } from '../ui/button.tsx'
import { PlayIcon } from '../ui/icons.tsx'
import { toast } from '../ui/toast.tsx'
import type { Linted } from './use-lint.ts'

/** Creates the pipeline that was linted, once the result is that of the texts on screen. */
export function RunPipeline({ linted: { lint, isCurrent, asked }, disabled }: { linted: Linted; disabled: boolean }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const run = useMutation(
    trpc.pipelines.create.mutationOptions({
      async onSuccess({ id }) {
        toast.done(`Pipeline ${id} created`)
        void queries.invalidateQueries(trpc.pipelines.pathFilter())
        if (id !== null) await navigate({ to: '/pipelines/$pipelineId', params: { pipelineId: id } })
      },
      onError: (error) => toast.failed(sentenceOf(error)),
    }),
  )
  return (
    <Button
      kind="primary"
      busy={run.isPending}
      disabled={disabled || !isCurrent || !lint?.valid}
      onClick={() => run.mutate(asked)}
    >
      <PlayIcon /> Run this pipeline
    </Button>
  )
}
