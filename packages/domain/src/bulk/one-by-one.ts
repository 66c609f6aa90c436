import type { Result } from '@yardmaster/common'
import type { Scratch } from '../ports.ts'
import { noteProgress, type Progress } from './progress.ts'

export interface BulkOutcome extends Progress {
  /** It was interrupted before the end; what was done stays done. */
  readonly stopped: boolean
  /** There are more than it was to change. */
  readonly more: boolean
}

export interface BulkRun {
  /** Interrupts it after the subject that is being changed. */
  readonly signal?: AbortSignal | undefined
  /** A name by which others ask for the progress. */
  readonly progress?: string | undefined
  /** It ends when so many were changed or refused: those that a person agreed to, and not what came since. */
  readonly atMost: number
}

/** Subjects are looked up in portions of this size, and the progress is noted after each of them. */
export const PORTION = 100

/**
 * Changes subjects one after the other, each by itself: nothing is locked for longer than one of them takes. A refusal
 * counts, and the others are changed all the same.
 */
export async function oneByOne(
  { scratch }: { scratch: Pick<Scratch, 'set'> },
  { signal, progress, atMost }: BulkRun,
  portions: AsyncIterable<readonly number[]>,
  change: (id: number) => Promise<Result<unknown, unknown>>,
): Promise<BulkOutcome> {
  let done = 0
  let refused = 0
  const end = (how: { stopped?: boolean; more?: boolean }) => ({ done, refused, stopped: false, more: false, ...how })
  for await (const ids of portions) {
    for (const id of ids) {
      if (signal?.aborted) return end({ stopped: true })
      if (done + refused === atMost) return end({ more: true })
      if ((await change(id)).ok) done += 1
      else refused += 1
    }
    if (progress !== undefined) await noteProgress(scratch, progress, { done, refused })
  }
  return end({})
}

/** Yields portions of given ids. */
export async function* portionsOf(ids: readonly number[]): AsyncGenerator<readonly number[]> {
  const distinct = [...new Set(ids)]
  for (let at = 0; at < distinct.length; at += PORTION) yield distinct.slice(at, at + PORTION)
}

/** Yields portions of what a list has, the newest first: what is created meanwhile is left alone. */
export async function* portionsFrom(
  list: (behind: number | undefined) => Promise<readonly number[]>,
): AsyncGenerator<readonly number[]> {
  let ids = await list(undefined)
  while (ids.length > 0) {
    yield ids
    if (ids.length < PORTION) return
    ids = await list(ids.at(-1))
  }
}
