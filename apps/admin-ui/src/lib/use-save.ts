import { type UseMutationOptions, useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { type Complaints, complaintsOf, NO_COMPLAINTS } from './refusal.ts'

/** A mutation behind a form: refusals are shown at the fields, which have the server's names. */
export function useSave<Output, Failure, Input>(
  options: UseMutationOptions<Output, Failure, Input>,
  fields: readonly string[],
  then: (output: Output) => void | Promise<void>,
) {
  const [complaints, setComplaints] = useState<Complaints>(NO_COMPLAINTS)
  const { mutate, isPending, data } = useMutation<Output, Failure, Input>({
    ...options,
    onSuccess: (output) => then(output),
    onError: (error) => setComplaints(complaintsOf(error, fields)),
  })
  return {
    complaints,
    /** Reports an error that is found without asking the server. */
    complain: (field: string, sentence: string) => setComplaints({ fields: { [field]: sentence }, rest: null }),
    save(input: Input) {
      setComplaints(NO_COMPLAINTS)
      mutate(input)
    },
    isSaving: isPending,
    /** The server's answer, once there is one. */
    saved: data,
  }
}
