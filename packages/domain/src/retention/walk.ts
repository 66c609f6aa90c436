import type { AgePlace, AgeStep, AgeWalk } from '../ports/retention-store.ts'
import type { Services } from '../services.ts'

export type RetentionPorts = Pick<
  Services,
  'retention' | 'jobs' | 'pipelines' | 'artifacts' | 'traces' | 'objects' | 'events' | 'background' | 'clock' | 'policy'
>

/** Jobs and pipelines of one transaction. */
export const PORTION = 100
/** Bounds one sweep; the next one continues. */
const MOST_PORTIONS = 100

/**
 * Walks over what may be too old, in portions. A sweep begins where the last one of this process ended: what must stay,
 * because its pipeline lives, is at the beginning of every walk.
 *
 * @param take - removes the next portion.
 * @param complete - deletes its objects. False: that failed, and the walk goes on with the next sweep.
 */
export function walkByAge<Done>(
  { clock }: Pick<RetentionPorts, 'clock'>,
  days: number | null,
  take: (walk: AgeWalk) => Promise<AgeStep<Done>>,
  complete: (done: Done, signal: AbortSignal | undefined) => Promise<boolean>,
): (signal?: AbortSignal) => Promise<void> {
  let after: AgePlace | null = null
  return async (signal) => {
    for (let portion = 0; portion < MOST_PORTIONS && !signal?.aborted; portion++) {
      const step: AgeStep<Done> = await take({ now: clock.now(), days, after, limit: PORTION })
      after = step.next
      if (!(await complete(step.done, signal)) || after === null) return
    }
  }
}
