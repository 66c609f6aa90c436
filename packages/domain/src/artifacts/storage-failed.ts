import type { StorageFailed } from '../errors.ts'

/** The sentence ends up in the job's log, the cause only in the operator's log. */
export const storageFailed = (cause: unknown): StorageFailed => ({
  kind: 'storage_failed',
  reason: 'Artifact storage is not available now. Try again later.',
  cause,
})
