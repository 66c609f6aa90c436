import { type UseMutationOptions, useMutation } from '@tanstack/react-query'
import { sentenceOf } from '../../lib/refusal.ts'
import { toast } from './toast.tsx'

/** A mutation behind a button, whose result is shown in a toast. With `done` null, success shows by itself. */
export function useAction<Output, Failure, Input>(
  options: UseMutationOptions<Output, Failure, Input>,
  done: string | null,
  then?: (output: Output, input: Input) => void,
) {
  return useMutation<Output, Failure, Input>({
    ...options,
    onSuccess: (output, input) => {
      if (done !== null) toast.done(done)
      then?.(output, input)
    },
    onError: (error) => toast.failed(sentenceOf(error)),
  })
}
