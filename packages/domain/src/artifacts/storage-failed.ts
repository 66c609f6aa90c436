import type { StorageFailed } from '../errors.ts'

/** The sentence ends up in the job's log, the cause only in the operator's. */
export const storageFailed = (cause: unknown): StorageFailed => ({
  kind: 'storage_failed',
  reason: 'The storage of artifacts can’t be used now. Try again later.',
  cause,
})
